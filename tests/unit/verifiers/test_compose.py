"""Compositions by hand: who decides, what a missing score does, and why a gate instead of a sum."""

import pytest

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Status, Verdict
from verigrad.verifiers import TABLE
from verigrad.verifiers.base import Verifier, abstained, correct, failed, partial, rejected
from verigrad.verifiers.compose import AllOf, AnyOf, Cascade, Gated, Majority, Observed, Weighted
from verigrad.verifiers.compose.gated import additive, gated
from verigrad.verifiers.showcases.judge import scripted_judge

SAYS = {
    "+": correct(),
    "-": rejected(Reason.WRONG),
    "?": rejected(Reason.UNDECIDED),
    "h": partial(0.5),
    "a": abstained(Reason.BAD_REFERENCE, "no reference"),
    "f": failed("down"),
}


class Fixed(Verifier):
    """Says what it was told."""

    name, version = "fixed", "1"

    def __init__(self, said: Verdict) -> None:
        super().__init__()
        self.said = said
        self.asked = 0

    def judge(self, problem, response):
        self.asked += 1
        return self.said


def join(kind, signs, **settings):
    names = [f"m{index}" for index in range(len(signs))]
    members = [{"kind": "exact", "name": name, **settings.pop(name, {})} for name in names]
    fixed = {name: Fixed(SAYS[sign]) for name, sign in zip(names, signs, strict=True)}
    return kind(members=members, verifiers=fixed, **settings), fixed


def said(kind, signs, **settings):
    verdict = join(kind, signs, **settings)[0].verify(Problem.of("?", "x"), "y")
    return verdict.score if verdict.status is Status.SCORED else str(verdict.status)


@pytest.mark.parametrize(
    ("signs", "score"),
    [("++", 1.0), ("+-", 0.0), ("-f", 0.0), ("f-", 0.0), ("+f", "failed"), ("a+", "abstained"), ("+h", 0.0), ("fa", "failed")],
)  # fmt: skip
def test_all_of(signs, score):
    assert said(AllOf, signs) == score


@pytest.mark.parametrize(
    ("signs", "score"),
    [("--", 0.0), ("-+", 1.0), ("f+", 1.0), ("-f", "failed"), ("a-", "abstained"), ("h-", 0.0)],
)
def test_any_of(signs, score):
    assert said(AnyOf, signs) == score


@pytest.mark.parametrize(
    ("signs", "score"),
    [("+-", 1.0), ("-+", 0.0), ("?+", 1.0), ("a+", 1.0), ("f-", 0.0), ("??", 0.0), ("aa", "abstained"), ("af", "failed"), ("?f", 0.0), ("h+", 0.5)],
)  # fmt: skip
def test_cascade(signs, score):
    assert said(Cascade, signs) == score


def test_a_cascade_asks_no_further_than_it_must():
    cascade, fixed = join(Cascade, "+-")
    verdict = cascade.verify(Problem.of("?", "x"), "y")
    assert (verdict.method, fixed["m1"].asked) == ("m0", 0)


@pytest.mark.parametrize(
    ("signs", "score"),
    [("++-", 1.0), ("+--", 0.0), ("+-f", "failed"), ("++f", 1.0), ("--f", 0.0), ("+a-", "abstained"), ("++++-", 1.0)],
)  # fmt: skip
def test_majority(signs, score):
    assert said(Majority, signs) == score


def test_a_majority_has_no_ties():
    with pytest.raises(ValueError, match="odd"):
        Majority(members=[{"kind": "exact"}, {"kind": "math"}])


def test_weighted_by_hand():
    weights = {"m0": {"weight": 3.0}}
    assert said(Weighted, "+-", **weights) == pytest.approx(0.75)
    assert said(Weighted, "h+", **weights) == pytest.approx((3 * 0.5 + 1) / 4)
    assert said(Weighted, "--") == 0.0
    assert said(Weighted, "++") == 1.0
    assert said(Weighted, "+f") == "failed"


def test_false_positives_of_any_of_add_up():
    members = [
        {"kind": "exact", "false_positives": 0.02},
        {"kind": "math", "false_positives": 0.03},
    ]
    both = AnyOf(members=members)
    assert both.false_positive_bound == pytest.approx(0.05)
    assert "5.0%" in both.warning
    unknown = AnyOf(members=[members[0], {"kind": "math"}])
    assert unknown.false_positive_bound is None
    assert "unknown for math" in unknown.warning
    assert "5.0%" in both.verify(Problem.of("?", "x"), r"\boxed{x}").evidence["warning"]


def gate(signs, **settings):
    fixed = {"gate": Fixed(SAYS[signs[0]]), "quality": Fixed(SAYS[signs[1]])}
    made = Gated(gate={"kind": "exact"}, quality={"kind": "exact"}, verifiers=fixed, **settings)
    return made.verify(Problem.of("?", "x"), "y"), fixed


@pytest.mark.parametrize(
    ("signs", "score"),
    [("++", 1.0), ("+-", 0.7), ("+h", 0.85), ("-+", 0.0), ("h+", 0.0), ("+f", None), ("f+", None)],
)
def test_gated(signs, score):
    verdict, fixed = gate(signs)
    assert verdict.score == (pytest.approx(score) if score is not None else None)
    assert fixed["quality"].asked == (1 if signs[0] == "+" else 0)


def test_gated_by_other_weights():
    assert gate("+-", preset="correctness")[0].score == 1.0
    assert gate("+-", correctness_weight=0.9)[0].score == pytest.approx(0.9)
    with pytest.raises(ValueError, match="preset"):
        Gated(gate={"kind": "exact"}, quality={"kind": "exact"}, preset="x")


def test_why_a_sum_ties_wrong_with_right_and_a_gate_does_not():
    weights = (0.7, 0.3)
    # half right in bad style, wrong in the best style: 0.35 and 0.30 of 1
    assert additive(0.5, 0.0, weights=weights) == pytest.approx(0.35)
    assert additive(0.0, 1.0, weights=weights) == pytest.approx(0.30)
    wrong = [gated(0.0, q / 10, weights=weights) for q in range(11)]
    right = [gated(1.0, q / 10, weights=weights) for q in range(11)]
    assert max(wrong) < min(right)
    assert len(set(wrong)) == 1  # style alone gives no advantage within a group of wrong answers
    assert gated(0.5, 1.0, weights=weights) == 0.0


def test_members_read_their_own_references_and_keep_their_evidence():
    both = AllOf(members=[{"kind": "math"}, {"kind": "layout", "at": "tags"}])
    problem = Problem.of("2+2?", "4", tags=["answer"])
    verdict = both.verify(problem, r"<answer>\boxed{4}</answer>")
    assert verdict.is_correct
    assert set(verdict.evidence["members"]) == {"math", "layout"}
    assert both.verify(problem, r"\boxed{4}").reason is Reason.MALFORMED
    assert both.verify(Problem.of("2+2?", "4"), r"\boxed{4}").reason is Reason.BAD_REFERENCE
    assert both.check_reference(Problem.of("2+2?", "4", tags=["answer"])) is not None


@pytest.mark.parametrize(
    "members",
    [
        [{"kind": "exact"}],
        [{"kind": "exact"}, {"kind": "exact"}],
        [{"kind": "exact"}, {"kind": "math", "unknown_switch": 1}],
        [{"kind": "exact", "weight": 0}, {"kind": "math"}],
    ],
)
def test_members_that_cannot_be(members):
    with pytest.raises(ValueError):
        AllOf(members=members)


def test_digests_cover_the_members():
    one = AllOf(members=[{"kind": "exact"}, {"kind": "math"}])
    assert one.digest == AllOf(members=[{"kind": "exact"}, {"kind": "math"}]).digest
    assert (
        one.digest
        != AllOf(members=[{"kind": "exact", "case_sensitive": False}, {"kind": "math"}]).digest
    )
    assert one.digest != AnyOf(members=[{"kind": "exact"}, {"kind": "math"}]).digest


def test_an_opinion_marks_everything_it_is_part_of():
    judged = Weighted(
        members=[{"kind": "exact"}, {"kind": "math"}], verifiers={"math": scripted_judge()}
    )
    assert not judged.verifiable
    verdict = judged.verify(Problem.of("Who wrote Faust?", "Goethe"), r"\boxed{Goethe}")
    assert verdict.evidence["verifiable"] is False
    assert Weighted(members=[{"kind": "exact"}, {"kind": "math"}]).verifiable


def test_observed_measures_and_changes_no_verdict():
    watch = Observed(member={"kind": "math"}, language="en", ngram=2, layout=["answer"])
    problem = Problem.of("2+2?", "4")
    text = r"<answer>the sum is the sum is \boxed{4}</answer>"
    verdict = watch.verify(problem, text)
    assert verdict.is_correct
    facts = verdict.evidence["facts"]
    # 10 words, 9 pairs: "the sum", "sum is" stand there twice
    assert facts["repetition"] == pytest.approx(2 / 9)
    assert facts["format"] == 1.0
    assert facts["language"] == 1.0
    assert watch.verify(problem, r"\boxed{5}").evidence["facts"]["format"] == 0.0
    with pytest.raises(ValueError, match="known languages"):
        Observed(member={"kind": "math"}, language="xx")


def test_the_table_has_them_all():
    assert {
        "all_of",
        "any_of",
        "cascade",
        "majority",
        "weighted",
        "gated",
        "observed",
        "appeal",
    } <= set(TABLE.table)
