"""Judged groups -> what the policy learns from: advantages, samples, and each rollout's fate."""

# B trainable rollouts

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch

from verigrad.algorithms import Objective, advantages
from verigrad.core.types import Group, Judged, Rollout
from verigrad.records.rollouts import Fate, RolloutRecord
from verigrad.training.learner import PolicyBatch
from verigrad.training.packing import Sample


@dataclass(frozen=True, slots=True)
class Batched:
    """The batch of a step (None: nothing to learn from) and the records of its rollouts."""

    batch: PolicyBatch | None
    records: tuple[RolloutRecord, ...]


def make_batch(
    groups: Sequence[Group],
    objective: Objective,
    *,
    step: int,
    temperature: float,
    max_tokens: int,
) -> Batched:
    """Advantages over the scored rollouts of the whole batch; the others are masked out."""
    scored = [
        (index, judged)
        for index, group in enumerate(groups)
        for judged in group.judged
        if judged.reward.total is not None
    ]
    rewards_B = torch.tensor([judged.reward.total for _, judged in scored], dtype=torch.float64)
    group_B = torch.tensor([index for index, _ in scored], dtype=torch.int64)
    advantages_B: list[float] = []
    if scored:
        advantages_B = advantages(rewards_B, group_B, objective=objective).tolist()
    advantage_of = {
        id(judged): value for (_, judged), value in zip(scored, advantages_B, strict=True)
    }
    records = tuple(
        RolloutRecord(step, index, judged, advantage_of.get(id(judged)), _fate(group, judged))
        for index, group in enumerate(groups)
        for judged in group.judged
    )
    if not any(advantages_B):
        return Batched(None, records)
    batch = PolicyBatch(
        samples=tuple(as_sample(judged.rollout, group=index) for index, judged in scored),
        advantages=tuple(advantages_B),
        behaviour_logps=tuple(judged.rollout.logps for _, judged in scored),
        temperature=temperature,
        max_tokens=max_tokens,
    )
    return Batched(batch, records)


def as_sample(rollout: Rollout, *, group: int) -> Sample:
    """The tokens of a rollout as sampled: never tokenised again."""
    return Sample(rollout.prompt_ids, rollout.response_ids, rollout.loss_mask, group)


def _fate(group: Group, judged: Judged) -> Fate:
    if judged.reward.total is None:
        return Fate.NOT_SCORED
    return Fate.TRAINED if group.has_spread else Fate.NO_SPREAD
