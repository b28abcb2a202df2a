"""Every row of `tests/cases/math/*.jsonl`: a fixed bug adds a row there, not a function here."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from verigrad.core.verdict import Status
from verigrad.verifiers.math import verify

FOLDER = Path(__file__).parents[3] / "cases" / "math"
CANARY = Path("/tmp/verigrad-canary")


def rows(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("path", sorted(FOLDER.glob("*.jsonl")), ids=lambda path: path.stem)
def test_category(path: Path):
    wrong = []
    for number, row in enumerate(rows(path), start=1):
        verdict = verify(row["response"], row["reference"], **row.get("policy", {}))
        is_decided = verdict.status is Status.SCORED or not row["correct"]
        if verdict.is_correct is not row["correct"] or not is_decided:
            wrong.append((number, row["response"], row["reference"], str(verdict.reason)))
    assert not wrong


def test_every_category_has_both_kinds_of_rows():
    paths = sorted(FOLDER.glob("*.jsonl"))
    assert len(paths) >= 36
    for path in paths:
        if path.stem not in ("malicious", "empty"):
            assert {row["correct"] for row in rows(path)} == {True, False}, path.stem


def test_no_row_touches_a_file():
    CANARY.mkdir(exist_ok=True)
    before = sorted(CANARY.iterdir())
    for row in rows(FOLDER / "malicious.jsonl"):
        assert not verify(row["response"], row["reference"]).is_correct
    assert sorted(CANARY.iterdir()) == before
