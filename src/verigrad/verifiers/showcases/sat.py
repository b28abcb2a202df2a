"""Showcase of `sat`."""

from verigrad.core.types import Problem
from verigrad.verifiers.puzzles.sat import Sat
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """One assignment in four satisfies the first formula, two in eight the second."""
    both = Problem.of(
        "(x1 or x2)(-x1 or x2)(x1 or -x2)",
        "1 2",
        num_variables=2,
        clauses=[[1, 2], [-1, 2], [1, -2]],
    )
    chain = Problem.of(
        "x1 -> x2 -> x3 -> not x1", "-1 2 3", num_variables=3,
        clauses=[[-1, 2], [-2, 3], [-3, -1], [2, 1]],
    )  # fmt: skip
    return Showcase(
        Sat(),
        (
            Sample(
                both,
                (r"\boxed{1 2}", r"\boxed{x1 = true, x2 = true}", '```\n{"x1": 1, "x2": 1}\n```'),
                (
                    r"\boxed{1 -2}",
                    r"\boxed{-1 2}",
                    r"\boxed{1}",
                    r"\boxed{1 -1 2}",
                    r"\boxed{1 2 3}",
                ),
            ),
            Sample(
                chain,
                (r"\boxed{-1 2 3}", r"\boxed{~x1, x2, x3}", r"\boxed{3 2 -1}"),
                (r"\boxed{-1 2 -3}", r"\boxed{1 2 3}", r"\boxed{-1 -2 -3}", r"\boxed{x1=0}"),
            ),
        ),
        pieces=("1", "-1", "2", "-2", "x1", "x2", "=", "true", "false", ",", " ", "-x1", "~"),
        options=("1 2", "1 -2", "-1 2", "-1 -2"),
    )
