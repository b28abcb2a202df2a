"""The truth table of puzzles, games and formulas."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers import TABLE

CASES = Path(__file__).parents[2] / "cases" / "puzzles.jsonl"
ROWS = [json.loads(line) for line in CASES.read_text(encoding="utf-8").splitlines()]
NEEDED = {"chess": "chess", "logic": "z3"}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row['kind']}: {row['why']}")
def test_case(row):
    needed = NEEDED.get(row["kind"])
    if needed and not find_spec(needed):
        pytest.skip(f"{needed} is not installed")
    problem = Problem.of("?", row.get("answer"), **row["info"])
    verifier = TABLE.load(row["kind"])(**row.get("policy", {}))
    verdict = verifier.verify(problem, row["response"])
    assert verdict.reason is Reason(row["reason"]), verdict
    assert (verdict.score == 0.5) is (row["reason"] == "partial")


@pytest.mark.parametrize("kind", sorted({row["kind"] for row in ROWS}))
@pytest.mark.parametrize("size", [1_000, 19_000, 400_000])
@pytest.mark.parametrize("piece", ["(", "1 ", "a: ", " ", "->", "[", "1/", "~", "\n", ":", "x=1,"])
def test_long_junk_is_refused_at_once(kind, size, piece):
    row = next(row for row in ROWS if row["kind"] == kind and row["reason"] == "correct")
    if NEEDED.get(kind) and not find_spec(NEEDED[kind]):
        pytest.skip(f"{NEEDED[kind]} is not installed")
    problem = Problem.of("?", row.get("answer"), **row["info"])
    verifier = TABLE.load(kind)()
    verifier.verify(problem, row["response"])
    verdict = verifier.verify(problem, f"\\boxed{{{piece * (size // len(piece))}}}")
    assert verdict.score == 0.0
    assert verdict.cost_s < 2.0  # some ms on a quiet machine
