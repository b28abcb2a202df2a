"""The seam: a source gives the problems of a split. `FixedSource` is the plain one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from verigrad.core.errors import DataError
from verigrad.core.types import Problem
from verigrad.tasks.splits import Split


class Source(Protocol):
    """Where a task's problems come from."""

    def problems(self, split: Split | str) -> Sequence[Problem]:
        """The problems of `split`: always the same ones in the same order, never none (DataError).

        Asking an index may read or draw; ask for one index once, or keep what came.
        """
        ...

    def describe(self) -> str:
        """One line for people: where the problems are from, and what was chosen."""
        ...


@dataclass(frozen=True, slots=True)
class FixedSource:
    """Problems in memory."""

    train: tuple[Problem, ...]
    held_out: tuple[Problem, ...] = ()

    def problems(self, split: Split | str) -> Sequence[Problem]:
        """The tuple given for `split`."""
        problems = self.train if Split(split) is Split.TRAIN else self.held_out
        return at_least_one(problems, split=Split(split), where="FixedSource")

    def describe(self) -> str:
        """How many."""
        return f"{len(self.train)} train and {len(self.held_out)} held-out problems in memory"


def at_least_one(
    problems: Sequence[Problem], *, split: Split, where: str, remedy: str = ""
) -> Sequence[Problem]:
    """`problems`, or a DataError where there are none."""
    if not len(problems):
        raise DataError(
            f"there are no {split} problems",
            where=where,
            cause="the source is empty, or too small for the share held out",
            remedy=remedy or "give the source more problems",
        )
    return problems
