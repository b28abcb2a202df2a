"""Rewards and the log-probabilities an objective reads -> the advantages of a batch."""

# B samples  T predicted tokens of all samples, one after another  S steps of process rewards

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from verigrad.algorithms import Objective, TokenInputs, advantages, token_advantages
from verigrad.algorithms.statistics import explained_variance
from verigrad.training.batch import PerToken, PolicyBatch


@dataclass(frozen=True, slots=True)
class Paid:
    """What each sample of a batch was paid.

    `greedy` is the reward of the greedy rollout of its problem (baseline "greedy"); `steps` holds,
    for each sample, (index among its predicted tokens that ends a step, reward of the step).
    """

    rewards: tuple[float, ...]
    greedy: tuple[float, ...] | None = None
    steps: tuple[tuple[tuple[int, float], ...], ...] | None = None


def estimate(batch: PolicyBatch, paid: Paid, objective: Objective) -> PolicyBatch:
    """`batch` with its advantages: of rows, or of tokens where the objective needs them.

    Sums run in float64. For objectives with `needs_tokens` the batch was annotated before
    (`Learner.annotate`).
    """
    reward_B = torch.tensor(paid.rewards, dtype=torch.float64)
    group_B = torch.tensor([sample.group for sample in batch.samples])
    greedy_B = None if paid.greedy is None else torch.tensor(paid.greedy, dtype=torch.float64)
    if not objective.needs_tokens:
        rows_B = advantages(reward_B, group_B, objective=objective, greedy_reward_B=greedy_B)
        return replace(batch, advantages=tuple(rows_B.tolist()))
    counts = [sample.num_predicted for sample in batch.samples]
    found = token_advantages(
        reward_B,
        group_B,
        objective=objective,
        tokens=token_inputs(batch, paid, counts=counts),
        greedy_reward_B=greedy_B,
    )
    pieces = found.advantage_T.split(counts)
    return replace(
        batch,
        advantages=tuple(float(piece.mean()) if len(piece) else 0.0 for piece in pieces),
        token_advantages=pieces,
        returns=None if found.return_T is None else found.return_T.split(counts),
    )


def token_inputs(batch: PolicyBatch, paid: Paid, *, counts: Sequence[int]) -> TokenInputs:
    """The batch as `token_advantages` reads it, flat and in float64."""
    row_T = torch.repeat_interleave(torch.arange(len(counts)), torch.tensor(counts))
    starts = [sum(counts[:index]) for index in range(len(counts))]
    steps = [
        (start + place, reward)
        for start, of_sample in zip(starts, paid.steps or (), strict=False)
        for place, reward in of_sample
    ]
    has_steps = paid.steps is not None
    old = _flat(batch.old_logps)
    return TokenInputs(
        mask_T=torch.ones_like(row_T, dtype=torch.bool),
        row_T=row_T,
        logp_T=torch.zeros(len(row_T), dtype=torch.float64) if old is None else old,
        reference_logp_T=_flat(batch.reference_logps),
        teacher_logp_T=_flat(batch.teacher_logps),
        value_T=_flat(batch.values),
        step_reward_S=torch.tensor([r for _, r in steps], dtype=torch.float64)
        if has_steps
        else None,
        step_token_S=torch.tensor([t for t, _ in steps], dtype=torch.int64) if has_steps else None,
    )


def critic_quality(batch: PolicyBatch, paid: Paid, objective: Objective) -> float | None:
    """The share of the variance of what was really earned that the critic's values explain.

    Against the reward to come from each token on, KL included, and not against the bootstrapped
    returns, which hold the values themselves. None without a critic or where there is no variance.
    """
    if batch.values is None:
        return None
    earned = replace(objective, gae_lambda=1.0, scaling="none", value_clip=None)
    nothing = tuple(torch.zeros_like(value) for value in batch.values)
    returns = estimate(replace(batch, values=nothing), paid, earned).token_advantages
    assert returns is not None
    share = float(explained_variance(torch.cat(batch.values).double(), torch.cat(returns)))
    return share if share == share and share != float("-inf") else None  # noqa: PLR0124 (NaN)


def _flat(values: PerToken | None) -> Tensor | None:
    return None if values is None else torch.cat(values).double().cpu()
