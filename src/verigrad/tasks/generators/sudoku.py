r"""Sudoku of 4, 6 or 9, and kin: `Sudoku, 1 to 4: 1..4/.41./2.4./.3.1` -> `\boxed{1234/...}`.

Every puzzle has exactly one solution. `variant`: `plain`, `diagonal` (both diagonals too),
`killer` (cages with sums instead of most givens), `futoshiki` (a Latin square with inequalities),
`latin`.
"""

from __future__ import annotations

import random
from itertools import pairwise
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed
from verigrad.tasks.generators.digits import SEPARATOR
from verigrad.tasks.generators.grids import (
    BudgetError,
    Cell,
    Numbers,
    Rules,
    is_unique,
    solutions,
)

_BOXES = {4: (2, 2), 6: (2, 3), 9: (3, 3)}
_BUDGET = 2_000
_FORMAT = "Answer with the rows between slashes."
_INTRODUCTIONS = {
    "plain": "Sudoku, 1 to {n}, boxes of {h} by {w}",
    "diagonal": "Sudoku, 1 to {n}, boxes of {h} by {w}, both diagonals hold every number",
    "killer": "Killer sudoku, 1 to {n}, boxes of {h} by {w}, no number twice in a cage",
    "futoshiki": "Futoshiki, 1 to {n} once in every row and column",
    "latin": "Latin square, 1 to {n} once in every row and column",
}


class SudokuOptions(Options):
    """The `size` of the grid, at most so many `blanks`, and the `variant`."""

    size: Literal[4, 6, 9] = 4
    blanks: int = Field(default=9, ge=1, le=81)
    variant: Literal["plain", "diagonal", "killer", "futoshiki", "latin"] = "plain"

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.blanks > self.size**2:
            raise ValueError(f"blanks = {self.blanks}, but there are only {self.size**2} cells")
        return self


class Sudoku(Generator):
    """A full grid drawn at random; cells are blanked in random order while one solution is left."""

    name: ClassVar[str] = "sudoku"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "sudoku"
    dial: ClassVar[str] = "blanks"
    options_type: ClassVar[type[Options]] = SudokuOptions

    def draw(self, source: random.Random) -> Draft:
        """Draws again where the search ran out of its budget."""
        while True:
            try:
                rules, grid = self._full(source)
            except BudgetError:
                continue
            givens = self._blanked(source, rules, grid)
            if any(0 in row for row in givens):
                return self._draft(rules, grid, givens)

    def _full(self, source: random.Random) -> tuple[Rules, Numbers]:
        size, variant = self.options.size, self.options.variant
        box = None if variant in ("latin", "futoshiki") else _BOXES[size]
        rules = Rules(size, box, diagonal=variant == "diagonal")
        empty = [[0] * size for _ in range(size)]
        grid = next(solutions(rules, empty, budget=_BUDGET, source=source))
        if variant == "killer":
            rules = Rules(size, box, cages=_cages(source, grid))
        if variant == "futoshiki":
            rules = Rules(size, box, less=_inequalities(source, grid))
        return rules, grid

    def _blanked(self, source: random.Random, rules: Rules, grid: Numbers) -> Numbers:
        givens = [list(row) for row in grid]
        cells = [(row, column) for row in range(rules.size) for column in range(rules.size)]
        source.shuffle(cells)
        left = self.options.blanks
        for row, column in cells:
            if not left:
                break
            number, givens[row][column] = givens[row][column], 0
            if is_unique(rules, givens, budget=_BUDGET):
                left -= 1
            else:
                givens[row][column] = number
        return givens

    def _draft(self, rules: Rules, grid: Numbers, givens: Numbers) -> Draft:
        height, width = rules.box or (1, 1)
        opening = _INTRODUCTIONS[self.options.variant].format(n=rules.size, h=height, w=width)
        shown = _rows(givens).replace("0", ".")
        extra = [f"{_names(cells)}={total}" for cells, total in rules.cages]
        extra += [f"{_names((small,))}<{_names((great,))}" for small, great in rules.less]
        answer = _rows(grid)
        steps = [
            f"r{row + 1}c{column + 1}={grid[row][column]}"
            for row in range(rules.size)
            for column in range(rules.size)
            if not givens[row][column]
        ]
        info: dict[str, Any] = {
            "size": rules.size,
            "box": None if rules.box is None else list(rules.box),
            "diagonal": rules.diagonal,
            "givens": givens,
            "cages": [{"cells": [list(c) for c in cells], "total": t} for cells, t in rules.cages],
            "less": [[list(small), list(great)] for small, great in rules.less],
        }
        return Draft(
            key=info,
            question=f"{' '.join([f'{opening}: {shown}', *extra])}\n{_FORMAT}",
            answer=answer,
            solution=SEPARATOR.join([*steps, boxed(answer)]),
            info=info,
        )


def _rows(numbers: Numbers) -> str:
    return "/".join("".join(map(str, row)) for row in numbers)


def _names(cells: tuple[Cell, ...]) -> str:
    return "+".join(f"r{row + 1}c{column + 1}" for row, column in cells)


def _cages(source: random.Random, grid: Numbers) -> tuple[tuple[tuple[Cell, ...], int], ...]:
    """Neighbouring cells joined at random, at most four, no number twice."""
    size = len(grid)
    free = {(row, column) for row in range(size) for column in range(size)}
    cages = []
    while free:
        cage = [source.choice(sorted(free))]
        free.discard(cage[0])
        for _ in range(source.randint(1, 3)):
            held = {grid[row][column] for row, column in cage}
            near = sorted(
                cell
                for cell in free
                if grid[cell[0]][cell[1]] not in held
                and any(abs(cell[0] - r) + abs(cell[1] - c) == 1 for r, c in cage)
            )
            if near:
                cage.append(source.choice(near))
                free.discard(cage[-1])
        cages.append((tuple(sorted(cage)), sum(grid[row][column] for row, column in cage)))
    return tuple(sorted(cages))


def _inequalities(source: random.Random, grid: Numbers) -> tuple[tuple[Cell, Cell], ...]:
    """About a third of all pairs of neighbours, the smaller first."""
    size = len(grid)
    along = [[(row, column) for column in range(size)] for row in range(size)]
    lines = [*along, *(list(line) for line in zip(*along, strict=True))]
    pairs = [pair for line in lines for pair in pairwise(line)]
    chosen = source.sample(pairs, len(pairs) // 3)
    ordered = [sorted(pair, key=lambda cell: grid[cell[0]][cell[1]]) for pair in chosen]
    return tuple(sorted((small, great) for small, great in ordered))
