"""Problems of every kind of answer, for targets that come without data."""

from __future__ import annotations

import json
from importlib import resources

from verigrad.core.types import Problem


def built_in_problems() -> list[Problem]:
    """One or a few of every kind: integers (large, negative, zero), decimals, fractions, ..."""
    path = resources.files("verigrad.audit.corpora").joinpath("problems.jsonl")
    rows = map(json.loads, path.read_text("utf-8").splitlines())
    return [Problem.of(row["question"], row["answer"]) for row in rows]
