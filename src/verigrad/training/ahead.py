"""Sampling ahead of learning, within a bound: asynchronous training on one machine.

With a depth of 1 the batch of the next step is sampled, in a thread and by a copy of the weights,
while this step's batch is learned from: its rollouts are one update stale when they are trained on,
and say so. The order of everything is fixed, so a run with a bound repeats bit for bit like one
without; what is in flight at a checkpoint is waited for and kept in it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from verigrad.core.errors import DataError
from verigrad.core.types import Group
from verigrad.records.rollouts import Fate, RolloutRecord, read_rollouts, write_rollouts
from verigrad.rollouts.carried import read_carried, write_carried
from verigrad.training.supply import Supplied, Supply

CARRIED, PENDING, CHOOSER = "carried.json", "pending.json", "curriculum.json"
_FATES = {"groups": Fate.TRAINED, "surplus": Fate.NO_SPREAD, "greedy": Fate.BASELINE}


class Ahead:
    """Gives out the groups of each step, made up to `depth` steps before.

    `weights` are the learner's: name -> tensor. The engine must have its own storage for them
    where `depth` is above 0.
    """

    def __init__(
        self, supply: Supply, *, last_step: int, weights: Callable[[], Mapping[str, Any]]
    ) -> None:
        self.supply = supply
        self.depth = supply.rollouts.max_staleness
        self.last_step = last_step
        self.weights = weights
        self._pending: dict[int, Future[Supplied]] = {}
        self._thread: ThreadPoolExecutor | None = None

    def take(self, number: int) -> Supplied:
        """The groups of step `number` (each step once, in order); starts those it is ahead by."""
        if not self.depth:
            return self.supply.make(number, version=number - 1)
        for step in range(number, min(number + self.depth, self.last_step) + 1):
            if step not in self._pending:
                self._start(step, version=number - 1)
        return self._pending.pop(number).result()

    def settle(self) -> None:
        """Wait for everything in flight: the engine is then free, and `save` knows all."""
        for future in self._pending.values():
            future.result()

    def close(self) -> None:
        """Start nothing more."""
        if self._thread is not None:
            self._thread.shutdown(wait=False, cancel_futures=True)

    def save(self, folder: Path) -> None:
        """What an exact resume needs; nothing where nothing is unfinished."""
        self.settle()
        pending = {step: future.result() for step, future in sorted(self._pending.items())}
        chooser = self.supply.chooser
        if self.supply.carried or pending or chooser is not None:
            folder.mkdir()
        if chooser is not None:
            (folder / CHOOSER).write_text(json.dumps(chooser.to_json()), encoding="utf-8")
        if self.supply.carried:
            write_carried(folder / CARRIED, self.supply.carried)
        if pending:
            facts = {
                step: {"resampled": supplied.resampled, "counts": dict(supplied.counts)}
                for step, supplied in pending.items()
            }
            (folder / PENDING).write_text(json.dumps(facts), encoding="utf-8")
        for step, supplied in pending.items():
            write_rollouts(_file(folder, step), _records(supplied, step))

    def restore(self, folder: Path) -> None:
        """Go on from what `save` kept; from nothing where there is no such folder."""
        supply = self.supply
        if (folder / CARRIED).is_file():
            supply.carried = read_carried(folder / CARRIED, supply.renderer, supply.playing)
        if supply.chooser is not None and (folder / CHOOSER).is_file():
            supply.chooser.restore(json.loads((folder / CHOOSER).read_text(encoding="utf-8")))
        if (folder / PENDING).is_file():
            facts = json.loads((folder / PENDING).read_text(encoding="utf-8"))
            for step, row in facts.items():
                done: Future[Supplied] = Future()
                done.set_result(_supplied(_file(folder, int(step)), row))
                self._pending[int(step)] = done

    def _start(self, step: int, *, version: int) -> None:
        """Have the groups of `step` made by the weights as they are now."""
        if self._thread is None:
            self._thread = ThreadPoolExecutor(1, thread_name_prefix="ahead")
        weights = {name: tensor.detach().clone() for name, tensor in self.weights().items()}

        def make() -> Supplied:
            self.supply.engine.load(weights)
            return self.supply.make(step, version=version)

        self._pending[step] = self._thread.submit(make)


def _file(folder: Path, step: int) -> Path:
    return folder / f"pending_{step:06d}.parquet"


def _records(supplied: Supplied, step: int) -> list[RolloutRecord]:
    groups = {
        "groups": [group.judged for group in supplied.groups],
        "surplus": [group.judged for group in supplied.surplus],
        "greedy": [(judged,) for judged in supplied.greedy],
    }
    return [
        RolloutRecord(step, index, judged, None, _FATES[name])
        for name, members in groups.items()
        for index, group in enumerate(members)
        for judged in group
    ]


def _supplied(path: Path, row: Mapping[str, Any]) -> Supplied:
    found: dict[Fate, dict[int, list]] = {fate: {} for fate in _FATES.values()}
    for record in read_rollouts(path):
        if record.fate not in found:
            raise DataError("a pending batch has rollouts of another fate", where=str(path))
        found[record.fate].setdefault(record.group, []).append(record.judged)

    def groups(fate: Fate) -> tuple[Group, ...]:
        return tuple(Group(j[0].rollout.problem, tuple(j)) for j in found[fate].values())

    return Supplied(
        groups=groups(Fate.TRAINED),
        surplus=groups(Fate.NO_SPREAD),
        greedy=tuple(j for (j,) in found[Fate.BASELINE].values()),
        resampled=row["resampled"],
        counts=row["counts"],
        seconds={"time/generate_s": 0.0, "time/verify_s": 0.0},
    )
