r"""Mazes: the shortest way from S to G. `\boxed{DDRRU}`."""

from __future__ import annotations

import random
from collections import deque
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed

_STEPS = {"U": (-1, 0), "D": (1, 0), "L": (0, -1), "R": (0, 1)}
Cell = tuple[int, int]


class MazeOptions(Options):
    """A square of `size` by `size` cells, of which a share is walled off.

    Without `shortest` any way to the goal is right: for mazes that are walked, not read.
    """

    size: int = Field(default=5, ge=3, le=40)
    walls: float = Field(default=0.3, ge=0.0, le=0.6)
    shortest: bool = True


class Maze(Generator):
    """Walls at random, G as far from S as a cell can be; drawn until that is far enough."""

    name: ClassVar[str] = "maze"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "maze"
    dial: ClassVar[str] = "size"
    options_type: ClassVar[type[Options]] = MazeOptions

    def draw(self, source: random.Random) -> Draft:
        """At least `size - 1` steps lead from S to G."""
        size = self.options.size
        way = ""
        rows: list[str] = []
        while len(way) < size - 1:
            cells = [(row, column) for row in range(size) for column in range(size)]
            source.shuffle(cells)
            walls = set(cells[: int(self.options.walls * size**2)])
            start = cells[-1]
            goal, way = _farthest(start, walls, size)
            letters = {**dict.fromkeys(walls, "#"), goal: "G", start: "S"}
            rows = ["".join(letters.get((r, c), ".") for c in range(size)) for r in range(size)]
        shown = "\n".join(rows)
        return Draft(
            key=rows,
            question=(
                f"A maze, # is a wall:\n{shown}\nWhat is a shortest way from S to G? "
                "Answer with the letters U D L R."
            ),
            answer=way,
            solution=boxed(way),
            info={"rows": rows} if self.options.shortest else {"rows": rows, "shortest": False},
        )


def _farthest(start: Cell, walls: set[Cell], size: int) -> tuple[Cell, str]:
    """The cell that is reached last, and a shortest way to it."""
    ways = {start: ""}
    queue = deque([start])
    here = start
    while queue:
        here = queue.popleft()
        for letter, (down, right) in _STEPS.items():
            there = (here[0] + down, here[1] + right)
            inside = 0 <= there[0] < size and 0 <= there[1] < size
            if inside and there not in walls and there not in ways:
                ways[there] = ways[here] + letter
                queue.append(there)
    return here, ways[here]
