"""The Metamath kernel against the rules of the book, and the verifier against cheats."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.proofs.metamath import Database, Metamath
from verigrad.verifiers.proofs.metamath.database import axioms_of
from verigrad.verifiers.proofs.metamath.errors import MetamathError
from verigrad.verifiers.proofs.metamath.proof import number_of
from verigrad.verifiers.proofs.metamath.samples import DEMO, IDENTITY

SHIPPED = Path("/usr/share/metamath/databases")
GOAL = {"database": DEMO, "theorem": "id", "statement": "|- ( p -> p )"}


def judge(response, **changes):
    return Metamath().verify(Problem.of("?", GOAL | changes), response)


def test_numbers_of_letters_are_those_of_the_book():
    # Metamath book, appendix B: A..T are 1..20, UA is 21, YT is 120, UUA is 121
    assert [number_of(word) + 1 for word in ("A", "T", "UA", "UT", "VA", "YT", "UUA", "YYT")] == [
        1, 20, 21, 40, 41, 120, 121, 620,
    ]  # fmt: skip


def test_a_verdict_says_what_was_shown():
    verdict = judge(IDENTITY)
    assert verdict.is_correct
    assert verdict.certainty == "statement_compared"
    assert verdict.evidence["axioms"] == ["ax1", "ax2", "mp", "wi"]
    assert verdict.evidence["proof_steps"] == len(IDENTITY.split())


def test_a_wrong_step_is_named():
    verdict = judge(IDENTITY.replace("wp ax2", "wq ax2"))
    assert verdict.reason is Reason.WRONG
    assert verdict.evidence["step"] > 30


def test_allowed_axioms_hold_for_lemmas_too():
    lemma = f"lemma $p |- ( p -> p ) $= {IDENTITY} $. id $p |- ( p -> p ) $= wp lemma $."
    assert judge(lemma).is_correct
    assert judge(lemma, axioms=["wi", "ax1", "mp"]).reason is Reason.VIOLATION
    assert judge(lemma, axioms=["wi", "ax1", "ax2", "mp"]).is_correct


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("bad $a |- ( p -> p ) $. id $p |- ( p -> p ) $= wp bad $.", Reason.VIOLATION),
        ("$c new $. id $p |- ( p -> p ) $= wp $.", Reason.VIOLATION),
        ("$[ other.mm $] id $p |- ( p -> p ) $= wp $.", Reason.MALFORMED),
        ("${ h $e |- ( p -> p ) $. id $p |- ( p -> p ) $= h $. $}", Reason.VIOLATION),
        ("id $p |- ( q -> q ) $= wq $.", Reason.VIOLATION),
        ("other $p |- ( p -> p ) $= wp $.", Reason.WRONG),
        ("$v z $. wz $f wff z $. id $p |- ( z -> z ) $= wz $.", Reason.VIOLATION),
        ("${ $v z $. $d p z $. id $p |- ( p -> p ) $= ? $. $}", Reason.WRONG),
        ("ax1 $p |- ( p -> p ) $= wp $.", Reason.MALFORMED),
        ("id $p |- ( p -> p ) $= id $.", Reason.WRONG),
        ("id $p |- ( p -> p ) $= $.", Reason.MALFORMED),
        ("id $p |- ( p -> p ) $= ( ) $.", Reason.WRONG),
        ("id $p |- ( p -> p ) $= wp", Reason.MALFORMED),
        ("${ id $p |- ( p -> p ) $= wp $.", Reason.MALFORMED),
        ("$} id $p |- ( p -> p ) $= wp $.", Reason.MALFORMED),
        ("later $p |- p $= wp later $. id $p |- ( p -> p ) $= wp $.", Reason.WRONG),
        ("( wi ) AAAAZ", Reason.WRONG),
        ("( wi ) Z", Reason.MALFORMED),
        ("( wi ) A9", Reason.MALFORMED),
        ("( wi ) UUUUUUUUUUUUUUUUUUUUUUA", Reason.MALFORMED),
        ("\u03b1 -> \u03b1", Reason.MALFORMED),
        ("", Reason.NO_ANSWER),
    ],
)  # fmt: skip
def test_cheats_and_faults(source, reason):
    verdict = judge(source)
    assert verdict.reason is reason, verdict.evidence
    assert verdict.score == 0.0


def test_expressions_that_double_are_refused_before_memory_is():
    # ( A -> A ) saved 64 times over: 2^64 symbols if it were built
    saved = ["AABZ"] + [f"{_letter(2 + i)}{_letter(2 + i)}BZ" for i in range(64)]
    verdict = judge(f"( wi ) {''.join(saved)}")
    assert verdict.reason is Reason.OVER_LIMIT
    assert verdict.cost_s < 2.0


def _letter(number):
    """The letters of `number`, counted from 0."""
    digits = ""
    rest, last = divmod(number, 20)
    while rest:
        rest -= 1
        digits = "UVWXY"[rest % 5] + digits
        rest //= 5
    return digits + chr(65 + last)


@given(st.integers(0, 100_000))
def test_letters_round_trip(number):
    assert number_of(_letter(number)) == number


DISTINCT = """
$c |- wff A. set = $. $v x y p $.
vx $f set x $. vy $f set y $. wp $f wff p $.
wall $a wff A. x p $. weq $a wff x = y $.
${ $d x p $. ax5 $a |- A. x p $. $}
"""


def test_distinct_variables_are_asked_for():
    base = {"database": DISTINCT, "theorem": "t"}
    same = {**base, "statement": "|- A. x x = y"}
    other = {**base, "statement": "|- A. x y = y"}
    declared = {**other, "distinct": [["x", "y"]]}
    assert judge("vx vx vy weq ax5", **same).reason is Reason.WRONG
    assert judge("vx vy vy weq ax5", **other).reason is Reason.WRONG
    assert judge("vx vy vy weq ax5", **declared).is_correct


def test_a_challenge_that_cannot_be_read_abstains():
    for challenge in (
        {"statement": "|- ( p -> p )"},
        {"database": DEMO},
        {"database": DEMO, "statement": "|- ( p -> nonsense )"},
        {"database": DEMO, "statement": "|- p $= wp $. x $a |- q"},
        {"database": "$c x", "statement": "x"},
        {"database": DEMO, "statement": "|- ( p -> p )", "before": "nothing"},
        "|- ( p -> p )",
    ):
        verdict = Metamath().verify(Problem.of("?", challenge), IDENTITY)
        assert verdict.reason is Reason.BAD_REFERENCE, challenge


def test_before_closes_what_stands_behind():
    text = DEMO + f"id $p |- ( p -> p ) $= {IDENTITY} $. id2 $p |- ( p -> p ) $= wp id $."
    problem = {"database": text, "theorem": "again", "statement": "|- ( q -> q )"}
    assert judge("wq id", **problem).is_correct
    assert judge("wq id", **problem, before="id").reason is Reason.WRONG
    assert judge("wq id", **problem, before="id2").is_correct


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_a_proof_with_one_step_changed_never_shows_the_statement(data):
    words = IDENTITY.split()
    at = data.draw(st.integers(0, len(words) - 1))
    word = data.draw(st.sampled_from(["wp", "wq", "wi", "ax1", "ax2", "mp"]))
    changed = [*words[:at], word, *words[at + 1 :]]
    assert judge(" ".join(changed)).is_correct == (changed == words)


@pytest.mark.parametrize("name", ["ql", "hol", "nf", "demo0", "miu", "big-unifier", "peano"])
def test_shipped_databases_verify(name):
    path = SHIPPED / f"{name}.mm"
    if not path.exists():
        pytest.skip("Debian's metamath-databases is not installed")
    database = Database.read(path.read_text("ascii"))
    assert all(database.verify(theorem) > 0 for theorem in database.theorems())


def test_a_mutated_shipped_proof_fails():
    path = SHIPPED / "ql.mm"
    if not path.exists():
        pytest.skip("Debian's metamath-databases is not installed")
    database = Database.read(path.read_text("ascii"))
    theorem = next(t for t in database.theorems() if len(t.proof.labels) > 3)
    assert axioms_of(database, theorem)
    labels = theorem.proof.labels
    object.__setattr__(theorem.proof, "labels", (labels[1], labels[0], *labels[2:]))
    with pytest.raises(MetamathError):
        database.verify(theorem)
