r"""Sudoku and its kin: every rule of the grid is checked, whichever solution it is.

`info`: `size` n; `givens`, n rows of n numbers with 0 for a blank; `box` [rows, columns] of a box,
or null for a Latin square; `diagonal` (both diagonals hold every number); `cages` (killer: cells
and their sum, no number twice); `less` (futoshiki: pairs of cells, the first the smaller).
Cells are [row, column] from 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from verigrad.verifiers.puzzles.base import Puzzle, PuzzleVerifier
from verigrad.verifiers.puzzles.reading import read_grid, read_integer

MAX_SIZE = 25
Index = Annotated[int, Field(ge=0, lt=MAX_SIZE)]
Cell = tuple[Index, Index]
Grid = tuple[tuple[int, ...], ...]


class Cage(Puzzle):
    """Cells that hold different numbers with a given sum."""

    cells: tuple[Cell, ...] = Field(min_length=1, max_length=MAX_SIZE)
    total: int


class SudokuPuzzle(Puzzle):
    """The grid and its rules."""

    size: int = Field(ge=2, le=MAX_SIZE)
    givens: tuple[tuple[int, ...], ...]
    box: tuple[int, int] | None = None
    diagonal: bool = False
    cages: tuple[Cage, ...] = Field(default=(), max_length=MAX_SIZE**2)
    less: tuple[tuple[Cell, Cell], ...] = Field(default=(), max_length=4 * MAX_SIZE**2)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        size = self.size
        if len(self.givens) != size or any(len(row) != size for row in self.givens):
            raise ValueError(f"givens must be {size} rows of {size}")
        if any(not 0 <= number <= size for row in self.givens for number in row):
            raise ValueError(f"givens must be 0 to {size}")
        if self.box is not None and self.box[0] * self.box[1] != size:
            raise ValueError(f"a box must have {size} cells")
        cells = [cell for cage in self.cages for cell in cage.cells]
        cells += [cell for pair in self.less for cell in pair]
        if any(max(cell) >= size for cell in cells):
            raise ValueError("a cell outside the grid")
        return self

    def units(self) -> Iterator[tuple[str, list[Cell]]]:
        """Name and cells of everything that must hold every number once."""
        along = range(self.size)
        for index in along:
            yield f"row {index + 1}", [(index, column) for column in along]
            yield f"column {index + 1}", [(row, index) for row in along]
        if self.diagonal:
            yield "the falling diagonal", [(i, i) for i in along]
            yield "the rising diagonal", [(i, self.size - 1 - i) for i in along]
        if self.box is not None:
            height, width = self.box
            for top in range(0, self.size, height):
                for left in range(0, self.size, width):
                    name = f"the box at row {top + 1}, column {left + 1}"
                    cells = [
                        (row, column)
                        for row in range(top, top + height)
                        for column in range(left, left + width)
                    ]
                    yield name, cells


class Sudoku(PuzzleVerifier):
    r"""A filled grid in which every row, column, box and extra rule holds, and every given stands.

    >>> from verigrad.core.types import Problem
    >>> givens = [[1, 0, 0, 4], [0, 4, 1, 0], [2, 0, 4, 0], [0, 3, 0, 1]]
    >>> problem = Problem.of("?", None, size=4, box=[2, 2], givens=givens)
    >>> Sudoku().verify(problem, r"\boxed{1234/3412/2143/4321}").is_correct
    True
    """

    name: ClassVar[str] = "sudoku"
    version: ClassVar[str] = "1"
    puzzle_type: ClassVar[type[Puzzle]] = SudokuPuzzle
    proves: ClassVar[str] = "the grid is full, keeps the givens and breaks no rule of the puzzle"
    cannot: ClassVar[str] = "tell whether the puzzle has only one solution"

    def unfit(self, puzzle: SudokuPuzzle) -> str | None:
        """A grid without a blank is solved already."""
        blanks = any(0 in row for row in puzzle.givens)
        return None if blanks else "no blank is left: the puzzle is solved already"

    def read_solution(self, text: str, puzzle: SudokuPuzzle) -> Grid:
        """Numbers in rows."""
        rows = read_grid(text, puzzle.size, puzzle.size)
        return tuple(tuple(read_integer(cell) for cell in row) for row in rows)

    def first_fault(self, puzzle: SudokuPuzzle, solution: Grid) -> str | None:
        """Givens first, then rows, columns, diagonals, boxes, cages and inequalities."""
        for row, (givens, numbers) in enumerate(zip(puzzle.givens, solution, strict=True), 1):
            for column, (given, number) in enumerate(zip(givens, numbers, strict=True), 1):
                if given not in (0, number):
                    return f"row {row}, column {column} was given as {given}"
        everything = set(range(1, puzzle.size + 1))
        for name, cells in puzzle.units():
            if {solution[row][column] for row, column in cells} != everything:
                return f"{name} does not hold every number once"
        for cage in puzzle.cages:
            numbers = [solution[row][column] for row, column in cage.cells]
            if sum(numbers) != cage.total or len(set(numbers)) != len(numbers):
                return f"the cage at {cage.cells[0]} has sum {sum(numbers)}, not {cage.total}"
        for (row, column), (other_row, other_column) in puzzle.less:
            if solution[row][column] >= solution[other_row][other_column]:
                return f"{(row, column)} is not less than {(other_row, other_column)}"
        return None

    def show(self, solution: Grid) -> str:
        """Rows between slashes."""
        return "/".join(" ".join(map(str, row)) for row in solution)
