"""Showcase of `knights_knaves`."""

from verigrad.core.types import Problem
from verigrad.verifiers.puzzles.knights_knaves import KnightsKnaves
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """Smullyan's first puzzles: "we are both knaves", and "at least one of us is a knave"."""
    both = Problem.of(
        "Ann: both of us are knaves. What are Ann and Bo?",
        "Ann: knave, Bo: knight",
        people=["Ann", "Bo"],
        statements=[["Ann", ["and", ["knave", "Ann"], ["knave", "Bo"]]]],
    )
    one = Problem.of(
        "Cy: at least one of us is a knave. Di: Cy is a knight, or Ed is. Ed: Di is a knave.",
        "Cy: knight, Di: knight, Ed: knave",
        people=["Cy", "Di", "Ed"],
        statements=[
            ["Cy", ["or", ["knave", "Cy"], ["knave", "Di"], ["knave", "Ed"]]],
            ["Di", ["or", ["knight", "Cy"], ["knight", "Ed"]]],
            ["Ed", ["knave", "Di"]],
        ],
    )
    return Showcase(
        KnightsKnaves(),
        (
            Sample(
                both,
                (
                    r"\boxed{Ann: knave, Bo: knight}",
                    "<answer>Ann is a knave, and Bo is a knight.</answer>",
                    '```json\n{"Bo": "knight", "Ann": "knave"}\n```',
                ),
                (
                    r"\boxed{Ann: knight, Bo: knave}",
                    r"\boxed{Ann: knave, Bo: knave}",
                    r"\boxed{Ann: knave}",
                    r"\boxed{Ann: knave, Bo: knight, Bo: knave}",
                    r"\boxed{Ann: knave, Bo: not a knave}",
                ),
            ),
            Sample(
                one,
                (r"\boxed{Cy=knight; Di=knight; Ed=knave}",),
                (
                    r"\boxed{Cy=knight; Di=knave; Ed=knight}",
                    r"\boxed{Cy=knave; Di=knave; Ed=knave}",
                ),
            ),
        ),
        pieces=("Ann", "Bo", ":", " is a ", "knight", "knave", ", ", " and ", "=", ".", "\n"),
        options=("Ann: knight", "Ann: knave", "Bo: knight", "Bo: knave"),
    )
