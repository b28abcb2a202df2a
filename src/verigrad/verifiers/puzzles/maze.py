"""Mazes: steps up, down, left, right from S to G without meeting a wall.

`info`: `rows`, strings of one length in which `#` is a wall, one cell is `S` and one is `G`;
`shortest` (true: no more steps than the shortest way has). The answer is a row of letters
`U D L R`, or the words.
"""

from __future__ import annotations

from collections import deque
from functools import lru_cache
from typing import ClassVar, Self

from pydantic import Field, model_validator

from verigrad.core.verdict import Reason
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.puzzles.base import Puzzle, PuzzleVerifier
from verigrad.verifiers.puzzles.reading import MAX_ITEMS, malformed, read_words

STEPS = {"U": (-1, 0), "D": (1, 0), "L": (0, -1), "R": (0, 1)}
_WORDS = {"UP": "U", "DOWN": "D", "LEFT": "L", "RIGHT": "R"}


class MazePuzzle(Puzzle):
    """The walls, the start and the goal."""

    rows: tuple[str, ...] = Field(min_length=1, max_length=200)
    shortest: bool = True

    @model_validator(mode="after")
    def _fits(self) -> Self:
        width, everything = len(self.rows[0]), "".join(self.rows)
        if not 1 <= width <= 200 or any(len(row) != width for row in self.rows):
            raise ValueError("rows must have one length, at most 200")
        if everything.count("S") != 1 or everything.count("G") != 1:
            raise ValueError("one S and one G")
        return self


class Maze(PuzzleVerifier):
    r"""Steps that lead from S to G; as few as possible where the puzzle asks for it.

    >>> from verigrad.core.types import Problem
    >>> problem = Problem.of("?", None, rows=["S#G", "..."])
    >>> Maze().verify(problem, r"\boxed{DRRU}").is_correct
    True
    """

    name: ClassVar[str] = "maze"
    version: ClassVar[str] = "1"
    puzzle_type: ClassVar[type[Puzzle]] = MazePuzzle
    proves: ClassVar[str] = "the steps meet no wall, end at the goal, and no way has fewer"
    cannot: ClassVar[str] = "judge a maze without a way"

    def unfit(self, puzzle: MazePuzzle) -> str | None:
        """There must be a way."""
        return "no way leads to the goal" if fewest_steps(puzzle.rows) is None else None

    def read_solution(self, text: str, puzzle: MazePuzzle) -> str:  # noqa: ARG002
        """Letters."""
        letters = "".join(_letters(word.upper()) for word in read_words(text))
        if len(letters) > MAX_ITEMS:
            raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_ITEMS} steps")
        return letters

    def first_fault(self, puzzle: MazePuzzle, solution: str) -> str | None:
        """Every step in order, then the end, then the number of steps."""
        row, column = find(puzzle.rows, "S")
        for number, letter in enumerate(solution, start=1):
            down, right = STEPS[letter]
            row, column = row + down, column + right
            if not is_open(puzzle.rows, row, column):
                return f"step {number} ({letter}) meets a wall"
        if (row, column) != find(puzzle.rows, "G"):
            return "it does not end at the goal"
        fewest = fewest_steps(puzzle.rows)
        if puzzle.shortest and len(solution) != fewest:
            return f"{len(solution)} steps, and {fewest} would do"
        return None


def _letters(word: str) -> str:
    if word in _WORDS:
        return _WORDS[word]
    if any(letter not in STEPS for letter in word):
        raise malformed(f"{word[:40]!r} are not steps")
    return word


@lru_cache(maxsize=256)
def fewest_steps(rows: tuple[str, ...]) -> int | None:
    """Length of a shortest way, by breadth-first search; None where there is none."""
    start = find(rows, "S")
    queue, seen = deque([(start, 0)]), {start}
    while queue:
        (row, column), steps = queue.popleft()
        if rows[row][column] == "G":
            return steps
        for down, right in STEPS.values():
            cell = (row + down, column + right)
            if cell not in seen and is_open(rows, *cell):
                seen.add(cell)
                queue.append((cell, steps + 1))
    return None


def find(rows: tuple[str, ...], letter: str) -> tuple[int, int]:
    """Row and column of S or G."""
    row = next(index for index, cells in enumerate(rows) if letter in cells)
    return row, rows[row].index(letter)


def is_open(rows: tuple[str, ...], row: int, column: int) -> bool:
    """Inside, and no wall."""
    return 0 <= row < len(rows) and 0 <= column < len(rows[0]) and rows[row][column] != "#"
