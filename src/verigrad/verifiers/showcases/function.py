# ruff: noqa: E501 (samples)
"""Showcase of `function`."""

from pathlib import Path

from verigrad.core.types import Problem
from verigrad.verifiers.graders import Function
from verigrad.verifiers.showcases import Sample, Showcase

_FILE = Path(__file__).parent / "functions" / "anagram.py"


def showcase() -> Showcase:
    """Anagrams, judged by a function in the sandbox."""
    return Showcase(
        Function(function=f"{_FILE}:check"),
        (
            Sample(Problem.of("An anagram of listen?", "listen"), ("silent", "Enlist"), ("listen", "silents", "tinse")),
            Sample(Problem.of("An anagram of evil?", "evil"), ("vile", "live"), ("evil", "veil live", "viel?")),
        ),
        pieces=("silent", "live", "vile", " ", "l", "i", "?"),
        max_fuzz=100_000,
    )  # fmt: skip
