"""The RL loop: sample, verify, advantage, update. `RlLoop.step` is the whole iteration."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property

from verigrad.algorithms import Objective
from verigrad.core.errors import HaltedError
from verigrad.core.recipe import RolloutSection, TrainingSection
from verigrad.core.seeds import derive
from verigrad.core.types import Group, Judged
from verigrad.judging.task import Task
from verigrad.records.rollouts import Fate, RolloutRecord
from verigrad.rollouts.collect import SINGLE_TURN, Playing
from verigrad.rollouts.engines.base import Engine
from verigrad.rollouts.render import Renderer
from verigrad.training.ahead import Ahead
from verigrad.training.batching import Batched, imitate, make_batch
from verigrad.training.learner import Learner, StepReport
from verigrad.training.measure import measure_groups, measure_update
from verigrad.training.schedule import learning_rate
from verigrad.training.supply import Chooser, Supplied, Supply


@dataclass(frozen=True, slots=True)
class StepOutcome:
    """What one iteration did: metrics by name, and every rollout with its fate."""

    step: int
    metrics: Mapping[str, float]
    records: tuple[RolloutRecord, ...]


@dataclass
class Stopwatch:
    """Seconds by name, added up."""

    seconds: dict[str, float] = field(default_factory=dict)

    @contextmanager
    def __call__(self, name: str) -> Iterator[None]:
        """Time a block under `name`."""
        start = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] = self.seconds.get(name, 0.0) + time.perf_counter() - start


@dataclass(frozen=True)
class RlLoop:
    """The parts of an RL run. Everything random is addressed by `seed` and the step's number."""

    tasks: Mapping[str, Task]
    engine: Engine
    renderer: Renderer
    learner: Learner
    objective: Objective
    rollouts: RolloutSection
    training: TrainingSection
    seed: int
    playing: Playing = SINGLE_TURN
    chooser: Chooser | None = None

    @cached_property
    def ahead(self) -> Ahead:
        """Where the groups of a step come from."""
        supply = Supply(
            self.tasks,
            self.engine,
            self.renderer,
            rollouts=self.rollouts,
            training=self.training,
            seed=self.seed,
            playing=self.playing,
            with_greedy=self.objective.baseline == "greedy",
            chooser=self.chooser,
        )
        return Ahead(supply, last_step=self.training.steps, weights=self.learner.weights)

    def step(self, number: int) -> StepOutcome:
        """One iteration (from 1): problems, rollouts, verdicts, rewards, advantages, update."""
        watch = Stopwatch()
        with watch("time/step_s"):
            supplied = self.ahead.take(number)
            with watch("time/update_s"):
                batched = self._batch(supplied.groups, supplied.greedy, number)
                reports = self._update(batched, number)
                if not self.ahead.depth:
                    self.engine.load(self.learner.weights())
        everything = [*supplied.groups, *supplied.surplus]
        seconds = {**supplied.seconds, **watch.seconds}
        metrics = {
            **measure_groups(everything, resampled=supplied.resampled),
            **supplied.counts,
            **measure_update(reports, max_gradient_norm=self.training.max_gradient_norm),
            **batched.statistics,
            "learning_rate/value": self._rate(number),
            **seconds,
            **_speeds(everything, reports, seconds),
        }
        return StepOutcome(number, metrics, self._records(batched, supplied, number))

    def catch_up(self) -> None:
        """Wait for what is sampled ahead, and give the engine the learner's weights."""
        self.ahead.settle()
        if self.ahead.depth:
            self.engine.load(self.learner.weights())

    def _batch(self, groups: Sequence[Group], greedy: Sequence[Judged], number: int) -> Batched:
        """Advantages, from the rewards and from what the objective reads of the policies."""
        sections = self.rollouts
        settings = {"temperature": sections.temperature, "max_tokens": sections.max_output_tokens}
        if self.objective.estimator == "constant":
            return imitate(groups, self.renderer, step=number, **settings)
        return make_batch(
            groups,
            self.objective,
            step=number,
            greedy=greedy,
            annotate=self.learner.annotate if self.objective.needs_annotation else None,
            decode=self._decode,
            **settings,
        )

    def _decode(self, ids: Sequence[int]) -> str:
        return self.renderer.tokenizer.decode(
            list(ids), skip_special_tokens=True, clean_up_tokenization_spaces=False
        )

    def _update(self, batched: Batched, number: int) -> list[StepReport]:
        batch = batched.batch
        if batch is None:
            return []
        passes, parts = self.training.updates_per_batch, self.training.mini_batches
        if passes * parts > 1 and batch.old_logps is None:
            old = self.learner.token_logps(batch.samples, temperature=batch.temperature)
            batch = replace(batch, old_logps=tuple(old))
        rate = self._rate(number)
        try:
            return [
                self.learner.policy_step(part, self.objective, learning_rate=rate)
                for turn in range(passes)
                for part in batch.split(
                    parts, seed=derive("split", seed=self.seed, step=number, turn=turn)
                )
            ]
        except HaltedError as error:
            problems = dict.fromkeys(r.judged.rollout.problem.id for r in batched.records)
            raise HaltedError(
                error.what,
                where=f"step {number}, the batch of problems {', '.join(problems)}",
                cause=error.cause,
                remedy=error.remedy,
            ) from error

    def _rate(self, number: int) -> float:
        return learning_rate(
            number - 1,
            peak=self.training.learning_rate,
            warm_up_steps=self.training.warm_up_steps,
            total_steps=self.training.steps,
            final_share=self.training.final_rate_share,
        )

    @staticmethod
    def _records(batched: Batched, supplied: Supplied, number: int) -> tuple[RolloutRecord, ...]:
        """All rollouts of the step; greedy ones stand after the groups, each on its own."""
        first = 1 + max((record.group for record in batched.records), default=-1)
        aside = tuple(
            RolloutRecord(number, first + index, judged, None, Fate.NO_SPREAD)
            for index, group in enumerate(supplied.surplus)
            for judged in group.judged
        )
        first += len(supplied.surplus)
        compared = tuple(
            RolloutRecord(number, first + index, judged, None, Fate.BASELINE)
            for index, judged in enumerate(supplied.greedy)
        )
        return batched.records + aside + compared


def _speeds(
    groups: Sequence[Group], reports: Sequence[StepReport], seconds: Mapping[str, float]
) -> dict[str, float]:
    sampled = sum(j.rollout.num_response_tokens for group in groups for j in group.judged)
    speeds = {"speed/generate_tokens_per_s": sampled / max(1e-9, seconds["time/generate_s"])}
    if reports:
        trained = sum(report.num_tokens for report in reports)
        speeds["speed/update_tokens_per_s"] = trained / max(1e-9, seconds["time/update_s"])
    return speeds
