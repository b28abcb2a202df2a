"""Rows between stages: filters by hand-written answers, and both modes of a fused row."""

from collections import Counter

import pytest

torch = pytest.importorskip("torch")

from verigrad.core.stages import FuseStage, RejectStage
from verigrad.core.types import Group, Judged, Problem, Reward, Rollout, StopReason
from verigrad.pipelines.stages.reject import chosen, pairs_of
from verigrad.pipelines.stages.rows import in_both_modes
from verigrad.verifiers import TABLE

PROBLEM = Problem.of("2+2=", "4")


def group(*answers):
    verifier = TABLE.load("math")(answer_in="boxed")
    judged = []
    for index, (text, stop) in enumerate(answers):
        rollout = Rollout(PROBLEM, index, (), (), (), (), (), stop, submission=text)
        judged.append(Judged(rollout, verifier.verify(PROBLEM, text), Reward(0.0)))
    return Group(PROBLEM, tuple(judged))


END, LENGTH = StopReason.END, StopReason.LENGTH
ANSWERS = (
    (r"\boxed{4}", END),
    (r"\boxed{4} ", END),  # the same but for a space
    (r"\boxed{5}", END),
    (r"so \boxed{4}", LENGTH),
    (r"a b c d a b c d a b c d \boxed{4}", END),
    (r"thus \boxed{4}", END),
    (r"hence \boxed{4}", END),
)


def test_only_what_passes_every_filter_is_kept():
    stage = RejectStage(name="r", kind="reject", per_problem=2, max_repeats=2)
    counts = Counter()
    kept = [judged.rollout.response for judged in chosen(group(*ANSWERS), stage, counts)]
    assert kept == [r"\boxed{4}", r"thus \boxed{4}"]
    assert counts == {
        "duplicate": 1, "not_correct": 1, "unfinished": 1, "unreadable": 1, "enough": 1
    }  # fmt: skip


def test_pairs_set_right_beside_wrong():
    (pair,) = pairs_of(group(*ANSWERS), 3)
    assert (pair["chosen"], pair["rejected"]) == (r"\boxed{4}", r"\boxed{5}")


def test_a_fused_row_answers_in_both_modes():
    stage = FuseStage(name="f", kind="fuse", steps=1)
    row = {"prompt": [{"role": "user", "content": "2+2="}], "solution": r"2+2=4;\boxed{4}"}
    thinks, answers = in_both_modes(row, stage)
    assert thinks["prompt"][0]["content"] == "2+2= /think"
    assert thinks["solution"] == r"<think>2+2=4;</think>\boxed{4}"
    assert answers["prompt"][0]["content"] == "2+2= /no_think"
    assert answers["solution"] == r"<think></think>\boxed{4}"
