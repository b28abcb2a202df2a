"""Real data: the shared labelled pairs, GSM8K and sampled MATH responses. Skipped where missing."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest

from verigrad.core.types import Problem
from verigrad.verifiers.math import Math, verify

DATA = Path(os.environ.get("VERIGRAD_DATA", Path(__file__).parents[5] / "shared" / "data"))


def rows(name: str) -> list[dict]:
    path = DATA / name
    if not path.exists():
        pytest.skip(f"{path} is missing; set VERIGRAD_DATA")
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def test_labelled_pairs():
    pairs = rows("verifier_cases/math.jsonl")
    got = [verify(row["pred"], row["gold"]).is_correct for row in pairs]
    wrong = [
        row["id"] for row, correct in zip(pairs, got, strict=True) if correct != row["expected"]
    ]
    false_positives = [
        row["id"]
        for row, correct in zip(pairs, got, strict=True)
        if correct and not row["expected"]
    ]
    assert not false_positives
    assert len(wrong) <= 0.02 * len(pairs)


@pytest.mark.parametrize("name", ["train", "test"])
@pytest.mark.parametrize("answer_in", ["auto", "hash", "boxed"])
def test_gsm8k_references_equal_themselves(name, answer_in):
    verifier = Math(answer_in=answer_in)
    problems = [Problem.of(row["question"], row["answer"]) for row in rows(f"gsm8k/{name}.jsonl")]
    failing = [p.id for p in problems if not verifier.check_reference(p).is_correct]
    assert not failing


def test_gsm8k_labels():
    judged = disagreed = 0
    for row in rows("gsm8k/model_solutions.jsonl"):
        for model in row.values():
            if isinstance(model, dict):
                verdict = verify(model["solution"], row["ground_truth"])
                assert verdict.score is not None
                judged += 1
                disagreed += verdict.is_correct != model["is_correct"]
    assert (judged, disagreed) == (2640, 0)


def test_math_samples():
    """Labels are agreed with, except where the label's own reference is damaged (row 3: `4:30p..`)."""
    judged = disagreed = 0
    for row in rows("math_samples/math_cot_50.jsonl"):
        for response, label in zip(row["response"], row["score"], strict=True):
            judged += 1
            disagreed += verify(response, row["gt"]).is_correct != label
    assert judged == 400
    assert disagreed <= 4


def test_a_wrong_label_is_shown_so():
    """Row 3's responses say 4:30 p.m., as the worked solution does; its labels say False."""
    row = rows("math_samples/math_cot_50.jsonl")[3]
    assert not any(row["score"])
    assert all(verify(response, row["solution"]).is_correct for response in row["response"])
