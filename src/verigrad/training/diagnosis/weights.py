"""The weight of every token in the gradient: d loss / d log-probability.

The gradient of a step is the sum over tokens of this weight times the gradient of the token's
log-probability. A negative weight makes the token likelier, 0 leaves it alone.
"""

# T predicted tokens of all rows, one after another  B rows

from __future__ import annotations

from dataclasses import dataclass, replace

import torch
from torch import Tensor

from verigrad.algorithms import BatchTotals, Objective, TokenBatch, token_gradients
from verigrad.training.batch import PerToken, PolicyBatch


@dataclass(frozen=True, slots=True)
class Weights:
    """Of every row's tokens: the whole weight, and the parts of the policy and the KL term."""

    total: PerToken
    policy: PerToken
    kl: PerToken


def token_weights(
    batch: PolicyBatch, objective: Objective, *, current: PerToken | None = None
) -> Weights:
    """The weights of the batch's tokens, in float64.

    `current` are log-probabilities of the policy that takes the step (None: the first update, so
    those from before it). The entropy bonus is left out: it is no function of the token's own
    log-probability alone.
    """
    tokens = flat_batch(batch, current=current)
    counts = [sample.num_predicted for sample in batch.samples]
    objective = replace(objective, entropy_coefficient=0.0)
    totals = batch.totals()
    total_T = token_gradients(tokens, objective, totals=totals)
    policy_T = total_T
    if objective.has_kl_loss:
        policy_T = token_gradients(tokens, replace(objective, kl_coefficient=0.0), totals=totals)
    return Weights(
        total_T.split(counts), policy_T.split(counts), (total_T - policy_T).split(counts)
    )


def flat_batch(batch: PolicyBatch, *, current: PerToken | None = None) -> TokenBatch:
    """All rows of the batch as objectives read them."""
    counts = torch.tensor([sample.num_predicted for sample in batch.samples])
    old_T = flat(old_logps(batch))
    reference = batch.reference_logps
    has_tokens = batch.token_advantages is not None
    return TokenBatch(
        logp_T=old_T if current is None else flat(current),
        mask_T=torch.ones(int(counts.sum()), dtype=torch.bool),
        row_T=torch.repeat_interleave(torch.arange(len(counts)), counts),
        group_B=torch.tensor([sample.group for sample in batch.samples]),
        old_logp_T=old_T,
        behaviour_logp_T=flat(behaviour_logps(batch)),
        reference_logp_T=None if reference is None else flat(reference),
        advantage_B=None if has_tokens else torch.tensor(batch.advantages, dtype=torch.float64),
        advantage_T=flat(batch.token_advantages) if batch.token_advantages is not None else None,
    )


def behaviour_logps(batch: PolicyBatch) -> PerToken:
    """What the engine reported of the predicted tokens."""
    if batch.behaviour_logps is None:
        raise ValueError("these samples were not sampled, so no log-probabilities were reported")
    return tuple(
        torch.tensor([p for p, m in zip(logps, sample.loss_mask, strict=True) if m]).double()
        for logps, sample in zip(batch.behaviour_logps, batch.samples, strict=True)
    )


def old_logps(batch: PolicyBatch) -> PerToken:
    """The policy's own from before the first update; where none are known, the engine's."""
    return behaviour_logps(batch) if batch.old_logps is None else batch.old_logps


def token_share(totals: BatchTotals, aggregation: str, *, row_tokens: int, group: int) -> float:
    """What one token counts in the sum of the batch (the formulas of `algorithms.aggregation`).

    >>> totals = BatchTotals(2, 1, 12, max_tokens=8, tokens_in_group=(12,))
    >>> token_share(totals, "sequence_mean", row_tokens=4, group=0)
    0.125
    """
    return (
        1.0
        / {
            "sequence_mean": totals.num_rows * row_tokens,
            "token_mean": totals.num_tokens,
            "constant": totals.num_rows * totals.max_tokens,
            "group_token": totals.num_groups * totals.tokens_in_group[group],
            "sequence_sum": totals.num_rows,
        }[aggregation]
    )


def flat(values: PerToken) -> Tensor:
    """One tensor, in float64."""
    return torch.cat(list(values)).double().cpu()
