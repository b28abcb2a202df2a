"""Tic-tac-toe against a rule: the response's moves are played out.

`info`: `moves`, the cells (1 to 9, row by row) played so far by both sides, the first by X. The
response plays the side to move; the opponent wins if it can, else blocks, else takes the free
cell of lowest number.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from verigrad.verifiers.games.base import GameVerifier
from verigrad.verifiers.games.boards import Board, lines_of
from verigrad.verifiers.puzzles.base import Puzzle


class TicTacToeStart(Puzzle):
    """What was played."""

    moves: tuple[int, ...] = Field(default=(), max_length=9)


class TicTacToeBoard(Board):
    """Nine cells."""

    lines = lines_of(3, 3, 3)
    num_cells = 9

    def cell_of(self, move: int) -> int | None:
        """Cell 1 is the first; a stone may lie on each once."""
        return None if self.stones[move - 1] else move - 1

    def all_moves(self) -> range:
        """1 to 9."""
        return range(1, 10)


class TicTacToe(GameVerifier):
    r"""A game of tic-tac-toe.

    >>> from verigrad.core.types import Problem
    >>> problem = Problem.of("X has 1 and 2, O has 4 and 9.", None, moves=[1, 4, 2, 9])
    >>> TicTacToe().verify(problem, r"\boxed{3}").is_correct
    True
    """

    name: ClassVar[str] = "tic_tac_toe"
    version: ClassVar[str] = "1"
    puzzle_type: ClassVar[type[Puzzle]] = TicTacToeStart
    proves: ClassVar[str] = "the moves are legal and win against the stated opponent (0.5: draw)"
    cannot: ClassVar[str] = "tell whether they would win against another opponent"

    def start(self, puzzle: TicTacToeStart) -> TicTacToeBoard:
        """The board after the moves played."""
        return TicTacToeBoard(puzzle.moves)
