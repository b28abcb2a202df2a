"""The loss of a micro-batch under an objective: ratio, clipping, correction, KL, aggregation.

T tokens  B rollouts

Every term and statistic is divided by the totals of the *whole* batch, so micro-batches, and
ranks whose gradients are summed, add up to the whole batch exactly.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

import torch
from torch import Tensor

from verigrad.algorithms.aggregation import token_weights
from verigrad.algorithms.batch import BatchTotals, TokenBatch
from verigrad.algorithms.corrections import correction_weights, stale_rows
from verigrad.algorithms.kl import kl_estimate, unbiased
from verigrad.algorithms.objective import Objective
from verigrad.algorithms.segments import segment_count, segment_sum
from verigrad.algorithms.statistics import batch_maxima, batch_statistics
from verigrad.algorithms.surrogates import Surrogate, log_ratio, surrogate


@dataclass(frozen=True, slots=True)
class LossOutput:
    """A scalar loss to call `backward()` on, and what to show of it.

    `statistics` (detached scalars) add up over micro-batches to the values of the whole batch;
    of `maxima` take the maximum.
    """

    loss: Tensor
    statistics: Mapping[str, Tensor]
    maxima: Mapping[str, Tensor]


def split_statistics(parts: Sequence[LossOutput]) -> tuple[dict[str, float], dict[str, float]]:
    """Sums of the statistics of some micro-batches, and the largest of their maxima."""
    sums: dict[str, float] = {}
    maxima: dict[str, float] = {}
    for part in parts:
        for name, value in part.statistics.items():
            sums[name] = sums.get(name, 0.0) + float(value)
        for name, value in part.maxima.items():
            maxima[name] = max(maxima.get(name, -torch.inf), float(value))
    return sums, maxima


def merge_statistics(parts: Sequence[LossOutput]) -> dict[str, float]:
    """Statistics and maxima of the whole batch from those of its micro-batches."""
    sums, maxima = split_statistics(parts)
    return sums | maxima


@dataclass(frozen=True, slots=True)
class Terms:
    """The terms of the loss, each already weighted and summed: scalars with gradient."""

    policy: Tensor
    kl: Tensor
    entropy: Tensor


def policy_loss(batch: TokenBatch, objective: Objective, *, totals: BatchTotals) -> LossOutput:
    """The loss of this micro-batch, with gradient through `batch.logp_T` (and `entropy_T`).

    `totals` are those of the whole batch (`BatchTotals.of`). Errors: ValueError naming the tensor
    the objective needs and the batch lacks.

    One group of two one-token rows with advantages 1 and -1, on policy: the ratios are 1, the loss
    is -(1 - 1)/2 = 0, and its gradient is -1/2 and 1/2.

    >>> logp = torch.tensor([-1.0, -2.0], requires_grad=True)
    >>> mask, rows, groups = torch.tensor([True, True]), torch.arange(2), torch.tensor([0, 0])
    >>> batch = TokenBatch(logp, mask, rows, groups, advantage_B=torch.tensor([1.0, -1.0]))
    >>> grpo = Objective(ratio="token", clipping="clip", aggregation="sequence_mean")
    >>> totals = BatchTotals.of(mask, rows, group_B=groups, max_tokens=8)
    >>> policy_loss(batch, grpo, totals=totals).loss.backward()
    >>> logp.grad.tolist()
    [-0.5, 0.5]
    """
    batch = batch.compact()
    weight_T = token_weights(
        batch.row_T,
        batch.group_B,
        aggregation=objective.aggregation,
        totals=totals,
        dtype=batch.logp_T.dtype,
    )
    old_T = old_logps(batch)
    against_T = _ratio_denominator(batch, objective)
    log_ratio_T = log_ratio(
        batch.logp_T, against_T, row_T=batch.row_T, num_rows=batch.num_rows, level=objective.ratio
    )
    policy = surrogate(
        batch.logp_T,
        log_ratio_T,
        advantage_T=batch.advantage_of_tokens(),
        objective=objective,
    )
    correction_T = _correction(batch, old_T, objective)
    terms = Terms(
        policy=-objective.scale * (weight_T * correction_T * policy.value_T).sum(),
        kl=_kl_term(batch, old_T, weight_T, objective),
        entropy=_entropy_term(batch, weight_T, objective),
    )
    return _output(
        batch,
        terms,
        policy=policy,
        log_ratio_T=log_ratio_T,
        correction_T=correction_T,
        totals=totals,
    )


def token_gradients(batch: TokenBatch, objective: Objective, *, totals: BatchTotals) -> Tensor:
    """d loss / d logp of every token, (T,): how hard, and which way, each is pushed.

    Negative entries are made likelier. 0 where clipped, masked or without advantage.

    One token, advantage 2, plain REINFORCE over one row: -2.

    >>> one, row = torch.tensor([True]), torch.tensor([0])
    >>> batch = TokenBatch(torch.tensor([-1.0]), one, row, row, advantage_B=torch.tensor([2.0]))
    >>> totals = BatchTotals.of(one, row, group_B=row, max_tokens=1)
    >>> token_gradients(batch, Objective(), totals=totals)
    tensor([-2.])
    """
    logp_T = batch.logp_T.detach().requires_grad_()
    with torch.enable_grad():
        loss = policy_loss(replace(batch, logp_T=logp_T), objective, totals=totals).loss
    return torch.autograd.grad(loss, logp_T)[0]


def old_logps(batch: TokenBatch) -> Tensor:
    """Log-probabilities at the start of the update, (T,), without gradient."""
    return (batch.logp_T if batch.old_logp_T is None else batch.old_logp_T).detach()


def _needed(value: Tensor | None, name: str) -> Tensor:
    if value is None:
        raise ValueError(f"this objective needs {name}, which the batch does not have")
    return value


def _ratio_denominator(batch: TokenBatch, objective: Objective) -> Tensor:
    if objective.ratio == "none" or objective.ratio_against == "old":
        return old_logps(batch)
    name = f"{objective.ratio_against}_logp_T"
    return _needed(getattr(batch, name), name)


def _correction(batch: TokenBatch, old_T: Tensor, objective: Objective) -> Tensor:
    weight_T = torch.ones_like(batch.logp_T)
    if objective.correction != "none":
        weight_T = correction_weights(
            old_T,
            _needed(batch.behaviour_logp_T, "behaviour_logp_T"),
            row_T=batch.row_T,
            num_rows=batch.num_rows,
            kind=objective.correction,
            low=objective.correction_low,
            high=objective.correction_high,
        )
    if objective.stale_limit is not None:
        weight_T = weight_T * stale_rows(
            batch.logp_T,
            old_T,
            advantage_T=batch.advantage_of_tokens(),
            row_T=batch.row_T,
            num_rows=batch.num_rows,
            limit=objective.stale_limit,
        )
    return weight_T


def _kl_term(batch: TokenBatch, old_T: Tensor, weight_T: Tensor, objective: Objective) -> Tensor:
    """Coefficient times the aggregated KL; at level "sequence" a row's estimate is of its sum."""
    if not objective.has_kl_loss:
        return batch.logp_T.new_zeros(())
    to_reference = objective.kl_against == "reference"
    other_T = _needed(batch.reference_logp_T, "reference_logp_T") if to_reference else old_T
    log_ratio_T = batch.logp_T - other_T.detach()
    if objective.kl_level == "sequence":
        row_T, num_rows = batch.row_T, batch.num_rows
        estimate_B = kl_estimate(segment_sum(log_ratio_T, row_T, num_rows), objective.kl_estimator)
        estimate_T = (estimate_B / segment_count(row_T, num_rows).clamp(min=1))[row_T]
    else:
        estimate_T = kl_estimate(log_ratio_T, objective.kl_estimator)
    if objective.kl_gradient == "unbiased":
        estimate_T = unbiased(estimate_T, batch.logp_T, old_T)
    return objective.kl_coefficient * (weight_T * estimate_T).sum()


def _entropy_term(batch: TokenBatch, weight_T: Tensor, objective: Objective) -> Tensor:
    if not objective.needs_entropy:
        return batch.logp_T.new_zeros(())
    entropy_T = _needed(batch.entropy_T, "entropy_T")
    return -objective.entropy_coefficient * (weight_T * entropy_T).sum()


def _output(
    batch: TokenBatch,
    terms: Terms,
    *,
    policy: Surrogate,
    log_ratio_T: Tensor,
    correction_T: Tensor,
    totals: BatchTotals,
) -> LossOutput:
    loss = terms.policy + terms.kl + terms.entropy
    parts = {
        "loss": loss.detach(),
        "policy_loss": terms.policy.detach(),
        "kl_loss": terms.kl.detach(),
        "entropy_loss": terms.entropy.detach(),
    }
    measured = batch_statistics(
        batch, policy, log_ratio_T=log_ratio_T, correction_T=correction_T, totals=totals
    )
    return LossOutput(
        loss, MappingProxyType(parts | measured), MappingProxyType(batch_maxima(log_ratio_T))
    )
