"""Showcase of `scheduling`."""

from verigrad.core.types import Problem
from verigrad.verifiers.puzzles.scheduling import Scheduling
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """Two jobs that pass each other, and three on one machine."""
    crossing = Problem.of(
        "Jobs 0:2 1:1 and 1:2 0:1, by 3.", "0 2 / 0 2", jobs=[[[0, 2], [1, 1]], [[1, 2], [0, 1]]],
        deadline=3,
    )  # fmt: skip
    queue = Problem.of(
        "Jobs of 1, 2 and 3 on one machine, by 6.", "0 / 1 / 3",
        jobs=[[[0, 1]], [[0, 2]], [[0, 3]]], deadline=6,
    )  # fmt: skip
    return Showcase(
        Scheduling(),
        (
            Sample(
                crossing,
                (r"\boxed{0 2 / 0 2}", "```\n0 2\n0 2\n```", r"\boxed{[[0, 2], [0, 2]]}"),
                (
                    r"\boxed{0 3 / 0 2}",  # ends at 4
                    r"\boxed{0 1 / 0 2}",  # starts before its first half is done
                    r"\boxed{0 2 / -1 2}",
                    r"\boxed{0 2}",
                    r"\boxed{0 2 / 0 1}",
                ),
            ),
            Sample(
                queue,
                (r"\boxed{0/1/3}", r"\boxed{5/3/0}", r"\boxed{3/4/0}"),
                (r"\boxed{0/0/3}", r"\boxed{0/1/4}", r"\boxed{0/1/2}", r"\boxed{0.0/1/3}"),
            ),
        ),
        pieces=("0 2", "0", "1", "3", "/", "\n", " ", ",", "[[0,2],", "-1", "1e3"),
        options=("0 2 / 0 2", "0/1/3"),
    )
