r"""N queens: one in every row, none attacks another, those already placed stay.

`info`: `size` n; `placed`, a list of [row, column] from 0. The answer is the column (from 1) of
the queen of every row, or the board with `Q` and `.` (or `_`).
"""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from verigrad.verifiers.puzzles.base import Puzzle, PuzzleVerifier
from verigrad.verifiers.puzzles.reading import malformed, read_grid, read_integer, read_words

MAX_SIZE = 64


class QueensPuzzle(Puzzle):
    """A board and the queens that stand on it."""

    size: int = Field(ge=4, le=MAX_SIZE)
    placed: tuple[tuple[int, int], ...] = Field(default=(), max_length=MAX_SIZE)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if any(not 0 <= index < self.size for queen in self.placed for index in queen):
            raise ValueError("a queen outside the board")
        return self


class NQueens(PuzzleVerifier):
    r"""A board of n queens that do not attack each other.

    >>> from verigrad.core.types import Problem
    >>> problem = Problem.of("?", None, size=4, placed=[[0, 1]])
    >>> NQueens().verify(problem, r"\boxed{2 4 1 3}").is_correct
    True
    """

    name: ClassVar[str] = "n_queens"
    version: ClassVar[str] = "1"
    puzzle_type: ClassVar[type[Puzzle]] = QueensPuzzle
    proves: ClassVar[str] = "a queen in every row, none attacks another, the placed ones stand"
    cannot: ClassVar[str] = "tell whether a board with these queens has a solution at all"

    def unfit(self, puzzle: QueensPuzzle) -> str | None:
        """Something must be left to place, and the placed ones must not attack each other."""
        rows = [row for row, _ in puzzle.placed]
        if len(set(rows)) != len(rows):
            return "two placed queens in one row"
        if len(rows) == puzzle.size:
            return "every queen is placed already"
        return _attack(puzzle.placed)

    def read_solution(self, text: str, puzzle: QueensPuzzle) -> tuple[int, ...]:
        """Column from 0 of every row's queen."""
        if "q" in text.casefold():
            rows = read_grid(text, puzzle.size, puzzle.size)
            return tuple(_queen(row) for row in rows)
        columns = [read_integer(word) for word in read_words(text)]
        if len(columns) != puzzle.size or not all(1 <= c <= puzzle.size for c in columns):
            raise malformed(f"not {puzzle.size} columns from 1 to {puzzle.size}")
        return tuple(column - 1 for column in columns)

    def first_fault(self, puzzle: QueensPuzzle, solution: tuple[int, ...]) -> str | None:
        """Placed queens first, then attacks."""
        for row, column in puzzle.placed:
            if solution[row] != column:
                return f"the queen of row {row + 1} was placed in column {column + 1}"
        return _attack(tuple(enumerate(solution)))

    def show(self, solution: tuple[int, ...]) -> str:
        """Columns from 1."""
        return " ".join(str(column + 1) for column in solution)


def _queen(row: tuple[str, ...]) -> int:
    cells = [cell.upper() for cell in row]
    if cells.count("Q") != 1 or any(cell not in ("Q", ".", "_", "-", "0") for cell in cells):
        raise malformed(f"not one queen in {' '.join(row)[:80]!r}")
    return cells.index("Q")


def _attack(queens: tuple[tuple[int, int], ...]) -> str | None:
    for name, slope in (("column", 0), ("falling diagonal", -1), ("rising diagonal", 1)):
        if len({column + slope * row for row, column in queens}) < len(queens):
            return f"two queens on one {name}"
    return None
