"""Towers of Hanoi: one disk at a time, never a larger one on a smaller.

`info`: `start` and `goal`, the peg (from 1) of every disk, the smallest first; `num_pegs` (3);
`max_moves` (null: as many as it takes). The answer is moves `1>3`, or `1->3`, `1-3`.
"""

from __future__ import annotations

import re
from typing import ClassVar, Self

from pydantic import Field, model_validator

from verigrad.verifiers.puzzles.base import Puzzle, PuzzleVerifier
from verigrad.verifiers.puzzles.reading import malformed, plain_lines, read_words

_MOVE = re.compile(r"([0-9]{1,2})>([0-9]{1,2})")
_ARROW = re.compile(r"[ \t]{0,8}(?:->|→|>|-|\\to|\bto\b)[ \t]{0,8}")


class HanoiPuzzle(Puzzle):
    """Where the disks are, where they must be."""

    start: tuple[int, ...] = Field(min_length=1, max_length=20)
    goal: tuple[int, ...] = Field(min_length=1, max_length=20)
    num_pegs: int = Field(default=3, ge=3, le=20)
    max_moves: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(self.start) != len(self.goal):
            raise ValueError("start and goal have different disks")
        if any(not 1 <= peg <= self.num_pegs for peg in (*self.start, *self.goal)):
            raise ValueError(f"pegs are 1 to {self.num_pegs}")
        return self


class TowerOfHanoi(PuzzleVerifier):
    r"""Legal moves that end in the goal.

    >>> from verigrad.core.types import Problem
    >>> problem = Problem.of("?", None, start=[1, 1], goal=[3, 3])
    >>> TowerOfHanoi().verify(problem, r"\boxed{1>2, 1>3, 2>3}").is_correct
    True
    """

    name: ClassVar[str] = "tower_of_hanoi"
    version: ClassVar[str] = "1"
    puzzle_type: ClassVar[type[Puzzle]] = HanoiPuzzle
    proves: ClassVar[str] = "every move is legal, the disks end where they must, in time"
    cannot: ClassVar[str] = "tell whether fewer moves would do, unless the puzzle limits them"

    def unfit(self, puzzle: HanoiPuzzle) -> str | None:
        """Something must be left to move."""
        return "every disk is where it must be" if puzzle.start == puzzle.goal else None

    def read_solution(self, text: str, puzzle: HanoiPuzzle) -> tuple[tuple[int, int], ...]:
        """Pairs of pegs."""
        moves = []
        for word in read_words(_ARROW.sub(">", plain_lines(text))):
            match = _MOVE.fullmatch(word)
            if match is None:
                raise malformed(f"{word[:40]!r} is no move")
            source, target = int(match[1]), int(match[2])
            if not (1 <= source <= puzzle.num_pegs and 1 <= target <= puzzle.num_pegs):
                raise malformed(f"{word} names a peg that is not there")
            moves.append((source, target))
        return tuple(moves)

    def first_fault(self, puzzle: HanoiPuzzle, solution: tuple[tuple[int, int], ...]) -> str | None:
        """Number of moves, every move in order, then the end."""
        if puzzle.max_moves is not None and len(solution) > puzzle.max_moves:
            return f"{len(solution)} moves, and {puzzle.max_moves} are allowed"
        pegs: dict[int, list[int]] = {peg: [] for peg in range(1, puzzle.num_pegs + 1)}
        for disk in reversed(range(len(puzzle.start))):
            pegs[puzzle.start[disk]].append(disk)
        for number, (source, target) in enumerate(solution, start=1):
            if not pegs[source]:
                return f"move {number}: peg {source} is empty"
            disk = pegs[source][-1]
            if source == target or (pegs[target] and pegs[target][-1] < disk):
                return f"move {number}: disk {disk + 1} may not go to peg {target}"
            pegs[target].append(pegs[source].pop())
        for disk, peg in enumerate(puzzle.goal):
            if disk not in pegs[peg]:
                return f"disk {disk + 1} does not end on peg {peg}"
        return None

    def show(self, solution: tuple[tuple[int, int], ...]) -> str:
        """Moves between commas."""
        return ", ".join(f"{source}>{target}" for source, target in solution)
