"""What a report says, read from a run folder into plain values."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from statistics import mean
from typing import Any

from verigrad.core.statistics import Interval
from verigrad.records.evaluation import Evaluation
from verigrad.records.metrics import read_events, read_metrics
from verigrad.records.record import RunRecord
from verigrad.records.rollouts import read_columns
from verigrad.records.run import RunFolder
from verigrad.reports.intervals import clustered

WARM_UP = "warm_up"
_ROUNDING = 1e-9  # rewards this close differ by the order of a sum, not by what was earned
_COLUMNS = ("group", "reason", "score", "reward", "num_response_tokens")


@dataclass(frozen=True, slots=True)
class StepFacts:
    """One step, counted over its recorded rollouts. None where nothing could be averaged.

    `groups` counts the groups by what they can teach: "spread", "all right", "none right" or
    "same reward"; groups without two scored rollouts are left out.
    """

    step: int
    reward: Interval | None
    score: Interval | None
    reasons: Mapping[str, int]
    groups: Mapping[str, int]
    correct_length: float | None
    wrong_length: float | None


@dataclass(frozen=True, slots=True)
class RunFacts:
    """A whole run."""

    path: Path
    name: str
    record: RunRecord | None
    resolved: Mapping[str, Any]
    environment: Mapping[str, Any]
    recipe_text: str
    metrics: Sequence[Mapping[str, float]]
    warm_up: Sequence[Mapping[str, float]]
    events: Sequence[Mapping[str, Any]]
    evaluations: Mapping[str, Evaluation]
    steps: Sequence[StepFacts]
    alarms: Sequence[Mapping[str, Any]] = ()

    def series(self, name: str) -> list[tuple[float, float]]:
        """(step, value) of one metric, where it was written."""
        return [(line["step"], line[name]) for line in self.metrics if name in line]

    @property
    def num_recorded(self) -> int:
        """Rollouts of training steps that were recorded."""
        return sum(sum(step.reasons.values()) for step in self.steps)

    @property
    def train_s(self) -> float | None:
        """Seconds of training as noted at the end; where they were not, those of all steps."""
        steps = [seconds for _, seconds in self.series("time/step_s")]
        return self._noted("train_s") or (sum(steps) if steps else None)

    @property
    def total_s(self) -> float | None:
        """Seconds from start to end; None where neither noted nor told by uninterrupted events."""
        noted = self._noted("total_s")
        if noted is not None or len(self.events) < 2:
            return noted
        names = [event["event"] for event in self.events]
        if "resumed" in names or names[-1] == "started":
            return None
        first, last = (datetime.fromisoformat(self.events[at]["at"]) for at in (0, -1))
        return (last - first).total_seconds()

    def _noted(self, name: str) -> float | None:
        found = [event[name] for event in self.events if name in event]
        return found[-1] if found else None


def read_run(path: Path) -> RunFacts:
    """All facts of a run, finished or not; DataError where `path` is no run."""
    run = RunFolder.open(path)
    return RunFacts(
        path=path,
        name=str(run.resolved.get("name", path.name)),
        record=run.record(),
        resolved=run.resolved,
        environment=run.environment,
        recipe_text=run.recipe_text,
        metrics=read_metrics(path),
        warm_up=read_metrics(path, stage=WARM_UP),
        events=[*read_events(path, stage=WARM_UP), *read_events(path)],
        evaluations=run.evaluations(),
        steps=[read_step(file, step=step) for step, file in run.rollout_files()],
        alarms=run.alarms(),
    )


def read_step(file: Path, *, step: int) -> StepFacts:
    """Count over one step's rollouts."""
    columns = read_columns(file, _COLUMNS)
    rewards: dict[int, list[float]] = defaultdict(list)
    scores: dict[int, list[float]] = defaultdict(list)
    lengths: dict[bool, list[int]] = {True: [], False: []}
    for group, score, reward, length in zip(
        columns["group"],
        columns["score"],
        columns["reward"],
        columns["num_response_tokens"],
        strict=True,
    ):
        if reward is not None:
            rewards[group].append(reward)
        if score is not None:
            scores[group].append(score)
            lengths[score == 1.0].append(length)
    return StepFacts(
        step=step,
        reward=clustered(list(rewards.values())),
        score=clustered(list(scores.values())),
        reasons=Counter(columns["reason"]),
        groups=Counter(
            _lesson(rewards[group], scores[group]) for group in rewards if len(rewards[group]) > 1
        ),
        correct_length=mean(lengths[True]) if lengths[True] else None,
        wrong_length=mean(lengths[False]) if lengths[False] else None,
    )


def _lesson(rewards: Sequence[float], scores: Sequence[float]) -> str:
    if max(rewards) - min(rewards) > _ROUNDING:
        return "spread"
    if scores and min(scores) == 1.0:
        return "all right"
    return "none right" if scores and max(scores) == 0.0 else "same reward"
