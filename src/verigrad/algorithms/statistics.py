"""The health of a batch in numbers, as pure functions; healthy ranges stand with each.

T tokens  B rollouts
"""

from __future__ import annotations

import torch
from torch import Tensor

from verigrad.algorithms.batch import BatchTotals, TokenBatch
from verigrad.algorithms.kl import kl_estimate
from verigrad.algorithms.segments import num_segments_of
from verigrad.algorithms.surrogates import Surrogate

RATIO_TAIL = 2.0  # a ratio beyond this factor either way is in the tail


def batch_statistics(
    batch: TokenBatch,
    policy: Surrogate,
    *,
    log_ratio_T: Tensor,
    correction_T: Tensor,
    totals: BatchTotals,
) -> dict[str, Tensor]:
    """Means over the tokens of the whole batch; micro-batches add up. `batch` is compact."""
    tail_T = log_ratio_T.detach().abs() > torch.tensor(RATIO_TAIL).log()
    items: dict[str, Tensor] = {
        "ratio_mean": log_ratio_T.detach().exp(),
        "ratio_tail_share": tail_T,
        "clip_share_low": policy.clipped_low_T,
        "clip_share_high": policy.clipped_high_T,
        "correction_mean": correction_T,
        "dropped_share": correction_T == 0,
        "surprise": -batch.logp_T.detach(),
        "advantage_abs_mean": batch.advantage_of_tokens().abs(),
    }
    if batch.old_logp_T is not None:
        items["kl_old"] = kl_estimate(batch.logp_T.detach() - batch.old_logp_T, "k3")
    if batch.reference_logp_T is not None:
        items["kl_reference"] = kl_estimate(batch.logp_T.detach() - batch.reference_logp_T, "k3")
    if batch.behaviour_logp_T is not None and batch.old_logp_T is not None:
        items["kl_behaviour"] = kl_estimate(batch.behaviour_logp_T - batch.old_logp_T, "k3")
    if batch.entropy_T is not None:
        items["entropy"] = batch.entropy_T.detach()
    dtype = batch.logp_T.dtype
    return {k: v.to(dtype).sum() / max(1, totals.num_tokens) for k, v in items.items()}


def batch_maxima(log_ratio_T: Tensor) -> dict[str, Tensor]:
    """The largest ratio and the largest factor either way; 1 for an empty micro-batch."""
    log_T = log_ratio_T.detach()
    if not log_T.numel():
        log_T = log_T.new_zeros(1)
    return {"ratio_max": log_T.max().exp(), "ratio_factor_max": log_T.abs().max().exp()}


def mixed_group_share(reward_B: Tensor, group_B: Tensor) -> Tensor:
    """Share of groups whose rewards are not all equal: the only ones that teach.

    >>> mixed_group_share(torch.tensor([1.0, 0.0, 1.0, 1.0]), torch.tensor([0, 0, 1, 1])).item()
    0.5
    """
    num_groups = num_segments_of(group_B)
    shape = reward_B.new_zeros(num_groups)
    high_G = shape.scatter_reduce(0, group_B, reward_B, "amax", include_self=False)
    low_G = shape.scatter_reduce(0, group_B, reward_B, "amin", include_self=False)
    return (high_G > low_G).to(reward_B.dtype).sum() / group_B.unique().numel()


def explained_variance(value_T: Tensor, return_T: Tensor) -> Tensor:
    """1 - Var(return - value) / Var(return): 1 is a perfect critic, 0 a constant one.

    Below 0 the critic is worse than no critic. NaN when the returns have no variance.

    >>> explained_variance(torch.tensor([0.0, 1.0]), torch.tensor([0.0, 2.0])).item()
    0.75
    """
    return 1 - (return_T - value_T).var(correction=0) / return_T.var(correction=0)
