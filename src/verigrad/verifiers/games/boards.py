"""Boards of stones in a row: what tic-tac-toe and Connect-4 share.

The opponent's rule, which the prompt states: it completes a line if it can, else it blocks a line
that the other side could complete, else it plays the move with the lowest number.
"""

from __future__ import annotations

from abc import ABC, abstractmethod

from verigrad.verifiers.games.base import IllegalMoveError, Outcome

Cell = int


class Board(ABC):
    """Two sides put stones down in turn; a full line wins, a full board without one is a draw."""

    lines: tuple[tuple[Cell, ...], ...]
    num_cells: int

    def __init__(self, moves: tuple[int, ...]) -> None:
        self.stones: list[int] = [0] * self.num_cells  # 0 empty, else 1 and 2 for the sides
        self.side = 1
        for move in moves:
            if self.winner():
                raise IllegalMoveError(f"{move} comes after the end of the game")
            self.play(str(move))
        self.player = self.side

    @abstractmethod
    def cell_of(self, move: int) -> Cell | None:
        """Where a stone of this move comes to lie; None where the move may not be made."""

    @abstractmethod
    def all_moves(self) -> range:
        """Every move there is, in order of its number."""

    def play(self, move: str) -> None:
        """Put a stone of the side to move down."""
        number = int(move) if move.isascii() and move.isdecimal() else 0
        cell = self.cell_of(number) if number in self.all_moves() else None
        if cell is None:
            raise IllegalMoveError(f"{move} is not free")
        self.stones[cell] = self.side
        self.side = 3 - self.side

    def reply(self) -> str:
        """Win, else block, else the lowest number."""
        moves = [move for move in self.all_moves() if self.cell_of(move) is not None]
        chosen = self._completing(moves, self.side) or self._completing(moves, 3 - self.side)
        move = str(chosen or moves[0])
        self.play(move)
        return move

    def _completing(self, moves: list[int], side: int) -> int | None:
        for move in moves:
            cell = self.cell_of(move)
            assert cell is not None
            self.stones[cell] = side
            completes = self.winner() == side
            self.stones[cell] = 0
            if completes:
                return move
        return None

    def winner(self) -> int:
        """The side that has a line; 0 where none has."""
        for line in self.lines:
            first = self.stones[line[0]]
            if first and all(self.stones[cell] == first for cell in line[1:]):
                return first
        return 0

    def outcome(self) -> Outcome | None:
        """A line, or a full board."""
        winner = self.winner()
        if winner:
            return Outcome.WIN if winner == self.player else Outcome.LOSS
        return None if 0 in self.stones else Outcome.DRAW


def lines_of(num_rows: int, num_columns: int, length: int) -> tuple[tuple[Cell, ...], ...]:
    """All straight lines of `length` cells; a cell is `row * num_columns + column`.

    >>> len(lines_of(3, 3, 3)), len(lines_of(6, 7, 4))
    (8, 69)
    """
    found = []
    for row in range(num_rows):
        for column in range(num_columns):
            for down, right in ((0, 1), (1, 0), (1, 1), (1, -1)):
                ends = (row + down * (length - 1), column + right * (length - 1))
                if 0 <= ends[0] < num_rows and 0 <= ends[1] < num_columns:
                    found.append(
                        tuple(
                            (row + down * step) * num_columns + column + right * step
                            for step in range(length)
                        )
                    )
    return tuple(found)
