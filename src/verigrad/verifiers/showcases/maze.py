"""Showcase of `maze`."""

from verigrad.core.types import Problem
from verigrad.verifiers.puzzles.maze import Maze
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """Around a wall, and an open room with two shortest ways."""
    wall = Problem.of("From S to G: S#G/...", "DRRU", rows=["S#G", "..."])
    room = Problem.of("From S to G: S./.G", "RD", rows=["S.", ".G"])
    return Showcase(
        Maze(),
        (
            Sample(
                wall,
                (r"\boxed{DRRU}", r"\boxed{down, right, right, up}", r"\boxed{D R R U}"),
                (
                    r"\boxed{RR}",
                    r"\boxed{DRR}",
                    r"\boxed{DRRUD}",
                    r"\boxed{DLRRRU}",
                    r"\boxed{DURDRU}",
                ),
            ),
            Sample(
                room,
                (r"\boxed{RD}", "```\ndown\nright\n```"),
                (r"\boxed{RDUD}", r"\boxed{R}", r"\boxed{UR}", r"\boxed{RX}"),
            ),
        ),
        pieces=("D", "R", "U", "L", "down", "right", ",", " ", "\n", "DRRU", "X"),
        options=("U", "D", "L", "R"),
    )
