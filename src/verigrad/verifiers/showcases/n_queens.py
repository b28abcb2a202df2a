"""Showcase of `n_queens`."""

from verigrad.core.types import Problem
from verigrad.verifiers.puzzles.n_queens import NQueens
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """Boards of four (two solutions in all) and of eight, which has 92."""
    four = Problem.of("Four queens, one in row 1, column 2.", "2 4 1 3", size=4, placed=[[0, 1]])
    eight = Problem.of("Eight queens.", "1 5 8 6 3 7 2 4", size=8)
    return Showcase(
        NQueens(),
        (
            Sample(
                four,
                (r"\boxed{2 4 1 3}", "```\n.Q..\n...Q\nQ...\n..Q.\n```", r"\boxed{[2, 4, 1, 3]}"),
                (
                    r"\boxed{3 1 4 2}",  # a solution, but not with the placed queen
                    r"\boxed{2 4 3 1}",
                    r"\boxed{2 4 1}",
                    "```\n.Q..\n...Q\nQ.Q.\n....\n```",
                ),
            ),
            Sample(
                eight,
                (r"\boxed{1 5 8 6 3 7 2 4}", r"\boxed{4 2 7 3 6 8 5 1}"),
                (
                    r"\boxed{1 2 3 4 5 6 7 8}",
                    r"\boxed{1 5 8 6 3 7 4 2}",
                    r"\boxed{1 5 8 6 3 7 2 0}",
                    r"\boxed{1 5 8 6 3 7 2 4 1}",
                ),
            ),
        ),
        pieces=("1 5 8 6", "3 7 2 4", "2 4 1 3", "Q", ".", "\n", ".Q..", "[2,", ",", " ", "9"),
        options=("2 4 1 3", "3 1 4 2"),
    )
