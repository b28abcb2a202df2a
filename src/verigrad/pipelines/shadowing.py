"""Shadow verification inside a run: which rollouts, judged by whom, and what is made of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from verigrad.audit.watching.alarm import Alarm
from verigrad.audit.watching.shadow import (
    GapRule,
    GapWatch,
    Pair,
    is_watched,
    shadow_metrics,
)
from verigrad.core.trust import TrustSection
from verigrad.core.types import StopReason
from verigrad.judging.task import Task
from verigrad.records.rollouts import RolloutRecord


class Shadowing:
    """Judges a share of each step's rollouts a second time. Nothing it finds is ever paid.

    `second` says by whom: each task's "shadow" or its "held_out" verifier.
    """

    def __init__(
        self, tasks: Mapping[str, Task], section: TrustSection, *, seed: int, second: str = "shadow"
    ) -> None:
        seconds = {
            name: task.shadow if second == "shadow" else task.held_out
            for name, task in tasks.items()
        }
        self.shadows = {name: found for name, found in seconds.items() if found is not None}
        self.section, self.seed, self.second = section, seed, second
        self.watch = GapWatch(GapRule(section.gap_window, section.gap_limit), second)

    @property
    def alarm(self) -> str:
        """The name of its alarm."""
        return f"{self.second}_gap"

    def recall(self, lines: Iterable[Mapping[str, Any]]) -> None:
        """Take up where a run stopped, from the metrics of its steps."""
        self.watch.recall(lines)

    def see(
        self, step: int, records: Sequence[RolloutRecord]
    ) -> tuple[dict[str, float], Alarm | None]:
        """Metrics of a step, and the alarm it raises."""
        pairs = list(self._pairs(step, records))
        return shadow_metrics(pairs, name=self.second), self.watch.see(step, pairs)

    def _pairs(self, step: int, records: Sequence[RolloutRecord]) -> Iterable[Pair]:
        chosen: dict[str, list[RolloutRecord]] = {}
        for record in records:
            rollout = record.judged.rollout
            if rollout.stop is not StopReason.ERROR and self._is_watched(step, record):
                chosen.setdefault(rollout.problem.task, []).append(record)
        for task, members in chosen.items():
            rollouts = [record.judged.rollout for record in members]
            verdicts = self.shadows[task].verify_batch([(r.problem, r.response) for r in rollouts])
            for record, verdict in zip(members, verdicts, strict=True):
                judged = record.judged
                yield Pair(record.group, judged.rollout.sample, judged.verdict, verdict)

    def _is_watched(self, step: int, record: RolloutRecord) -> bool:
        rollout = record.judged.rollout
        return rollout.problem.task in self.shadows and is_watched(
            seed=self.seed,
            step=step,
            group=record.group,
            sample=rollout.sample,
            share=self.section.shadow_share,
        )
