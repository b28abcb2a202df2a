"""Losses on pairs: direct preference optimisation and the Bradley-Terry reward model.

T tokens, flat  B rows, two to a pair  P pairs

A pair's two rows sit in one micro-batch, in any order.
"""

from __future__ import annotations

from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn.functional import logsigmoid

from verigrad.algorithms.policy_loss import LossOutput
from verigrad.algorithms.segments import segment_count, segment_sum


def dpo_loss(
    logp_T: Tensor,
    reference_logp_T: Tensor,
    *,
    mask_T: Tensor,
    row_T: Tensor,
    pair_B: Tensor,
    chosen_B: Tensor,
    num_pairs: int,
    beta: float = 0.1,
) -> LossOutput:
    """-log sigmoid(beta (log-ratio of the chosen - log-ratio of the rejected)), mean over pairs.

    Source: DPO (arXiv 2305.18290); a row's log-ratio is the sum over its trained tokens of policy
    less reference. `pair_B` runs from 0 in this micro-batch, `num_pairs` counts the whole batch.

    Log-ratios 1 and -1, beta 0.5: -log sigmoid(1) = 0.3133.

    >>> out = dpo_loss(torch.tensor([1.0, -1.0]), torch.zeros(2), row_T=torch.tensor([0, 1]),
    ...     mask_T=torch.tensor([True, True]), pair_B=torch.tensor([0, 0]),
    ...     chosen_B=torch.tensor([True, False]), num_pairs=1, beta=0.5)
    >>> round(out.loss.item(), 4)
    0.3133
    """
    ratio_T = (logp_T - reference_logp_T.detach())[mask_T]
    implicit_B = beta * segment_sum(ratio_T, row_T[mask_T], pair_B.numel())
    return reward_model_loss(implicit_B, pair_B=pair_B, chosen_B=chosen_B, num_pairs=num_pairs)


def reward_model_loss(
    score_B: Tensor,
    *,
    pair_B: Tensor,
    chosen_B: Tensor,
    num_pairs: int,
    centre_coefficient: float = 0.0,
) -> LossOutput:
    """-log sigmoid(score of the chosen - score of the rejected), mean over pairs.

    Source: Bradley-Terry as in InstructGPT (arXiv 2203.02155). `centre_coefficient` times the
    squared sum of a pair's scores holds the scores near zero (arXiv 2312.09244).

    Scores 2 and 1: -log sigmoid(1) = 0.3133.

    >>> out = reward_model_loss(torch.tensor([1.0, 2.0]), pair_B=torch.tensor([0, 0]),
    ...     chosen_B=torch.tensor([False, True]), num_pairs=1)
    >>> round(out.loss.item(), 4), out.statistics["accuracy"].item()
    (0.3133, 1.0)
    """
    margin_P = pair_margins(score_B, pair_B=pair_B, chosen_B=chosen_B)
    loss = -logsigmoid(margin_P).sum() / num_pairs
    if centre_coefficient:
        both_P = segment_sum(score_B, pair_B, margin_P.numel())
        loss = loss + centre_coefficient * both_P.square().sum() / num_pairs
    statistics = {
        "loss": loss.detach(),
        "accuracy": (margin_P > 0).to(score_B.dtype).sum() / num_pairs,
        "margin": margin_P.detach().sum() / num_pairs,
    }
    return LossOutput(loss, MappingProxyType(statistics), MappingProxyType({}))


def pair_margins(score_B: Tensor, *, pair_B: Tensor, chosen_B: Tensor) -> Tensor:
    """Chosen less rejected, (P,). Errors: ValueError unless each pair has one of either.

    >>> pair_margins(torch.tensor([1.0, 4.0]), pair_B=torch.tensor([0, 0]),
    ...              chosen_B=torch.tensor([False, True]))
    tensor([3.])
    """
    num_pairs = pair_B.numel() // 2
    chosen_P = segment_count(pair_B[chosen_B], num_pairs)
    rejected_P = segment_count(pair_B[~chosen_B], num_pairs)
    if not (bool((chosen_P == 1).all()) and bool((rejected_P == 1).all())):
        raise ValueError("every pair needs exactly one chosen and one rejected row")
    return segment_sum(torch.where(chosen_B, score_B, -score_B), pair_B, num_pairs)
