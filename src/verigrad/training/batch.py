"""The batch of a step: samples, what was reported of them, and what the objective makes of it."""

# B samples  N predicted tokens (those with a loss)

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from verigrad.algorithms import BatchTotals, Objective, TokenBatch
from verigrad.algorithms.logprobs import TokenLogps
from verigrad.core.seeds import derive
from verigrad.training.packing import PackedBatch, Sample

PerToken = tuple[Tensor, ...]  # one tensor a sample, over its predicted tokens


@dataclass(frozen=True, slots=True)
class PolicyBatch:
    """What the policy learns from: samples, one advantage each; the group id is the sample's.

    `behaviour_logps` are those the engine reported, one tuple a sample over its response tokens
    (None: nobody sampled this);
    `temperature` is the one they were sampled at; `max_tokens` the token limit of a response.

    The rest is over predicted tokens, and None where the objective does not read it. `old_logps`
    are the learner's own from before the first update on this batch (None: this is the only one);
    `values` are the critic's from then, `returns` what it is fitted to. Where `token_advantages`
    are given, `advantages` are their means, for people to read.
    """

    samples: tuple[Sample, ...]
    advantages: tuple[float, ...]
    behaviour_logps: tuple[tuple[float, ...], ...] | None
    temperature: float
    max_tokens: int
    old_logps: PerToken | None = None
    reference_logps: PerToken | None = None
    teacher_logps: PerToken | None = None
    values: PerToken | None = None
    token_advantages: PerToken | None = None
    returns: PerToken | None = None

    def __len__(self) -> int:
        return len(self.samples)

    def active(self, objective: Objective) -> list[int]:
        """Indices of the samples that can contribute to the gradient."""
        return [
            index
            for index in range(len(self))
            if not objective.zero_advantage_is_inert or self.has_advantage(index)
        ]

    def has_advantage(self, index: int) -> bool:
        """True where any token of the sample is pushed."""
        if self.token_advantages is None:
            return self.advantages[index] != 0.0
        return bool(self.token_advantages[index].any())

    def select(self, indices: Sequence[int]) -> PolicyBatch:
        """The samples at `indices`, in that order."""
        changes: dict[str, Any] = {
            field.name: tuple(value[index] for index in indices)
            for field in fields(self)
            if isinstance(value := getattr(self, field.name), tuple)
        }
        return replace(self, **changes)

    def split(self, parts: int, *, seed: int) -> Iterator[PolicyBatch]:
        """Mini-batches of whole groups, shuffled by `seed`; at most one a group."""
        groups: dict[int, list[int]] = {}
        for index, sample in enumerate(self.samples):
            groups.setdefault(sample.group, []).append(index)
        if parts == 1:
            yield self
            return
        order = sorted(groups, key=lambda group: derive("mini_batch", seed=seed, group=group))
        for part in range(min(parts, len(order))):
            members = sorted(order[part::parts])
            yield self.select([index for group in members for index in groups[group]])

    def totals(self) -> BatchTotals:
        """What this batch holds: the normalisers of its loss."""
        rows = [i for i, sample in enumerate(self.samples) for _ in range(sample.num_predicted)]
        return BatchTotals.of(
            torch.ones(len(rows), dtype=torch.bool),
            torch.tensor(rows, dtype=torch.int64),
            group_B=self._groups(),
            max_tokens=self.max_tokens,
        )

    def _groups(self) -> Tensor:
        return torch.tensor([sample.group for sample in self.samples], dtype=torch.int64)

    def token_batch(
        self, packed: PackedBatch, logps: TokenLogps, *, reference_logp: Tensor | None
    ) -> TokenBatch:
        """What objectives read, where `packed` are its samples and `logps` theirs."""
        device, dtype = logps.logp_T.device, logps.logp_T.dtype

        def flat(values: Sequence[Tensor] | None) -> Tensor | None:
            return None if values is None else torch.cat(list(values)).to(device, dtype)

        advantage = flat(self.token_advantages)
        of_rows = torch.tensor(self.advantages, dtype=dtype, device=device)
        old = flat(self.old_logps)
        return TokenBatch(
            logp_T=logps.logp_T,
            mask_T=torch.ones_like(packed.target_N, dtype=torch.bool),
            row_T=packed.sample_N,
            group_B=self._groups().to(device),
            behaviour_logp_T=flat(self._behaviour()),
            old_logp_T=logps.logp_T.detach() if old is None else old,
            reference_logp_T=flat(self.reference_logps) if self.reference_logps else reference_logp,
            advantage_B=of_rows if advantage is None else None,
            advantage_T=advantage,
            entropy_T=logps.entropy_T,
        )

    def _behaviour(self) -> list[Tensor] | None:
        if self.behaviour_logps is None:
            return None
        return [
            torch.tensor([p for p, m in zip(logps, sample.loss_mask, strict=True) if m])
            for logps, sample in zip(self.behaviour_logps, self.samples, strict=True)
        ]


def micro_batches(
    samples: Sequence[Sample], token_budget: int, *, unit: int = 1
) -> Iterator[list[int]]:
    """Indices of consecutive samples, cut where the next one would pass `token_budget` tokens.

    `unit` samples at a time stay together (a pair, say). A prompt that the sample before shares is
    counted once; what is longer than the budget is a micro-batch of its own.
    """
    members: list[int] = []
    tokens = 0
    for first in range(0, len(samples), unit):
        indices = range(first, min(first + unit, len(samples)))
        cost = _cost(samples, indices, after=members[-1] if members else None)
        if members and tokens + cost > token_budget:
            yield members
            members, tokens = [], 0
            cost = _cost(samples, indices, after=None)
        members.extend(indices)
        tokens += cost
    if members:
        yield members


def _cost(samples: Sequence[Sample], indices: Sequence[int], *, after: int | None) -> int:
    """Tokens that the samples at `indices` add behind the one at `after`."""
    tokens = 0
    for index in indices:
        shares = after is not None and samples[after].group == samples[index].group
        tokens += len(samples[index].response_ids) if shares else samples[index].num_tokens
        after = index
    return tokens
