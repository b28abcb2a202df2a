"""Showcase of `tic_tac_toe`."""

from verigrad.core.types import Problem
from verigrad.verifiers.games.tic_tac_toe import TicTacToe
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """A line to complete; a fork that wins in three; a position that can only be drawn."""
    line = Problem.of("X: 1 2, O: 4 9, X moves.", "3", moves=[1, 4, 2, 9])
    fork = Problem.of("X: 1, O: 2, X moves.", "5 4 7", moves=[1, 2])
    return Showcase(
        TicTacToe(),
        (
            Sample(
                line,
                (r"\boxed{3}", "Answer: 3"),
                (
                    r"\boxed{7}",
                    r"\boxed{4}",
                    r"\boxed{3 5}",
                    r"\boxed{3} or \boxed{5}",
                    r"\boxed{10}",
                ),
            ),
            Sample(
                fork,
                # 5 threatens 9, O takes it; 4 threatens 6 and 7, O takes the lower; 7 wins
                (r"\boxed{5, 4, 7}", "```\n5\n4\n7\n```"),
                (r"\boxed{5, 4, 6}", r"\boxed{5, 4}", r"\boxed{5, 9}", r"\boxed{5, 4, 7, 8}"),
            ),
        ),
        pieces=("1", "2", "3", "7", "8", "9", ",", " ", "0", "[", "]", "x"),
        options=tuple("123456789"),
    )
