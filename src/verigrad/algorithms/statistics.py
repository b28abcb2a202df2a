"""The health of a batch in numbers, as pure functions, and the ranges a healthy run stays in.

T tokens  B rollouts
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from verigrad.algorithms.batch import BatchTotals, TokenBatch
from verigrad.algorithms.kl import kl_estimate
from verigrad.algorithms.segments import num_segments_of
from verigrad.algorithms.surrogates import Surrogate

RATIO_TAIL = 2.0  # a ratio beyond this factor either way is in the tail


@dataclass(frozen=True, slots=True)
class Healthy:
    """What a statistic says and where it usually lies in a run that learns; rules of thumb."""

    low: float
    high: float
    meaning: str


HEALTHY: Mapping[str, Healthy] = MappingProxyType(
    {
        "entropy": Healthy(0.05, 3.0, "nats a token; near 0 the policy explores no more"),
        "surprise": Healthy(0.05, 3.0, "mean -log p of the sampled tokens; near the entropy"),
        "kl_old": Healthy(0.0, 0.02, "how far one batch's updates moved the policy, nats a token"),
        "kl_reference": Healthy(0.0, 0.5, "how far the policy is from its start, nats a token"),
        "kl_behaviour": Healthy(0.0, 0.01, "engine against learner: a mismatch of numerics or age"),
        "ratio_mean": Healthy(0.9, 1.1, "1 when on policy"),
        "ratio_tail_share": Healthy(0.0, 0.01, "tokens whose ratio is beyond 2 or below 1/2"),
        "clip_share_low": Healthy(0.0, 0.1, "tokens whose push down was clipped"),
        "clip_share_high": Healthy(0.0, 0.1, "tokens whose push up was clipped"),
        "correction_mean": Healthy(0.9, 1.1, "mean off-policy weight"),
        "dropped_share": Healthy(0.0, 0.05, "tokens the off-policy correction removed"),
        "mixed_group_share": Healthy(0.2, 1.0, "groups that teach anything"),
        "explained_variance": Healthy(0.3, 1.0, "of the returns by the critic"),
    }
)


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
    logp_T = batch.logp_T.detach()
    old_T = logp_T if batch.old_logp_T is None else batch.old_logp_T
    items["kl_old"] = kl_estimate(old_T - logp_T, "k3")
    if batch.reference_logp_T is not None:
        items["kl_reference"] = kl_estimate(logp_T - batch.reference_logp_T, "k3")
    if batch.behaviour_logp_T is not None:
        items["kl_behaviour"] = kl_estimate(batch.behaviour_logp_T - old_T, "k3")
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


def length_by_outcome(num_tokens_B: Tensor, reward_B: Tensor) -> tuple[Tensor, Tensor]:
    """Mean length of the rows rewarded above, and at or below, the batch's mean reward.

    Wrong answers that grow while right ones do not are a sign of a length bias in the loss (Dr.
    GRPO, arXiv 2503.20783). NaN where there are none.

    >>> length_by_outcome(torch.tensor([4, 8, 12]), torch.tensor([1.0, 0.0, 0.0]))
    (tensor(4.), tensor(10.))
    """
    better_B = reward_B > reward_B.mean()
    lengths_B = num_tokens_B.to(reward_B.dtype)
    return lengths_B[better_B].mean(), lengths_B[~better_B].mean()
