"""Connect-4 against a rule: the response's columns are played out on a board of 7 by 6.

`info`: `moves`, the columns (1 to 7) played so far by both sides. The response plays the side to
move; the opponent wins if it can, else blocks, else plays the lowest column that is not full.
"""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from verigrad.verifiers.games.base import GameVerifier
from verigrad.verifiers.games.boards import Board, lines_of
from verigrad.verifiers.puzzles.base import Puzzle

NUM_ROWS, NUM_COLUMNS = 6, 7


class ConnectFourStart(Puzzle):
    """What was played."""

    moves: tuple[int, ...] = Field(default=(), max_length=NUM_ROWS * NUM_COLUMNS)


class ConnectFourBoard(Board):
    """Stones fall to the lowest free cell of their column; row 0 is the bottom."""

    lines = lines_of(NUM_ROWS, NUM_COLUMNS, 4)
    num_cells = NUM_ROWS * NUM_COLUMNS

    def cell_of(self, move: int) -> int | None:
        """The lowest free cell of the column."""
        cells = range(move - 1, self.num_cells, NUM_COLUMNS)
        return next((cell for cell in cells if not self.stones[cell]), None)

    def all_moves(self) -> range:
        """1 to 7."""
        return range(1, NUM_COLUMNS + 1)


class ConnectFour(GameVerifier):
    r"""A game of Connect-4.

    >>> from verigrad.core.types import Problem
    >>> problem = Problem.of("Three in column 1.", None, moves=[1, 2, 1, 2, 1, 3])
    >>> ConnectFour().verify(problem, r"\boxed{1}").is_correct
    True
    """

    name: ClassVar[str] = "connect_four"
    version: ClassVar[str] = "1"
    puzzle_type: ClassVar[type[Puzzle]] = ConnectFourStart
    proves: ClassVar[str] = "the moves are legal and win against the stated opponent (0.5: draw)"
    cannot: ClassVar[str] = "tell whether they would win against another opponent"

    def start(self, puzzle: ConnectFourStart) -> ConnectFourBoard:
        """The board after the moves played."""
        return ConnectFourBoard(puzzle.moves)
