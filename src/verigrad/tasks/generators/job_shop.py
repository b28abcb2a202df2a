r"""Job shops: start times that meet a deadline. `\boxed{0 3 / 0 2}`.

The deadline is the best end that the search found: the optimum for up to nine operations, which
are searched through, else the best of random orders. The verifier is `scheduling`.
"""

from __future__ import annotations

import random
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed

_MOST_SEARCHED = 9
_NUM_TRIES = 200
Jobs = list[list[list[int]]]
Starts = list[list[int]]


class JobShopOptions(Options):
    """So many `jobs` that pass so many `machines` once each, for 1 to `longest` units of time."""

    jobs: int = Field(default=2, ge=2, le=10)
    machines: int = Field(default=3, ge=2, le=10)
    longest: int = Field(default=5, ge=1, le=100)


class JobShop(Generator):
    """Every job passes all machines in an order of its own."""

    name: ClassVar[str] = "job_shop"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "scheduling"
    dial: ClassVar[str] = "jobs"
    options_type: ClassVar[type[Options]] = JobShopOptions

    def draw(self, source: random.Random) -> Draft:
        """Random machines and durations, the best schedule found."""
        machines = range(self.options.machines)
        jobs: Jobs = [
            [
                [machine, source.randint(1, self.options.longest)]
                for machine in source.sample(machines, len(machines))
            ]
            for _ in range(self.options.jobs)
        ]
        if self.options.jobs * self.options.machines <= _MOST_SEARCHED:
            starts = _search(jobs)
        else:
            starts = _sample(source, jobs)
        deadline = _end(jobs, starts)
        answer = " / ".join(" ".join(map(str, row)) for row in starts)
        shown = "; ".join(
            f"job {number}: {', '.join(f'machine {m} for {d}' for m, d in job)}"
            for number, job in enumerate(jobs, start=1)
        )
        return Draft(
            key=jobs,
            question=(
                f"{shown}. A job's operations follow each other in this order, a machine does one "
                f"at a time, and all must be done by {deadline}.\nAnswer with the start times, a "
                "row for every job, like this: 0 3 5 / 2 4 6"
            ),
            answer=answer,
            solution=boxed(answer),
            info={"jobs": jobs, "deadline": deadline},
        )


def _end(jobs: Jobs, starts: Starts) -> int:
    return max(row[-1] + job[-1][1] for job, row in zip(jobs, starts, strict=True))


def _dispatch(jobs: Jobs, order: list[int]) -> Starts:
    """Start times when operations are put down as early as possible, jobs in this order."""
    job_free, machine_free = [0] * len(jobs), dict.fromkeys(range(len(jobs[0])), 0)
    starts: Starts = [[] for _ in jobs]
    for job in order:
        machine, duration = jobs[job][len(starts[job])]
        start = max(job_free[job], machine_free[machine])
        starts[job].append(start)
        job_free[job] = machine_free[machine] = start + duration
    return starts


def _search(jobs: Jobs) -> Starts:
    """The best of all orders: semi-active schedules hold an optimum."""
    best: tuple[int, Starts] | None = None

    def extend(order: list[int], left: list[int]) -> None:
        nonlocal best
        if not any(left):
            starts = _dispatch(jobs, order)
            end = _end(jobs, starts)
            if best is None or end < best[0]:
                best = end, starts
            return
        for job, count in enumerate(left):
            if count:
                left[job] -= 1
                extend([*order, job], left)
                left[job] += 1

    extend([], [len(job) for job in jobs])
    assert best is not None
    return best[1]


def _sample(source: random.Random, jobs: Jobs) -> Starts:
    order = [number for number, job in enumerate(jobs) for _ in job]
    tries = []
    for _ in range(_NUM_TRIES):
        source.shuffle(order)
        tries.append(_dispatch(jobs, order))
    return min(tries, key=lambda starts: _end(jobs, starts))
