"""The truth table of the `exact` verifier."""

import json
from pathlib import Path

import pytest

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.exact import Exact

TABLE = Path(__file__).parents[2] / "cases" / "exact.jsonl"
ROWS = [json.loads(line) for line in TABLE.read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["why"])
def test_case(row):
    problem = Problem.of("?", row["reference"], **row.get("info", {}))
    verdict = Exact(**row.get("policy", {})).verify(problem, row["response"])
    assert verdict.reason is Reason(row["reason"]), verdict.evidence
    assert verdict.is_correct == (row["reason"] == "correct")
