"""Solving grids of numbers: Latin squares with boxes, diagonals, cages and inequalities.

Depth first, the cell with the fewest numbers left first (MRV). A search that takes more than its
budget of nodes gives up, so that a draw is bounded.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property
from itertools import islice

Cell = tuple[int, int]
Numbers = list[list[int]]  # 0 for a blank


class BudgetError(Exception):
    """The search took more nodes than it may."""


@dataclass(frozen=True)
class Rules:
    """What a grid of `size` must keep."""

    size: int
    box: tuple[int, int] | None = None
    diagonal: bool = False
    cages: tuple[tuple[tuple[Cell, ...], int], ...] = ()
    less: tuple[tuple[Cell, Cell], ...] = ()

    @cached_property
    def peers(self) -> dict[Cell, frozenset[Cell]]:
        """For every cell, those that may not hold its number."""
        cells = [(row, column) for row in range(self.size) for column in range(self.size)]
        together: dict[Cell, set[Cell]] = {cell: set() for cell in cells}
        for cell in cells:
            together[cell] |= {other for other in cells if self._share(cell, other)} - {cell}
        for members, _ in self.cages:
            for cell in members:
                together[cell] |= set(members) - {cell}
        return {cell: frozenset(others) for cell, others in together.items()}

    def _share(self, one: Cell, two: Cell) -> bool:
        if one[0] == two[0] or one[1] == two[1]:
            return True
        if self.box is not None:
            height, width = self.box
            if (one[0] // height, one[1] // width) == (two[0] // height, two[1] // width):
                return True
        last = self.size - 1
        return self.diagonal and (
            (one[0] == one[1] and two[0] == two[1]) or (sum(one) == last == sum(two))
        )

    @cached_property
    def cage_of(self) -> dict[Cell, tuple[tuple[Cell, ...], int]]:
        """The cage of every cell that is in one."""
        return {cell: cage for cage in self.cages for cell in cage[0]}

    @cached_property
    def bounds_of(self) -> dict[Cell, list[tuple[Cell, int]]]:
        """Cell -> (other, +1) where the other must be greater, (other, -1) where less."""
        found: dict[Cell, list[tuple[Cell, int]]] = {}
        for small, great in self.less:
            found.setdefault(small, []).append((great, 1))
            found.setdefault(great, []).append((small, -1))
        return found


@dataclass
class _Search:
    rules: Rules
    budget: int
    source: random.Random | None = None
    grid: dict[Cell, int] = field(default_factory=dict)

    def choices(self, cell: Cell) -> list[int]:
        """Numbers that break nothing yet."""
        size = self.rules.size
        taken = {self.grid[peer] for peer in self.rules.peers[cell] if peer in self.grid}
        lowest, highest = self._range(cell)
        numbers = [n for n in range(max(1, lowest), min(size, highest) + 1) if n not in taken]
        if self.source is not None:
            self.source.shuffle(numbers)
        return numbers

    def _range(self, cell: Cell) -> tuple[int, int]:
        lowest, highest = 1, self.rules.size
        for other, sign in self.rules.bounds_of.get(cell, ()):
            if other in self.grid:
                if sign > 0:
                    highest = min(highest, self.grid[other] - 1)
                else:
                    lowest = max(lowest, self.grid[other] + 1)
        if cell in self.rules.cage_of:
            members, total = self.rules.cage_of[cell]
            left = total - sum(self.grid.get(member, 0) for member in members)
            others = sum(member not in self.grid for member in members) - 1
            size = self.rules.size  # what the other blanks hold at most and at least
            lowest = max(lowest, left - sum(range(size - others + 1, size + 1)))
            highest = min(highest, left - sum(range(1, others + 1)))
        return lowest, highest

    def run(self, blanks: set[Cell]) -> Iterator[dict[Cell, int]]:
        """Every filling of the blanks."""
        if not blanks:
            yield dict(self.grid)
            return
        self.budget -= 1
        if self.budget < 0:
            raise BudgetError
        options = {}
        for cell in sorted(blanks):
            options[cell] = self.choices(cell)
            if len(options[cell]) <= 1:
                break
        cell = min(options, key=lambda each: len(options[each]))
        blanks.discard(cell)
        for number in options[cell]:
            self.grid[cell] = number
            yield from self.run(blanks)
            del self.grid[cell]
        blanks.add(cell)


def solutions(
    rules: Rules, givens: Numbers, *, budget: int, source: random.Random | None = None
) -> Iterator[Numbers]:
    """Every full grid, in an order that `source` shuffles; BudgetError beyond `budget` nodes.

    >>> sum(1 for _ in solutions(Rules(4, (2, 2)), [[0] * 4] * 4, budget=10_000))
    288
    """
    along = range(rules.size)
    cells = {(row, column): givens[row][column] for row in along for column in along}
    search = _Search(rules, budget, source, {cell: n for cell, n in cells.items() if n})
    for grid in search.run({cell for cell, number in cells.items() if not number}):
        yield [[grid[row, column] for column in along] for row in along]


def is_unique(rules: Rules, givens: Numbers, *, budget: int) -> bool:
    """True where there is exactly one solution and the budget was enough to see it."""
    try:
        return len(list(islice(solutions(rules, givens, budget=budget), 2))) == 1
    except BudgetError:
        return False
