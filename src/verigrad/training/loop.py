"""The RL loop: sample, verify, advantage, update. `RlLoop.step` is the whole iteration."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from verigrad.algorithms import Objective
from verigrad.core.errors import HaltedError
from verigrad.core.recipe import RolloutSection, TrainingSection
from verigrad.core.seeds import derive, stream
from verigrad.core.types import Group, Judged, Problem, Reward, Rollout
from verigrad.core.verdict import Status
from verigrad.judging.judge import judge
from verigrad.judging.task import Task
from verigrad.records.rollouts import Fate, RolloutRecord
from verigrad.rollouts.collect import collect
from verigrad.rollouts.engines.base import Engine
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import SamplingParameters
from verigrad.training.batching import Batched, imitate, make_batch
from verigrad.training.learner import Learner, StepReport
from verigrad.training.measure import measure_groups, measure_update
from verigrad.training.schedule import learning_rate


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

    def step(self, number: int) -> StepOutcome:
        """One iteration (from 1): problems, rollouts, verdicts, rewards, advantages, update."""
        watch = Stopwatch()
        with watch("time/step_s"):
            problems = self._draw(number, attempt=0)
            with watch("time/generate_s"):
                rollouts = self._sample(problems, number)
            with watch("time/verify_s"):
                groups = self._judge(rollouts, number)
            groups, surplus, resampled = self._resample(groups, number, watch)
            greedy = self._greedy(groups, number, watch)
            self._check_scored([*groups, *surplus], number)
            with watch("time/update_s"):
                batched = self._batch(groups, greedy, number)
                reports = self._update(batched, number)
                self.engine.load(self.learner.weights())
        everything = [*groups, *surplus]
        metrics = {
            **measure_groups(everything, resampled=resampled),
            **measure_update(reports, max_gradient_norm=self.training.max_gradient_norm),
            **batched.statistics,
            "learning_rate/value": self._rate(number),
            **watch.seconds,
            **_speeds(everything, reports, watch.seconds),
        }
        return StepOutcome(number, metrics, self._records(batched, surplus, greedy, number))

    def _draw(self, number: int, *, attempt: int) -> list[Problem]:
        """The step's problems, shared out over the tasks by weight."""
        shares = share_out(self.tasks, self.training.problems_per_step)
        seed = derive("problems", seed=self.seed, attempt=attempt)
        return [
            problem
            for name, count in shares.items()
            if count
            for problem in self.tasks[name].source.train(count, step=number, seed=seed)
        ]

    def _sample(
        self, problems: Sequence[Problem], number: int, *, attempt: int = 0
    ) -> list[list[Rollout]]:
        seeds = [
            derive("rollout", seed=self.seed, step=number, problem=problem.id, attempt=attempt)
            for problem in problems
        ]
        return collect(
            problems,
            self.engine,
            renderer=self.renderer,
            sampling=SamplingParameters(
                max_output_tokens=self.rollouts.max_output_tokens,
                temperature=self.rollouts.temperature,
                top_p=self.rollouts.top_p,
                top_k=self.rollouts.top_k,
            ),
            num_rollouts=self.rollouts.num_rollouts,
            seeds=seeds,
        )

    def _greedy(self, groups: Sequence[Group], number: int, watch: Stopwatch) -> list[Judged]:
        """One greedy rollout of every group's problem, where the objective's baseline is that."""
        if self.objective.baseline != "greedy":
            return []
        problems = [group.problem for group in groups]
        sampling = SamplingParameters(
            max_output_tokens=self.rollouts.max_output_tokens, temperature=0.0
        )
        with watch("time/generate_s"):
            rollouts = collect(
                problems,
                self.engine,
                renderer=self.renderer,
                sampling=sampling,
                num_rollouts=1,
                seeds=[derive("greedy", seed=self.seed, step=number)] * len(problems),
            )
        with watch("time/verify_s"):
            return [group.judged[0] for group in self._judge(rollouts, number)]

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

    def _judge(self, rollouts: Sequence[Sequence[Rollout]], number: int) -> list[Group]:
        groups = judge(self.tasks, rollouts)
        if self.training.control == "random":
            return [randomise(group, seed=self.seed, step=number) for group in groups]
        return groups

    def _resample(
        self, groups: list[Group], number: int, watch: Stopwatch
    ) -> tuple[list[Group], list[Group], int]:
        """Replace groups without spread by fresh ones, at most `resample_groups` times a step.

        Returns the groups to train on, those set aside, and how many were drawn again.
        """
        surplus: list[Group] = []
        wanted = len(groups)
        resampled = 0
        for attempt in range(1, (self.training.resample_groups or 0) + 1):
            flat = [group for group in groups if not group.has_spread]
            if not flat:
                break
            problems = self._draw(number, attempt=attempt)[: len(flat)]
            with watch("time/generate_s"):
                rollouts = self._sample(problems, number, attempt=attempt)
            with watch("time/verify_s"):
                fresh = self._judge(rollouts, number)
            resampled += len(fresh)
            groups = [group for group in groups if group.has_spread] + fresh
            surplus += flat[: len(fresh)]
            groups += flat[len(fresh) :]
        return groups[:wanted], surplus, resampled

    def _check_scored(self, groups: Sequence[Group], number: int) -> None:
        """Halt where too many verdicts say nothing of the response."""
        verdicts = [j.verdict for group in groups for j in group.judged]
        silent = [v for v in verdicts if v.status is not Status.SCORED]
        if len(silent) <= self.training.max_unscored_share * len(verdicts):
            return
        first = silent[0]
        raise HaltedError(
            f"{len(silent)} of {len(verdicts)} rollouts of step {number} could not be judged",
            where=f"first: {first.verifier} said {first.reason}: {dict(first.evidence)}",
            cause="references the verifier cannot read, or a sandbox or server that is missing",
            remedy="run `verigrad doctor`, or raise training.max_unscored_share knowingly",
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
        seeds = [derive("split", seed=self.seed, step=number, turn=n) for n in range(passes)]
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
    def _records(
        batched: Batched, surplus: Sequence[Group], greedy: Sequence[Judged], number: int
    ) -> tuple[RolloutRecord, ...]:
        """All rollouts of the step; greedy ones stand after the groups, each on its own."""
        first = 1 + max((record.group for record in batched.records), default=-1)
        aside = tuple(
            RolloutRecord(number, first + index, judged, None, Fate.NO_SPREAD)
            for index, group in enumerate(surplus)
            for judged in group.judged
        )
        first += len(surplus)
        compared = tuple(
            RolloutRecord(number, first + index, judged, None, Fate.BASELINE)
            for index, judged in enumerate(greedy)
        )
        return batched.records + aside + compared


def randomise(group: Group, *, seed: int, step: int) -> Group:
    """The control: every scored reward replaced by a fair coin's, verdicts left as they are."""
    coin = stream("control", seed=seed, step=step, problem=group.problem.id)
    judged = tuple(
        j
        if j.reward.total is None
        else replace(j, reward=Reward(value := float(coin.random() < 0.5), {"random": value}))
        for j in group.judged
    )
    return replace(group, judged=judged)


def share_out(tasks: Mapping[str, Task], count: int) -> dict[str, int]:
    """`count` shared out by weight, largest remainders first."""
    total = sum(task.weight for task in tasks.values())
    exact = {name: count * task.weight / total for name, task in tasks.items()}
    shares = {name: int(share) for name, share in exact.items()}
    left = count - sum(shares.values())
    for name in sorted(exact, key=lambda name: (shares[name] - exact[name], name))[:left]:
        shares[name] += 1
    return shares


def _speeds(
    groups: Sequence[Group], reports: Sequence[StepReport], seconds: Mapping[str, float]
) -> dict[str, float]:
    sampled = sum(j.rollout.num_response_tokens for group in groups for j in group.judged)
    speeds = {"speed/generate_tokens_per_s": sampled / max(1e-9, seconds["time/generate_s"])}
    if reports:
        trained = sum(report.num_tokens for report in reports)
        speeds["speed/update_tokens_per_s"] = trained / max(1e-9, seconds["time/update_s"])
    return speeds
