"""Correcting rewards for a verifier's measured errors.

B rollouts  S strata (kinds of problem or answer, each with its own measured rates)

Source: "Reinforcement Learning with Verifiable yet Noisy Rewards under Imperfect Verifiers" (arXiv
2510.00915); the backward form is the unbiased loss of Natarajan et al. (NeurIPS 2013).
`false_positive` is P(passed | wrong), `false_negative` is P(failed | right).
"""

from __future__ import annotations

import torch
from torch import Tensor

from verigrad.core.errors import DataError


def backward_correction(
    reward_B: Tensor, stratum_B: Tensor, *, false_positive_S: Tensor, false_negative_S: Tensor
) -> Tensor:
    """Rewards whose expectation is the true reward, (B,): (r - fp) / (1 - fp - fn).

    Unbiased, and noisier the worse the verifier; both rates must be known. Errors: DataError for
    strata whose rates sum to 1 or more (such a verdict says nothing).

    fp = 0.1, fn = 0.3: a pass is worth 0.9/0.6 = 1.5 and a fail -0.1/0.6 = -0.1667; a right
    answer's expected reward is 0.7 * 1.5 - 0.3 * 0.1667 = 1.

    >>> backward_correction(torch.tensor([1.0, 0.0]), torch.tensor([0, 0]),
    ...     false_positive_S=torch.tensor([0.1]), false_negative_S=torch.tensor([0.3]))
    tensor([ 1.5000, -0.1667])
    """
    _check_rates(false_positive_S, false_negative_S)
    _check_binary(reward_B)
    information_S = 1 - false_positive_S - false_negative_S
    return (reward_B - false_positive_S[stratum_B]) / information_S[stratum_B]


def forward_correction(reward_B: Tensor, stratum_B: Tensor, *, false_negative_S: Tensor) -> Tensor:
    """Weights of the score function, (B,): fn for a pass, fn - 1 for a fail.

    The expected update is the true one times (1 - fp - fn), whatever fp is: for a right answer the
    weight's expectation is (1 - fn) fn + fn (fn - 1) = 0, for a wrong one it is negative. Use it in
    place of the advantage, without a baseline.

    fn = 0.3: passes weigh 0.3 and fails -0.7.

    >>> forward_correction(torch.tensor([1.0, 0.0]), torch.tensor([0, 0]),
    ...     false_negative_S=torch.tensor([0.3]))
    tensor([ 0.3000, -0.7000])
    """
    _check_rates(torch.zeros_like(false_negative_S), false_negative_S)
    _check_binary(reward_B)
    return false_negative_S[stratum_B] - (1 - reward_B)


def _check_rates(false_positive_S: Tensor, false_negative_S: Tensor) -> None:
    bad_S = (false_positive_S < 0) | (false_negative_S < 0)
    bad_S |= false_positive_S + false_negative_S >= 1
    if bool(bad_S.any()):
        stratum = int(bad_S.nonzero()[0])
        raise DataError(
            f"error rates of stratum {stratum} cannot be corrected for",
            where=f"false positives {false_positive_S[stratum]:.3f}, "
            f"false negatives {false_negative_S[stratum]:.3f}",
            cause="the rates are negative, or sum to 1 or more: its verdicts carry no information",
            remedy="leave this stratum out of training, or measure its verifier again",
        )


def _check_binary(reward_B: Tensor) -> None:
    if not bool(((reward_B == 0) | (reward_B == 1)).all()):
        raise DataError(
            "noise correction is defined for rewards 0 and 1 only",
            cause="shaped or partial rewards were given",
            remedy="correct the verdict's score first and add shaping terms after",
        )
