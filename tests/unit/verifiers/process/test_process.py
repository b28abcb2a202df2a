"""Steps: what is a claim, which claims hold, and what they are worth."""

import json
import os
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.rewards.steps import step_rewards
from verigrad.verifiers.process import Process, mark_steps, segments
from verigrad.verifiers.process.arithmetic import all_equations, equations

GSM8K = Path(os.environ.get("VERIGRAD_DATA", "../shared/data")) / "gsm8k" / "train.jsonl"


@pytest.mark.parametrize(
    ("line", "found"),
    [
        ("2 + 3 = 5 = 10/2", [("5", True), ("5", True)]),
        ("(1+2)*3 = 9", [("9", True)]),
        ("7 x 3 = 20", [("21", False)]),
        ("x = 3 + 4 = 7", [("7", True)]),
        ("20% * 50 = 10", [("10", True)]),
        ("10/3 = 3.33", [("10/3", False)]),
        ("2^10 = 1024", [("1024", True)]),
        ("-2 + 5 = 3", [("3", True)]),
        ("1,000 + 1 = 1,001", [("1001", True)]),
        ("5 − 3 = 2", [("2", True)]),
        ("6 \\div 4 \\times 2 = 3", [("3", True)]),
        ("a + 3 = 5", []),
        ("2x + 3*4 = 12", []),
        ("3 = 3", []),
        ("1/0 = 5", []),
        ("3*4 == 12", []),
        ("192 / 1.2 = 1.2Y / 1.2", []),
        ("8 x 1 1/2 = 12", []),
        ("12 times 1 and 1/4 = 15", []),
        ("2(50+100) = 300", []),
        ("16,0000/10 = 16000", []),
        ("9^9^9 = 1", []),
        ("2^999999 = 1", []),
        ("3 + 4 = 7.5", [("7", False)]),
    ],
)
def test_claims_of_a_line(line, found):
    assert [(str(one.left), one.is_exact) for one in equations(line)] == found


@given(st.integers(-999, 999), st.integers(-999, 999), st.integers(-5, 5))
def test_sums_hold_exactly_when_they_do(a, b, error):
    (one,) = equations(f"({a}) + ({b}) = {a + b + error}")
    assert one.is_exact == (error == 0)
    assert one.left == Fraction(a + b)


@given(st.text(alphabet="0123456789+-*/^().,=%x $\n", max_size=60))
def test_any_line_is_read_without_error(line):
    for one in all_equations(line):
        assert line[one.start : one.end]


def test_long_lines_cost_nothing():
    assert equations("1+" * 100_000 + "1=3") == []
    assert equations("(" * 900 + "1=1") == []


PROBLEM = Problem.of(
    "3 bags of 4 and 1 more?",
    "13",
)


def test_a_right_answer_from_wrong_steps_is_seen_and_pays_less():
    verdict = Process().verify(PROBLEM, "3*4=11\n11+1=12\n\\boxed{13}")
    # one of two sums holds (11+1=12): 1 - 0.5 * (1 - 1/2) = 0.75
    assert verdict.score == 0.75
    assert verdict.reason is Reason.PARTIAL
    assert verdict.evidence["right_from_wrong"]
    assert verdict.evidence["steps_wrong"][0]["why"] == "12 is not 11"


def test_a_wrong_answer_scores_nothing_whatever_its_steps():
    verdict = Process().verify(PROBLEM, "3*4=12\n12+1=13\n\\boxed{14}")
    assert (verdict.score, verdict.reason) == (0.0, Reason.WRONG)
    assert not verdict.evidence["right_from_wrong"]


def test_no_step_to_check_earns_no_process_share():
    assert Process().verify(PROBLEM, "\\boxed{13}").score == 0.5
    assert Process(process_share=0.2).verify(PROBLEM, "It is so.\n\\boxed{13}").score == 0.8


def test_rounding_is_a_switch():
    problem = Problem.of("?", "3")
    text = "10/3 = 3.33\n\\boxed{3}"
    assert Process().verify(problem, text).score == 0.5
    assert Process(decimals="stated_precision").verify(problem, text).is_correct


def test_algebra_follows_line_by_line():
    verifier = Process(check="algebra")
    problem = Problem.of("Solve 2x+3=7.", "2")
    right = "2x+3=7\n2x=4\nx=2\nSo \\boxed{2}"
    wrong = "2x+3=7\n2x=10\nx=5\nSo \\boxed{2}"
    assert verifier.verify(problem, right).is_correct
    verdict = verifier.verify(problem, wrong)
    assert verdict.evidence["right_from_wrong"]
    assert verdict.evidence["steps_wrong"][0]["why"] == "does not follow from 2x+3=7"
    assert verdict.score == 0.75  # of two steps one, from 2x=10 to x=5, holds


def test_algebra_of_expressions():
    verifier = Process(check="algebra")
    problem = Problem.of("Expand (x+1)(x-1).", "x^2-1")
    assert verifier.verify(problem, "(x+1)(x-1)\nx^2-x+x-1\nx^2-1\n\\boxed{x^2-1}").is_correct
    assert not verifier.verify(problem, "(x+1)(x-1)\nx^2+1\nx^2-1\n\\boxed{x^2-1}").is_correct


def test_steps_are_what_process_supervision_reads():
    text = "3*4=12\n12+1=14\n\\boxed{13}"
    steps = step_rewards(Process().verify(PROBLEM, text))
    assert [(step.end, step.reward) for step in steps] == [(7, 1.0), (15, 0.0), (len(text), 1.0)]


def test_segments_cover_the_text():
    text = "\n Step 1: a\n\n Step 2: b. c\n"
    for by, count in (("lines", 2), ("marks", 2), ("sentences", 3)):
        found = segments(text, by=by)
        assert len(found) == count
        assert all(x.end <= y.start for x, y in pairwise(found))
    assert mark_steps("a\nb") == "[step 1] a\n[step 2] b"


def test_an_outcome_must_name_a_verifier():
    for outcome in ({}, {"kind": "process"}, {"kind": 3}):
        with pytest.raises(ValueError, match="kind of another verifier"):
            Process(outcome=outcome)


def test_digest_depends_on_the_outcome():
    assert Process().digest != Process(outcome={"kind": "exact"}).digest


@pytest.mark.skipif(not GSM8K.exists(), reason="GSM8K is not at VERIGRAD_DATA")
def test_worked_solutions_of_gsm8k():
    """24,000 sums; those that do not hold, even rounded, are slips of the data or units."""
    texts = [json.loads(line)["answer"] for line in GSM8K.open(encoding="utf-8")]
    found = [one for text in texts for one in all_equations(text)]
    wrong = [one for one in found if not one.holds_rounded]
    assert len(found) > 24_000
    assert len(wrong) / len(found) < 0.0025
