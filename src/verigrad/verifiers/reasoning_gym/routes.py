"""Which checker judges which dataset, read from `scorers.json`, and how ours are given the puzzle.

`scorers.json` is written by `benchmarks/reasoning_gym_table.py`, which probes every scorer of one
version of reasoning-gym; nothing in it is typed by hand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

from verigrad.core.types import Problem
from verigrad.verifiers.base import Verifier
from verigrad.verifiers.countdown import Countdown
from verigrad.verifiers.exact import Exact
from verigrad.verifiers.math import Math
from verigrad.verifiers.puzzles.graph_coloring import GraphColoring
from verigrad.verifiers.puzzles.n_queens import NQueens

DECISIONS = Path(__file__).with_name("scorers.json")
THEIRS = "theirs"
_NUMBER = re.compile(
    r"[-+]?(?:[0-9]{1,400}|[0-9]{1,3}(?:,[0-9]{3}){1,100})(?:\.[0-9]{1,400})?(?:e[-+]?[0-9]{1,3})?"
    r"(?:/[0-9]{1,400})?|[-+]?\\[dt]?frac\{[0-9]{1,400}\}\{[0-9]{1,400}\}",
    re.IGNORECASE,
)

_WORD = re.compile(r"(?<!\\)\b[A-Za-z]{4,}")
_FUNCTIONS = {"sqrt", "asin", "acos", "atan", "sinh", "cosh", "tanh"}


@cache
def decisions() -> dict[str, Any]:
    """`version` of reasoning-gym, and `scorers`: dataset -> "theirs" or a name of `OURS`."""
    return json.loads(DECISIONS.read_text(encoding="utf-8"))


def scorer_of(dataset: str) -> str | None:
    """Who judges a dataset; None where it was never probed."""
    return decisions()["scorers"].get(dataset)


def _exact(oracle: str, _metadata: Mapping[str, Any]) -> tuple[Verifier, Problem]:
    return Exact(answer_in="whole"), Problem.of("", oracle)


def _math(oracle: str, _metadata: Mapping[str, Any]) -> tuple[Verifier, Problem]:
    return Math(answer_in="whole"), Problem.of("", oracle)


def unevaluated(scorer: str, answer: str, oracle: str) -> str | None:
    """Why an answer is not worked out, though mathematics would call it equal; None where it is.

    `217 + 5` is no answer to "Calculate 217 + 5", nor `(x+1)*(x+2)` to a product, nor an integral
    sign to an integral.
    """
    if scorer == "number" and not _NUMBER.fullmatch(answer):
        return "not a number"
    if scorer == "expression" and ("(" in answer) > ("(" in oracle):
        return "not multiplied out"
    if scorer == "expression":
        words = set(_WORD.findall(answer)) - _FUNCTIONS - set(_WORD.findall(oracle))
        if words or re.search(r"\\int|∫|\\sum|∑", answer):
            return "not worked out"
    return None


def _countdown(_oracle: str, metadata: Mapping[str, Any]) -> tuple[Verifier, Problem]:
    numbers, target = metadata["numbers"], metadata.get("target", 24)
    return Countdown(answer_in="whole"), Problem.of("", str(target), numbers=list(numbers))


def _n_queens(oracle: str, metadata: Mapping[str, Any]) -> tuple[Verifier, Problem]:
    board = metadata["puzzle"]
    placed = [
        [row, column]
        for row, cells in enumerate(board)
        for column, cell in enumerate(cells)
        if cell == "Q"
    ]
    problem = Problem.of("", oracle, size=len(board), placed=placed)
    return NQueens(answer_in="whole"), problem


def _graph_coloring(oracle: str, metadata: Mapping[str, Any]) -> tuple[Verifier, Problem]:
    graph = metadata["puzzle"]
    problem = Problem.of(
        "",
        oracle,
        nodes=[str(node) for node in graph["vertices"]],
        edges=[[str(end) for end in edge] for edge in graph["edges"]],
        colors=[str(color) for color in graph["color_options"]],
    )
    return GraphColoring(answer_in="whole"), problem


OURS: dict[str, Callable[[str, Mapping[str, Any]], tuple[Verifier, Problem]]] = {
    "exact": _exact,
    "number": _math,
    "expression": _math,
    "countdown": _countdown,
    "n_queens": _n_queens,
    "graph_coloring": _graph_coloring,
}
