"""The loss of a value model.

T tokens, flat
"""

from __future__ import annotations

from types import MappingProxyType

import torch
from torch import Tensor

from verigrad.algorithms.batch import BatchTotals
from verigrad.algorithms.policy_loss import LossOutput


def value_loss(
    value_T: Tensor,
    return_T: Tensor,
    *,
    mask_T: Tensor,
    totals: BatchTotals,
    old_value_T: Tensor | None = None,
    clip: float | None = None,
) -> LossOutput:
    """Half the squared error to the returns, a mean over all trained tokens of the batch.

    With `clip`, the value may move by at most `clip` from `old_value_T`, and the larger of the
    clipped and unclipped errors counts (PPO's code; InstructGPT and Tulu 3 keep it, clip 0.2).

    Value 1, old value 0, return 1, clip 0.2: the error of the clipped value is 0.8, of the value
    itself 0; half of 0.64 = 0.32, and no gradient flows.

    >>> totals = BatchTotals(num_rows=1, num_groups=1, num_tokens=1, max_tokens=1,
    ...                      tokens_in_group=(1,))
    >>> one = torch.tensor([1.0])
    >>> value_loss(one, one, mask_T=torch.tensor([True]), totals=totals,
    ...            old_value_T=torch.tensor([0.0]), clip=0.2).loss
    tensor(0.3200)
    """
    value_T, return_T = value_T[mask_T], return_T.detach()[mask_T]
    error_T = (value_T - return_T).square()
    clipped_T = torch.zeros_like(error_T, dtype=torch.bool)
    if clip is not None:
        if old_value_T is None:
            raise ValueError("value clipping needs old_value_T")
        old_T = old_value_T.detach()[mask_T]
        held_T = (old_T + (value_T - old_T).clamp(-clip, clip) - return_T).square()
        clipped_T = held_T > error_T
        error_T = torch.maximum(error_T, held_T)
    num_tokens = max(1, totals.num_tokens)
    loss = 0.5 * error_T.sum() / num_tokens
    statistics = {
        "value_loss": loss.detach(),
        "value_mean": value_T.detach().sum() / num_tokens,
        "value_clip_share": clipped_T.to(loss.dtype).sum() / num_tokens,
    }
    return LossOutput(loss, MappingProxyType(statistics), MappingProxyType({}))
