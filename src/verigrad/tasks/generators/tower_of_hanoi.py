r"""Towers of Hanoi between any two positions, in the fewest moves. `\boxed{1>3, 1>2, 3>2}`."""

from __future__ import annotations

import random
from collections import deque
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed

Position = tuple[int, ...]  # the peg of every disk, the smallest first


class HanoiOptions(Options):
    """How many `disks` on three pegs."""

    disks: int = Field(default=4, ge=2, le=8)


class TowerOfHanoi(Generator):
    """Start and goal at random; a shortest way by breadth-first search over 3^disks positions."""

    name: ClassVar[str] = "tower_of_hanoi"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "tower_of_hanoi"
    dial: ClassVar[str] = "disks"
    options_type: ClassVar[type[Options]] = HanoiOptions

    def draw(self, source: random.Random) -> Draft:
        """Start and goal differ."""
        start = goal = self._position(source)
        while goal == start:
            goal = self._position(source)
        moves = shortest(start, goal)
        answer = ", ".join(f"{one}>{two}" for one, two in moves)
        return Draft(
            key=[start, goal],
            question=(
                f"Hanoi: 3 pegs, {len(start)} disks, disk 1 the smallest. Now: {_show(start)}. "
                f"Wanted: {_show(goal)}. At most {len(moves)} moves.\n"
                "Answer with moves from peg to peg, like this: 1>3, 1>2, 3>2"
            ),
            answer=answer,
            solution=boxed(answer),
            info={"start": list(start), "goal": list(goal), "max_moves": len(moves)},
        )

    def _position(self, source: random.Random) -> Position:
        return tuple(source.randint(1, 3) for _ in range(self.options.disks))


def _show(position: Position) -> str:
    pegs = {peg: [d + 1 for d, p in enumerate(position) if p == peg] for peg in (1, 2, 3)}
    return ", ".join(f"peg {peg}: {' '.join(map(str, d)) or 'none'}" for peg, d in pegs.items())


def shortest(start: Position, goal: Position) -> list[tuple[int, int]]:
    """The fewest moves.

    >>> len(shortest((1, 1, 1), (3, 3, 3)))
    7
    """
    came: dict[Position, tuple[Position, tuple[int, int]] | None] = {start: None}
    queue = deque([start])
    while goal not in came:
        here = queue.popleft()
        tops = {peg: disk for disk, peg in reversed(list(enumerate(here)))}
        for source, disk in tops.items():
            for target in (1, 2, 3):
                if tops.get(target, len(here)) > disk:
                    there = (*here[:disk], target, *here[disk + 1 :])
                    if there not in came:
                        came[there] = here, (source, target)
                        queue.append(there)
    moves, step = [], came[goal]
    while step is not None:
        moves.append(step[1])
        step = came[step[0]]
    return moves[::-1]
