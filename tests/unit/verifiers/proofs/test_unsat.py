"""Refutations: the checkers against each other, against brute force and against a real solver."""

import random
import shutil
import subprocess
from itertools import product

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.proofs.unsat import Unsat
from verigrad.verifiers.proofs.unsat.clauses import (
    Budget,
    RefutationError,
    Step,
    read_dimacs,
    read_refutation,
)
from verigrad.verifiers.proofs.unsat.lrat import check_lrat
from verigrad.verifiers.proofs.unsat.rup import check_rup, elaborate

literals = st.integers(1, 4).flatmap(lambda v: st.sampled_from([v, -v]))
clauses = st.lists(literals, min_size=1, max_size=3, unique=True).map(tuple)


def has_model(formula):
    for values in product([False, True], repeat=4):
        if all(any(values[abs(x) - 1] == (x > 0) for x in clause) for clause in formula):
            return True
    return False


def dimacs(formula):
    size = max((abs(x) for clause in formula for x in clause), default=1)
    lines = [f"p cnf {size} {len(formula)}", *(" ".join(map(str, (*c, 0))) for c in formula)]
    return "\n".join(lines) + "\n"


@settings(max_examples=300, deadline=None)
@given(st.lists(clauses, max_size=12), st.lists(clauses, max_size=4))
def test_only_formulas_without_a_model_are_refuted(formula, lemmas):
    steps = [Step(i + 1, clause) for i, clause in enumerate([*lemmas, ()])]
    try:
        lines = elaborate(formula, steps, budget=Budget())
    except RefutationError:
        return
    assert not has_model(formula)
    assert check_lrat(formula, lines, budget=Budget()) == len(lines)


@settings(max_examples=300, deadline=None)
@given(
    st.lists(clauses, min_size=1, max_size=10),
    st.lists(
        st.tuples(clauses, st.lists(st.integers(-12, 12).filter(bool), max_size=6)), max_size=4
    ),
    st.lists(st.integers(1, 14), max_size=6),
)
def test_lrat_with_any_hints_refutes_no_formula_with_a_model(formula, lemmas, last):
    steps = [
        Step(i + 1, clause, len(formula) + 1 + i, tuple(hints))
        for i, (clause, hints) in enumerate([*lemmas, ((), last)])
    ]
    try:
        check_lrat(formula, steps, budget=Budget())
    except RefutationError:
        return
    assert not has_model(formula)


RAT = [(-1, 2), (2, 3), (2, -3), (-1, 4), (4,)]  # 1 follows from nothing here


def test_a_clause_with_the_rat_property():
    """On pivot 1 both resolvents, (2) and (4), are refuted by propagation along their hints."""
    steps = [Step(1, (1,), 6, (-1, 2, 3, -4, 5))]
    with pytest.raises(RefutationError, match="none of them is the empty clause"):
        check_lrat(RAT, steps, budget=Budget())


@pytest.mark.parametrize(
    ("hints", "why"),
    [
        ((-1, 2, 3), "nothing is said of clause 4"),
        ((-1, 2, -4, 5), "clause 1 is not refuted"),
        ((-1, 2, 3, -4), "clause 4 is not refuted"),
        ((2, 3), "neither unit nor false"),
        ((), "does not follow"),
    ],
)
def test_rat_needs_every_clause_of_the_pivot(hints, why):
    with pytest.raises(RefutationError, match=why):
        check_lrat(RAT, [Step(1, (1,), 6, hints)], budget=Budget())


@pytest.mark.parametrize(
    "text",
    ["", "1 0", "p cnf 1 1\n2 0", "p cnf 1 2\n1 0", "p cnf x 1\n1 0", "p cnf 1 1\n1", "p cnf 1 1\np cnf 1 1\n1 0",
     "p cnf 1 1\n1e3 0", "p cnf 1 1\n\u0661 0"],
)  # fmt: skip
def test_bad_formulas_abstain(text):
    assert Unsat().verify(Problem.of("?", text), "0").reason is Reason.BAD_REFERENCE


def test_a_long_clause_costs_what_it_weighs():
    wide = " ".join(str(v) for v in range(1, 40_000))
    verdict = Unsat().verify(Problem.of("?", "p cnf 1 2\n1 0\n-1 0\n"), f"{wide} 0\n")
    assert verdict.reason in (Reason.WRONG, Reason.OVER_LIMIT)
    assert verdict.cost_s < 2.0


def test_forms_are_told_apart():
    assert read_refutation("1 -2 0\nd 1 0\n0")[0] == "drup"
    assert read_refutation("5 1 0 1 2 0\n5 d 1 0\n6 0 5 3 0")[0] == "lrat"
    with pytest.raises(RefutationError):
        read_refutation("5 1 0 1 2 0\n1 0")


@given(
    st.lists(
        st.lists(
            st.sampled_from(["d", "0", "-0", "1", "-1", "2", "5", "c", "p", "x"]), max_size=6
        ).map(" ".join),
        min_size=1,
        max_size=4,
    ).map("\n".join)
)
@example("d\n6 0 5 0")  # a deletion of nothing, found by the fuzzing of the verifier table
def test_any_lines_get_a_verdict(text):
    verdict = Unsat().verify(Problem.of("?", "p cnf 2 2\n1 2 0\n-1 0\n"), text)
    assert verdict.reason in (
        Reason.WRONG, Reason.MALFORMED, Reason.NO_ANSWER, Reason.OVER_LIMIT,
    )  # fmt: skip


def formulas_without_a_model():
    rng = random.Random(20261126)
    for holes in (2, 3, 4, 5):
        yield [
            *(tuple(p * holes + h + 1 for h in range(holes)) for p in range(holes + 1)),
            *(
                (-(p * holes + h + 1), -(q * holes + h + 1))
                for h in range(holes) for p in range(holes + 1) for q in range(p)
            ),
        ]  # fmt: skip
    while True:
        size = rng.randint(15, 60)
        yield [
            tuple(rng.choice([1, -1]) * v for v in rng.sample(range(1, size + 1), 3))
            for _ in range(int(size * 5.2))
        ]


@pytest.mark.skipif(shutil.which("cadical") is None, reason="Debian's cadical is not installed")
def test_refutations_by_cadical_on_sixty_formulas(tmp_path):
    checked = 0
    for formula in formulas_without_a_model():
        (tmp_path / "formula").write_text(dimacs(formula))
        line = ["cadical", "-q", "--no-binary", str(tmp_path / "formula"), str(tmp_path / "proof")]
        if subprocess.run(line, capture_output=True, check=False).returncode != 20:
            continue
        proof = (tmp_path / "proof").read_text()
        assert Unsat().verify(Problem.of("?", dimacs(formula)), proof).is_correct
        lines = elaborate(formula, read_refutation(proof)[1], budget=Budget())
        assert check_lrat(formula, lines, budget=Budget()) == len(lines)
        with pytest.raises(RefutationError):  # without its last clauses the formula has a model
            check_rup(formula[: len(formula) // 3], read_refutation(proof)[1], budget=Budget())
        checked += 1
        if checked == 60:
            break
    assert checked == 60


def test_reading_dimacs():
    assert read_dimacs("c x\np cnf 3 2\n1 -3\n 0 2 0\n") == [(1, -3), (2,)]
