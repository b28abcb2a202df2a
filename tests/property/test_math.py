"""Properties of the math verifier that hold for any answer."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verigrad.core.verdict import Status
from verigrad.verifiers.math import verify
from verigrad.verifiers.math.reading import read
from verigrad.verifiers.math.show import show

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT / "benchmarks"))

import math_consistency
import math_forms
import math_fuzz

CASES = ROOT / "tests" / "cases" / "math"
SPACES = ["", " ", r"\,", r"\;", r"\ ", "~", r"\!", "\n", r"\quad "]
SYMMETRIC = ["integer", "fraction", "radical", "complex_number", "polynomial", "set_of", "matrix",
             "logarithm", "exponential", "tuple_of", "base_number"]  # fmt: skip


def box(answer: str) -> str:
    return f"\\boxed{{{answer}}}"


@pytest.mark.parametrize("kind", math_forms.FORMS)
def test_equal_forms_pass_and_near_misses_do_not(kind):
    tally = math_consistency.run(kind, count=150, seed=1)
    assert not tally.failures


@pytest.mark.parametrize("kind", SYMMETRIC)
@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_symmetry(kind, rng):
    reference, equal, different = math_forms.FORMS[kind](rng)
    assert verify(box(reference), equal).is_correct
    assert not verify(box(reference), different).is_correct


@pytest.mark.parametrize("kind", math_forms.FORMS)
@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=15, deadline=None)
def test_a_reference_equals_itself(kind, rng):
    reference, _, _ = math_forms.FORMS[kind](rng)
    assert verify(box(reference), reference).is_correct


@pytest.mark.parametrize(
    "answer",
    ["2+3i", r"\frac{1}{2}+\sqrt{3}", "(1,\\frac{2}{3})", r"x^2+2x-1", r"[0,1)\cup(2,3]", r"\{1,2,3\}",
     r"\sin x+\cos x", "x=1,y=2", r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}"],
)  # fmt: skip
@given(data=st.data())
@settings(max_examples=40, deadline=None)
def test_white_space_and_latex_spacing_do_not_matter(answer, data):
    pieces = []
    for i, char in enumerate(answer):
        pieces.append(char)
        if (
            char in "+=,()|"
            and answer[max(0, i - 5) : i + 1] != "\\left("
            and answer[i - 1] != "\\"
        ):
            pieces.append(data.draw(st.sampled_from(SPACES)))
    assert verify(box("".join(pieces)), answer).is_correct


@pytest.mark.parametrize("kind", ["integer", "fraction", "radical", "polynomial"])
@given(rng=st.randoms(use_true_random=False))
@settings(max_examples=40, deadline=None)
def test_canonical_forms_are_idempotent_and_decide(kind, rng):
    reference, equal, different = math_forms.FORMS[kind](rng)
    forms = [show(read(text).node) for text in (reference, equal, different)]
    assert forms[0] == forms[1] != forms[2]
    assert show(read(forms[0]).node) == forms[0]


@given(st.text(max_size=200))
@settings(max_examples=300, deadline=None)
def test_any_text_is_judged(text):
    for response in (text, box(text), f"Answer: {text}"):
        verdict = verify(response, "42")
        assert verdict.status is Status.SCORED
        if verdict.extracted is not None:
            span = verdict.extracted
            assert response[span.start : span.end] == span.text


@given(st.text(alphabet=r"0123456789xyπ√+-*/^_(){}[]|,.\ =<>%!°²½", max_size=60))
@settings(max_examples=300, deadline=None)
def test_any_reference_is_read_or_abstained_from(text):
    verdict = verify(r"\boxed{42}", text)
    assert verdict.status in (Status.SCORED, Status.ABSTAINED)


def test_short_fuzz():
    math_fuzz.CANARY.mkdir(exist_ok=True)
    before = set(math_fuzz.CANARY.iterdir())
    outcome = math_fuzz.judge_chunk("ci", 3_000)
    assert not outcome.failed
    assert set(math_fuzz.CANARY.iterdir()) == before
    assert sorted(outcome.milliseconds)[-3] < math_fuzz.WORST_MS


@pytest.mark.slow
def test_longer_fuzz():
    outcome = math_fuzz.judge_chunk("slow", 50_000)
    assert not outcome.failed
    assert sorted(outcome.milliseconds)[-50] < math_fuzz.P999_MS
    assert outcome.growth_mb < math_fuzz.MEMORY_MB


@pytest.mark.slow
@pytest.mark.parametrize("kind", math_forms.FORMS)
def test_consistency_at_length(kind):
    tally = math_consistency.run(kind, count=5_000, seed=2)
    assert not tally.failures


def test_every_wrong_row_stays_wrong_with_more_words():
    """A wrong answer does not become right by being repeated or by being wrapped."""
    for path in sorted(CASES.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if not row["correct"] and "policy" not in row:
                assert not verify(
                    f"{row['response']}\n{row['response']}", row["reference"]
                ).is_correct
