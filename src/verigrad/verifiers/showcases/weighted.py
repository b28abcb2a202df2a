# ruff: noqa: E501 (samples)
"""Showcase of `weighted`, whose scores are graded by nature."""

from dataclasses import replace

from verigrad.verifiers.compose import Weighted
from verigrad.verifiers.showcases import Showcase
from verigrad.verifiers.showcases.all_of import NUMBER, SHAPE, of, response


def showcase() -> Showcase:
    """Three parts number, one part layout."""
    made = of(
        Weighted(members=[{**NUMBER, "weight": 3.0}, SHAPE]),
        lambda right, wrong: (response("so it must be", wrong), f"so it must be \\boxed{{{right}}}"),
    )  # fmt: skip
    return replace(made, paid_above=0.25)
