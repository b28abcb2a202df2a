"""Showcase of `tower_of_hanoi`."""

from verigrad.core.types import Problem
from verigrad.verifiers.puzzles.tower_of_hanoi import TowerOfHanoi
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """Two disks from 1 to 3 take three moves; three disks in at most seven."""
    two = Problem.of("Two disks, peg 1 to peg 3.", "1>2, 1>3, 2>3", start=[1, 1], goal=[3, 3])
    three = Problem.of(
        "Three disks, in seven moves.",
        "1>3, 1>2, 3>2, 1>3, 2>1, 2>3, 1>3",
        start=[1, 1, 1],
        goal=[3, 3, 3],
        max_moves=7,
    )
    return Showcase(
        TowerOfHanoi(),
        (
            Sample(
                two,
                (
                    r"\boxed{1>2, 1>3, 2>3}",
                    "```\n1 -> 2\n1 -> 3\n2 -> 3\n```",
                    r"\boxed{1-2 1-3 2-3}",
                ),
                (
                    r"\boxed{1>3, 1>3}",
                    r"\boxed{1>2, 1>3}",
                    r"\boxed{2>1}",
                    r"\boxed{1>2, 1>4, 2>3}",
                ),
            ),
            Sample(
                three,
                (r"\boxed{1>3, 1>2, 3>2, 1>3, 2>1, 2>3, 1>3}",),
                (
                    r"\boxed{1>2, 2>3, 1>2, 3>2, 1>3, 2>1, 2>3, 1>3}",  # right, but eight moves
                    r"\boxed{1>3, 1>2, 3>2, 1>3, 2>1, 2>3}",
                    r"\boxed{1>1}",
                ),
            ),
        ),
        pieces=("1>2", "1>3", "2>3", "3>1", ",", " ", "\n", "->", "-", " to ", "4>1"),
        options=("1>2", "1>3", "2>1", "2>3", "3>1", "3>2"),
    )
