"""Job shops: every operation has a start, machines do one thing at a time, all is done in time.

`info`: `jobs`, each a list of [machine, duration] in the order they must be done (machines are
numbers from 0, durations whole numbers of at least 1); `deadline`, the time by which all must be
done. The answer is a row of start times for every job (`0 3 7 / 2 5 9`).
"""

from __future__ import annotations

from itertools import pairwise
from typing import Annotated, ClassVar

from pydantic import Field

from verigrad.verifiers.puzzles.base import Puzzle, PuzzleVerifier
from verigrad.verifiers.puzzles.reading import malformed, read_integer, read_rows

Operation = tuple[Annotated[int, Field(ge=0, lt=1_000)], Annotated[int, Field(ge=1, le=10**6)]]
Job = Annotated[tuple[Operation, ...], Field(min_length=1, max_length=100)]


class JobShop(Puzzle):
    """The jobs and when they must be done."""

    jobs: tuple[Job, ...] = Field(min_length=2, max_length=100)
    deadline: int = Field(ge=1)


class Scheduling(PuzzleVerifier):
    r"""Start times that keep the order of every job, the machines and the deadline.

    >>> from verigrad.core.types import Problem
    >>> problem = Problem.of("?", None, jobs=[[[0, 2], [1, 1]], [[1, 2], [0, 1]]], deadline=3)
    >>> Scheduling().verify(problem, r"\boxed{0 2 / 0 2}").is_correct
    True
    """

    name: ClassVar[str] = "scheduling"
    version: ClassVar[str] = "1"
    puzzle_type: ClassVar[type[Puzzle]] = JobShop
    proves: ClassVar[str] = "no operation starts early, no machine does two things, all is in time"
    cannot: ClassVar[str] = "tell whether an earlier end is possible"

    def unfit(self, puzzle: JobShop) -> str | None:
        """The deadline must not be below what one job takes."""
        times = [sum(duration for _, duration in job) for job in puzzle.jobs]
        too_early = puzzle.deadline < max(times)
        return (
            f"one job takes {max(times)}, the deadline is {puzzle.deadline}" if too_early else None
        )

    def read_solution(self, text: str, puzzle: JobShop) -> tuple[tuple[int, ...], ...]:
        """A start for every operation."""
        rows = [tuple(read_integer(word) for word in row) for row in read_rows(text)]
        wanted = [len(job) for job in puzzle.jobs]
        if [len(row) for row in rows] != wanted:
            raise malformed(f"rows of {[len(row) for row in rows][:20]} starts, not {wanted[:20]}")
        return tuple(rows)

    def first_fault(self, puzzle: JobShop, solution: tuple[tuple[int, ...], ...]) -> str | None:
        """Order within jobs, then the deadline, then the machines."""
        busy: dict[int, list[tuple[int, int, str]]] = {}
        for number, (job, starts) in enumerate(zip(puzzle.jobs, solution, strict=True), 1):
            free = 0
            for step, ((machine, duration), start) in enumerate(zip(job, starts, strict=True), 1):
                name = f"operation {step} of job {number}"
                if start < free:
                    return f"{name} starts at {start}, before {free}"
                free = start + duration
                busy.setdefault(machine, []).append((start, free, name))
            if free > puzzle.deadline:
                return f"job {number} ends at {free}, after {puzzle.deadline}"
        for machine, spans in busy.items():
            spans.sort()
            for (_, end, one), (start, _, other) in pairwise(spans):
                if start < end:
                    return f"machine {machine} does {one} and {other} at once"
        return None

    def show(self, solution: tuple[tuple[int, ...], ...]) -> str:
        """Rows between slashes."""
        return " / ".join(" ".join(map(str, starts)) for starts in solution)
