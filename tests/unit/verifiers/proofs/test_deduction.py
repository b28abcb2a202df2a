"""Natural deduction: proofs of the textbooks pass, faulty ones do not, and nothing false is shown."""

from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.logic.formulas import Formula, write
from verigrad.verifiers.proofs.deduction import Deduction
from verigrad.verifiers.proofs.deduction.proof import (
    FALSE,
    DeductionError,
    check_deduction,
    negation,
)

PROOFS = {  # statement, premises, proof
    "syllogism": ("p -> r", ["p -> q", "q -> r"], """
1. p -> q      premise
2. q -> r      premise
3. | p         assumption
4. | q         ->E 1 3
5. | r         ->E 2 4
6. p -> r      ->I 3-5"""),
    "de morgan": ("~(p \\/ q)", ["~p & ~q"], """
1. ~p & ~q     premise
2. | p \\/ q    assumption
3. | ~p        &E 1
4. | ~q        &E 1
5. || p        assumption
6. || _|_      ~E 5 3
7. || q        assumption
8. || _|_      ~E 7 4
9. | _|_       \\/E 2 5-6 7-8
10. ~(p \\/ q)  ~I 2-9"""),
    "modus tollens": ("~p", ["p -> q", "~q"], """
1. p -> q      premise
2. ~q          premise
3. | p         assumption
4. | q         ->E 1 3
5. | _|_       ~E 4 2
6. ~p          ~I 3-5"""),
    "excluded middle": ("p \\/ ~p", [], """
1. | ~(p \\/ ~p)   assumption
2. || p           assumption
3. || p \\/ ~p     \\/I 2
4. || _|_         ~E 3 1
5. | ~p           ~I 2-4
6. | p \\/ ~p      \\/I 5
7. | _|_          ~E 6 1
8. p \\/ ~p        RAA 1-7"""),
    "equivalence": ("p <-> p & p", [], """
1. | p           assumption
2. | p & p       &I 1 1
3. | p & p       assumption
4. | p           &E 3
5. p <-> (p & p) <->I 1-2 3-4"""),
}  # fmt: skip


def judge(name, proof=None, **switches):
    statement, premises, own = PROOFS[name]
    problem = Problem.of("?", {"statement": statement, "premises": premises})
    return Deduction(**switches).verify(problem, own if proof is None else proof)


@pytest.mark.parametrize("name", PROOFS)
def test_textbook_proofs(name):
    assert judge(name).is_correct, judge(name).evidence


def test_signs_of_books_are_read():
    proof = (
        PROOFS["modus tollens"][2]
        .replace("->E", "\u2192E")
        .replace("_|_", "\u22a5")
        .replace("~I", "\u00acI")
    )
    assert judge("modus tollens", proof).is_correct


def test_classical_rules_are_a_switch():
    assert judge("excluded middle", logic="intuitionistic").reason is Reason.WRONG
    assert judge("de morgan", logic="intuitionistic").is_correct


@pytest.mark.parametrize(
    ("name", "old", "new", "line"),
    [
        ("syllogism", "->E 1 3", "->E 2 3", 4),
        ("syllogism", "6. p -> r      ->I 3-5", "6. p -> r      ->I 3-4", 6),
        ("syllogism", "6. p -> r      ->I 3-5", "6. r      R 5", 6),
        ("syllogism", "3. | p         assumption", "3. p         premise", 3),
        ("syllogism", "5. | r ", "5. r ", 5),
        ("de morgan", "\\/E 2 5-6 7-8", "\\/E 2 5-6 5-6", 9),
        ("de morgan", "8. || _|_      ~E 7 4", "8. || _|_      ~E 5 3", 8),
        ("modus tollens", "~E 4 2", "~E 2 4", 5),
        ("equivalence", "<->I 1-2 3-4", "<->I 3-4 1-2", 5),
    ],
)
def test_a_wrong_line_is_named(name, old, new, line):
    proof = PROOFS[name][2]
    assert old in proof
    verdict = judge(name, proof.replace(old, new))
    assert verdict.reason is Reason.WRONG
    assert verdict.evidence["step"] == line


def holds(formula, values):
    if formula == FALSE:
        return False
    if formula.kind == "atom":
        return values[formula.name]
    parts = [holds(part, values) for part in formula.parts]
    if formula.kind == "not":
        return not parts[0]
    return {"and": all(parts), "or": any(parts), "implies": not parts[0] or parts[1],
            "iff": parts[0] == parts[1]}[formula.kind]  # fmt: skip


atoms = st.sampled_from([Formula("atom", name="p"), Formula("atom", name="q"), FALSE])
formulas = st.recursive(
    atoms,
    lambda inner: (
        inner.map(negation)
        | st.builds(
            lambda s, a, b: Formula(s, (a, b)),
            st.sampled_from(["and", "or", "implies", "iff"]),
            inner,
            inner,
        )
    ),
    max_leaves=4,
)
references = st.lists(
    st.one_of(
        st.integers(1, 6).map(str),
        st.tuples(st.integers(1, 6), st.integers(1, 6)).map(lambda pair: f"{pair[0]}-{pair[1]}"),
    ),
    max_size=3,
)
rules = st.sampled_from(
    [
        "R",
        "&I",
        "&E",
        "\\/I",
        "\\/E",
        "->I",
        "->E",
        "<->I",
        "<->E",
        "~I",
        "~E",
        "_|_E",
        "DNE",
        "RAA",
        "LEM",
        "assumption",
    ]
)
rows = st.tuples(st.integers(0, 2), formulas, rules, references)


@settings(max_examples=500, deadline=None)
@given(st.lists(rows, min_size=1, max_size=6))
def test_whatever_is_shown_without_premises_is_a_tautology(lines):
    text = "\n".join(
        f"{number}. {'|' * depth} {write(formula)} {rule} {' '.join(refs)}"
        for number, (depth, formula, rule, refs) in enumerate(lines, 1)
    )
    goal = lines[-1][1]
    try:
        check_deduction(text, (), goal, classical=True)
    except DeductionError:
        return
    assert all(
        holds(goal, dict(zip("pq", values, strict=True))) for values in product([0, 1], repeat=2)
    )


@given(st.text(alphabet="12. |pq&v~->()E I\n", max_size=120))
def test_any_text_is_judged(text):
    assert judge("syllogism", text).score == 0.0


def test_a_bad_challenge_abstains():
    for challenge in (
        {"statement": "p &"},
        {"statement": "p", "premises": "q"},
        {"statement": "p", "premises": ["("]},
    ):
        assert (
            Deduction().verify(Problem.of("?", challenge), "1. p premise").reason
            is Reason.BAD_REFERENCE
        )


def test_long_lines_are_refused_quickly():
    for row in (
        "1. " + "|" * 3_000 + " p R 1",
        "1. " + " " * 3_900 + "p R 1",
        "1. p R " + "1 " * 1_900,
        "1. " + "p " * 1_900,
    ):
        verdict = judge("syllogism", row)
        assert verdict.score == 0.0
        assert verdict.cost_s < 1.0, row[:10]
