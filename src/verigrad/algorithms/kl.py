"""Estimates of KL(policy || reference) from sampled tokens, and the gradients they give.

T tokens  B rollouts

With x = log policy - log reference of a token drawn from the policy (Schulman, "Approximating KL
divergence", 2020): k1 = x, unbiased and noisy; k2 = x^2 / 2, biased and calm; k3 = exp(-x) - 1 + x,
unbiased and never negative.

As a *loss*, differentiated directly, none of them has the gradient of the KL except k2 (on
policy): k1's expected gradient is 0, k3's is that of the reversed KL. Multiplied by the policy's
own ratio ("unbiased"), k1 and k3 have it too, on and off policy (DeepSeek-V3.2, arXiv 2512.02556).
"""

from __future__ import annotations

import torch
from torch import Tensor


def kl_estimate(log_ratio: Tensor, estimator: str) -> Tensor:
    """k1, k2 or k3 of `log_ratio` = log policy - log reference, elementwise.

    For a ratio of 2: k1 = 0.6931, k2 = 0.2402, k3 = 1/2 - 1 + 0.6931 = 0.1931.

    >>> x = torch.tensor(2.0, dtype=torch.float64).log()
    >>> [round(kl_estimate(x, k).item(), 4) for k in ("k1", "k2", "k3")]
    [0.6931, 0.2402, 0.1931]
    """
    if estimator == "k1":
        return log_ratio
    if estimator == "k2":
        return 0.5 * log_ratio.square()
    if estimator == "k3":
        return torch.expm1(-log_ratio) + log_ratio
    raise ValueError(f'unknown KL estimator "{estimator}"')


def unbiased(estimate: Tensor, logp: Tensor, old_logp: Tensor) -> Tensor:
    """`estimate` times policy/old: its expectation under the old policy has the KL's gradient.

    On policy (old = logp detached) the value is unchanged and only the gradient differs.
    """
    return (logp - old_logp.detach()).exp() * estimate
