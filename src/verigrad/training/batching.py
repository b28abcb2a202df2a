"""Judged groups -> what the policy learns from: samples, advantages, and each rollout's fate."""

# B trainable rollouts

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from verigrad.algorithms import Objective
from verigrad.core.types import Group, Judged, Rollout
from verigrad.records.rollouts import Fate, RolloutRecord
from verigrad.rollouts.render import Renderer
from verigrad.training.batch import PolicyBatch
from verigrad.training.estimate import Paid, critic_quality, estimate
from verigrad.training.packing import Sample
from verigrad.training.steps import Decode, step_places
from verigrad.training.worked import worked_samples

Annotate = Callable[[PolicyBatch, Objective], PolicyBatch]


@dataclass(frozen=True, slots=True)
class Batched:
    """The batch of a step (None: nothing to learn from) and the records of its rollouts."""

    batch: PolicyBatch | None
    records: tuple[RolloutRecord, ...]
    statistics: Mapping[str, float] = field(default_factory=dict)


def make_batch(
    groups: Sequence[Group],
    objective: Objective,
    *,
    step: int,
    temperature: float,
    max_tokens: int,
    greedy: Sequence[Judged] = (),
    annotate: Annotate | None = None,
    decode: Decode | None = None,
) -> Batched:
    """Advantages over the trainable rollouts of the whole batch; the others are masked out.

    Objectives with a greedy baseline need `greedy`, one rollout a group; those with `needs_tokens`
    need `annotate` (the learner's); those with process rewards need `decode`, token ids to text.
    """
    weighed = weigh(
        groups,
        objective,
        temperature=temperature,
        max_tokens=max_tokens,
        greedy=greedy,
        annotate=annotate,
        decode=decode,
    )
    if weighed is None:
        return Batched(None, _records(groups, step=step, fates={}))
    batch = weighed.batch
    fates = {
        id(judged): (batch.advantages[place], _fate(groups[index], batch.has_advantage(place)))
        for place, (index, judged) in enumerate(weighed.rows)
    }
    quality = critic_quality(batch, weighed.paid, objective)
    return Batched(
        batch if batch.active(objective) else None,
        _records(groups, step=step, fates=fates),
        {} if quality is None else {"value/explained_variance": quality},
    )


@dataclass(frozen=True, slots=True)
class Weighed:
    """Trainable rollouts, each with its group's index, what they were paid, and their batch."""

    rows: tuple[tuple[int, Judged], ...]
    paid: Paid
    batch: PolicyBatch


def weigh(
    groups: Sequence[Group],
    objective: Objective,
    *,
    temperature: float,
    max_tokens: int,
    greedy: Sequence[Judged] = (),
    annotate: Annotate | None = None,
    decode: Decode | None = None,
) -> Weighed | None:
    """The trainable rollouts and their advantages; None where there are no such rollouts."""
    trainable = tuple(
        (index, judged)
        for index, group in enumerate(groups)
        for judged in group.judged
        if judged.reward.total is not None
        and (not greedy or greedy[index].reward.total is not None)
    )
    if not trainable:
        return None
    batch = PolicyBatch(
        samples=tuple(as_sample(judged.rollout, group=index) for index, judged in trainable),
        advantages=(0.0,) * len(trainable),
        behaviour_logps=tuple(judged.rollout.logps for _, judged in trainable),
        temperature=temperature,
        max_tokens=max_tokens,
    )
    paid = Paid(
        rewards=tuple(_total(judged) for _, judged in trainable),
        greedy=tuple(_total(greedy[index]) for index, _ in trainable) if greedy else None,
        steps=tuple(step_places(judged, _needed(decode)) for _, judged in trainable)
        if objective.estimator == "process"
        else None,
    )
    if annotate is not None and objective.needs_annotation:
        batch = annotate(batch, objective)
    return Weighed(trainable, paid, estimate(batch, paid, objective))


def imitate(
    groups: Sequence[Group], renderer: Renderer, *, step: int, temperature: float, max_tokens: int
) -> Batched:
    """The worked solutions of the step's problems, for estimator "constant" (SFT).

    The rollouts are recorded and measured, and not trained on. Raises DataError where a problem
    has no worked solution.
    """
    samples = tuple(worked_samples([group.problem for group in groups], renderer))
    batch = PolicyBatch(samples, (1.0,) * len(samples), None, temperature, max_tokens)
    records = tuple(
        RolloutRecord(step, index, judged, None, Fate.DISCARDED)
        for index, group in enumerate(groups)
        for judged in group.judged
    )
    return Batched(batch, records)


def as_sample(rollout: Rollout, *, group: int) -> Sample:
    """The tokens of a rollout as sampled: never tokenised again."""
    return Sample(rollout.prompt_ids, rollout.response_ids, rollout.loss_mask, group)


def _records(
    groups: Sequence[Group], *, step: int, fates: Mapping[int, tuple[float, Fate]]
) -> tuple[RolloutRecord, ...]:
    return tuple(
        RolloutRecord(step, index, judged, *fates.get(id(judged), (None, Fate.NOT_SCORED)))
        for index, group in enumerate(groups)
        for judged in group.judged
    )


def _fate(group: Group, has_advantage: bool) -> Fate:  # noqa: FBT001 (a private helper)
    return Fate.TRAINED if group.has_spread or has_advantage else Fate.NO_SPREAD


def _total(judged: Judged) -> float:
    assert judged.reward.total is not None
    return judged.reward.total


def _needed(decode: Decode | None) -> Decode:
    if decode is None:
        raise ValueError("process rewards need `decode`, from token ids to text")
    return decode
