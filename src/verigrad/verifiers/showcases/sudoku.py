"""Showcase of `sudoku`."""

from verigrad.core.types import Problem
from verigrad.verifiers.puzzles.sudoku import Sudoku
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """A grid of four, a diagonal Latin square, and a killer cage with an inequality."""
    plain = Problem.of(
        "Fill 1 to 4: 1..4/.41./2.4./.3.1",
        "1234/3412/2143/4321",
        size=4,
        box=[2, 2],
        givens=[[1, 0, 0, 4], [0, 4, 1, 0], [2, 0, 4, 0], [0, 3, 0, 1]],
    )
    diagonal = Problem.of(
        "Fill 1 to 4, diagonals too: 1.../..../..../....",
        "1234/3412/4321/2143",
        size=4,
        diagonal=True,
        givens=[[1, 0, 0, 0], [0] * 4, [0] * 4, [0] * 4],
    )
    killer = Problem.of(
        "A Latin square of 1, 2 with 1 at the top left, the left column sums to 3.",
        "1 2/2 1",
        size=2,
        givens=[[0, 0], [0, 0]],
        cages=[{"cells": [[0, 0], [1, 0]], "total": 3}],
        less=[[[0, 0], [0, 1]]],
    )
    return Showcase(
        Sudoku(),
        (
            Sample(
                plain,
                (
                    r"\boxed{1234/3412/2143/4321}",
                    "```\n1 2 | 3 4\n3 4 | 1 2\n----+----\n2 1 | 4 3\n4 3 | 2 1\n```",
                    "<answer>[[1,2,3,4],[3,4,1,2],[2,1,4,3],[4,3,2,1]]</answer>",
                ),
                (
                    r"\boxed{1234/3412/2143/4312}",  # the last row swaps two
                    r"\boxed{1234/3412/2143}",
                    r"\boxed{2134/3412/1243/4321}",  # a given is overwritten
                    r"\boxed{1234/3412/2143/432}",
                    r"\boxed{1234/3412/2143/4321} or \boxed{1324/3412/2143/4321}",
                ),
            ),
            Sample(
                diagonal,
                (r"\boxed{1 2 3 4; 3 4 1 2; 4 3 2 1; 2 1 4 3}",),
                (
                    r"\boxed{1234/2143/3412/4321}",  # a Latin square, its falling diagonal is 1111
                    r"\boxed{1234/2341/3412/4123}",
                    r"\boxed{2143/3412/4321/1234}",
                ),
            ),
            Sample(killer, (r"\boxed{12/21}",), (r"\boxed{21/12}", r"\boxed{12/12}")),
        ),
        pieces=("1234", "3412", "/", "\n", "1 2 3 4", "|", "---", "[[1,2],", "0", "5", ".", ";"),
        options=("1234/3412/2143/4321", "1234/4321/3412/2143"),
    )
