"""Off-policy correction: the engine that sampled is not quite the policy that learns.

T tokens  B rollouts

The weight of a token is old / behaviour, where `old` are the learner's own log-probabilities at
the start of the update and `behaviour` those the engine reported. Weights carry no gradient.
"""

from __future__ import annotations

import torch
from torch import Tensor

from verigrad.algorithms.segments import segment_mean, segment_sum


def correction_weights(
    old_logp_T: Tensor,
    behaviour_logp_T: Tensor,
    *,
    row_T: Tensor,
    num_rows: int,
    kind: str,
    low: float,
    high: float,
) -> Tensor:
    """The weight of every token, (T,).

    - `token_truncated`: w held in [low, high] (truncated importance sampling; low is usually 0).
    - `token_masked`: w inside [low, high], else 0.
    - `sequence_truncated`: the whole row's product of ratios, held in [low, high].
    - `sequence_masked`: w of the token, and 0 for rows whose geometric mean leaves [low, high].

    >>> old, engine = torch.log(torch.tensor([0.9, 0.2])), torch.log(torch.tensor([0.3, 0.4]))
    >>> correction_weights(old, engine, row_T=torch.tensor([0, 0]), num_rows=1,
    ...                    kind="token_truncated", low=0.0, high=2.0)
    tensor([2.0000, 0.5000])
    """
    log_weight_T = (old_logp_T - behaviour_logp_T).detach()
    weight_T = log_weight_T.exp()
    if kind == "none":
        return torch.ones_like(weight_T)
    if kind == "token_truncated":
        return weight_T.clamp(low, high)
    if kind == "token_masked":
        return torch.where((weight_T >= low) & (weight_T <= high), weight_T, 0.0)
    if kind == "sequence_truncated":
        return segment_sum(log_weight_T, row_T, num_rows).exp().clamp(low, high)[row_T]
    if kind == "sequence_masked":
        mean_B = segment_mean(log_weight_T, row_T, num_rows).exp()
        keep_B = (mean_B >= low) & (mean_B <= high)
        return torch.where(keep_B[row_T], weight_T, 0.0)
    raise ValueError(f'unknown correction "{kind}"')


def stale_rows(
    logp_T: Tensor,
    old_logp_T: Tensor,
    *,
    advantage_T: Tensor,
    row_T: Tensor,
    num_rows: int,
    limit: float,
) -> Tensor:
    """0 for tokens of negative rows with mean log(old / current) above `limit`, else 1, (T,).

    Off-policy sequence masking of DeepSeek-V3.2 (arXiv 2512.02556): a bad answer the policy has
    already left behind teaches nothing more.
    """
    drift_B = segment_mean((old_logp_T - logp_T).detach(), row_T, num_rows)
    stale_T = (drift_B > limit)[row_T] & (advantage_T < 0)
    return (~stale_T).to(logp_T.dtype)
