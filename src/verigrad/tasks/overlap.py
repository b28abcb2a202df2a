"""Exact overlap between splits: the same question on both sides, up to how it is typed."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable

from verigrad.core.types import Problem
from verigrad.tasks.splits import content_hash


def normalized(text: str) -> str:
    r"""Compatibility form, no case, single spaces.

    >>> normalized("What  is\n2 + 2?")
    'what is 2 + 2?'
    """
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def question_hash(problem: Problem) -> int:
    """63 bits of the normalised question."""
    return content_hash("question", normalized(problem.question))


def overlap(train: Iterable[Problem], held_out: Iterable[Problem]) -> list[tuple[Problem, Problem]]:
    """Pairs (training, held-out) with one question, in training order. Keeps only the held-out.

    >>> [len(overlap([Problem.of("2+2?", "4")], [Problem.of(q, "4")])) for q in ("2+2? ", "2+3?")]
    [1, 0]
    """
    known = {question_hash(problem): problem for problem in held_out}
    return [
        (problem, known[found]) for problem in train if (found := question_hash(problem)) in known
    ]
