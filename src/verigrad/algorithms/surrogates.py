"""The policy term of a token: its ratio, its clipping, its advantage.

T tokens  B rollouts

The value of a surrogate matters less than its gradient; where no ratio is taken the surrogate is
`advantage * logp`, whose gradient is that of REINFORCE.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType

import torch
from torch import Tensor

from verigrad.algorithms.objective import Objective
from verigrad.algorithms.segments import segment_mean, segment_sum


@dataclass(frozen=True, slots=True)
class Surrogate:
    """What is maximised, and where the clip took the gradient away, each (T,)."""

    value_T: Tensor
    clipped_low_T: Tensor  # bool
    clipped_high_T: Tensor  # bool


def log_ratio(
    logp_T: Tensor, against_T: Tensor, *, row_T: Tensor, num_rows: int, level: str
) -> Tensor:
    """log(policy / other) of each token's level, (T,), with gradient.

    - `token` (and `none`, where it only feeds statistics): of the token.
    - `sequence`: mean over the row's tokens, the length-normalised ratio (GSPO, arXiv 2507.18071).
    - `product`: sum over the row's tokens, the likelihood ratio of the whole sequence.

    The ratio of a row stands on each of its tokens: aggregate by "sequence_mean" to count every row
    once ("sequence_sum" weighs rows by their length).

    >>> logp, zero = torch.tensor([0.5, 0.25, -1.0]), torch.zeros(3)
    >>> rows = torch.tensor([0, 0, 1])
    >>> log_ratio(logp, zero, row_T=rows, num_rows=2, level="product").tolist()
    [0.75, 0.75, -1.0]
    """
    difference_T = logp_T - against_T.detach()
    if level in ("token", "none"):
        return difference_T
    reduce = segment_mean if level == "sequence" else segment_sum
    return reduce(difference_T, row_T, num_rows)[row_T]


def surrogate(
    logp_T: Tensor, log_ratio_T: Tensor, *, advantage_T: Tensor, objective: Objective
) -> Surrogate:
    """The policy term of each token; see the functions of `SURROGATES`."""
    if objective.ratio == "none":
        never_T = torch.zeros_like(advantage_T, dtype=torch.bool)
        return Surrogate(advantage_T * logp_T, never_T, never_T)
    return SURROGATES[objective.clipping](logp_T, log_ratio_T.exp(), advantage_T, objective)


def unclipped(_: Tensor, ratio_T: Tensor, advantage_T: Tensor, __: Objective) -> Surrogate:
    """`ratio * advantage`: plain importance sampling."""
    never_T = torch.zeros_like(advantage_T, dtype=torch.bool)
    return Surrogate(ratio_T * advantage_T, never_T, never_T)


def clipped(_: Tensor, ratio_T: Tensor, advantage_T: Tensor, objective: Objective) -> Surrogate:
    """`min(r A, clip(r, 1 - low, 1 + high) A)`: PPO (arXiv 1707.06347); DAPO takes high > low.

    >>> ratio, advantage = torch.tensor([1.5, 1.5, 0.5]), torch.tensor([1.0, -1.0, -1.0])
    >>> clipped(ratio, ratio, advantage, Objective(ratio="token")).value_T
    tensor([ 1.2000, -1.5000, -0.8000])
    """
    low, high = 1 - objective.clip_low, 1 + objective.clip_high
    value_T = torch.minimum(ratio_T * advantage_T, ratio_T.clamp(low, high) * advantage_T)
    return Surrogate(
        value_T, (ratio_T < low) & (advantage_T < 0), (ratio_T > high) & (advantage_T > 0)
    )


def dual_clipped(
    logp_T: Tensor, ratio_T: Tensor, advantage_T: Tensor, objective: Objective
) -> Surrogate:
    """PPO's clip, and for A < 0 at least `dual_clip * A`: bounds the push away from rare tokens.

    Source: dual-clip PPO (arXiv 1912.09729). For r = 5, A = -1, c = 3: max(-5, -3) = -3.
    """
    once = clipped(logp_T, ratio_T, advantage_T, objective)
    floor_T = objective.dual_clip * advantage_T
    value_T = torch.where(advantage_T < 0, torch.maximum(once.value_T, floor_T), once.value_T)
    beyond_T = (advantage_T < 0) & (ratio_T > objective.dual_clip)
    return Surrogate(value_T, once.clipped_low_T, once.clipped_high_T | beyond_T)


def stop_gradient(
    logp_T: Tensor, ratio_T: Tensor, advantage_T: Tensor, objective: Objective
) -> Surrogate:
    """`stop(clip(r)) * A * logp`: clips the weight, not the token (CISPO, arXiv 2506.13585)."""
    low, high = 1 - objective.clip_low, 1 + objective.clip_high
    weight_T = ratio_T.detach().clamp(low, high)
    return Surrogate(weight_T * advantage_T * logp_T, ratio_T < low, ratio_T > high)


def soft(_: Tensor, ratio_T: Tensor, advantage_T: Tensor, objective: Objective) -> Surrogate:
    """`4/t * sigmoid(t (r - 1)) * A`, t by the advantage's sign: SAPO (arXiv 2511.20347).

    Its slope is 1 at r = 1 and fades smoothly on both sides; nothing is cut, so no token counts
    as clipped. At r = 1: 4/t * 1/2 * A = 2 A for t = 1.
    """
    warm_T = torch.full_like(ratio_T, objective.soft_positive)
    temperature_T = torch.where(advantage_T > 0, warm_T, objective.soft_negative)
    gate_T = torch.sigmoid(temperature_T * (ratio_T - 1)) * 4 / temperature_T
    never_T = torch.zeros_like(advantage_T, dtype=torch.bool)
    return Surrogate(gate_T * advantage_T, never_T, never_T)


def tapered(
    logp_T: Tensor, ratio_T: Tensor, advantage_T: Tensor, objective: Objective
) -> Surrogate:
    """TOPR (arXiv 2503.14286): `A logp` for A >= 0, `stop(clip(r, 0, 1)) A logp` for A < 0.

    Good samples are fitted however far off-policy; bad ones fade as they become unlikely. The
    clip is [1 - clip_low, 1 + clip_high]; the paper's [0, 1] is clip_low = 1, clip_high = 0.
    """
    low, high = 1 - objective.clip_low, 1 + objective.clip_high
    bad_T = advantage_T < 0
    weight_T = torch.where(bad_T, ratio_T.detach().clamp(low, high), 1.0)
    return Surrogate(
        weight_T * advantage_T * logp_T, bad_T & (ratio_T < low), bad_T & (ratio_T > high)
    )


SURROGATES: Mapping[str, Callable[[Tensor, Tensor, Tensor, Objective], Surrogate]] = (
    MappingProxyType(
        {
            "none": unclipped,
            "clip": clipped,
            "dual": dual_clipped,
            "stop_gradient": stop_gradient,
            "soft": soft,
            "tapered": tapered,
        }
    )
)
