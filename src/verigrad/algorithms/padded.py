"""Someone else's padded tensors, packed.

T tokens, flat  B rollouts  L padded length
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from verigrad.algorithms.batch import TokenBatch


class Packed(NamedTuple):
    """The rows of the tokens that are there, and the values given, each (T,)."""

    row_T: Tensor
    values: tuple[Tensor | None, ...]


def pack_padded(present_BL: Tensor, *values_BL: Tensor | None) -> Packed:
    """Drop the padding (left, right or both); gradients flow back into the padded tensors.

    `present_BL` is True where a token is. None passes through.

    >>> import torch
    >>> present = torch.tensor([[False, True], [True, True]])
    >>> pack_padded(present, torch.tensor([[9.0, 1.0], [2.0, 3.0]]))
    Packed(row_T=tensor([0, 1, 1]), values=(tensor([1., 2., 3.]),))
    """
    present_BL = present_BL.bool()
    row_T = present_BL.nonzero()[:, 0]
    return Packed(row_T, tuple(v if v is None else v[present_BL] for v in values_BL))


def batch_from_padded(
    logp_BL: Tensor,
    present_BL: Tensor,
    *,
    group_B: Tensor,
    advantage_B: Tensor,
    loss_mask_BL: Tensor | None = None,
    old_logp_BL: Tensor | None = None,
    behaviour_logp_BL: Tensor | None = None,
    reference_logp_BL: Tensor | None = None,
    entropy_BL: Tensor | None = None,
) -> TokenBatch:
    """A `TokenBatch` of padded (B, L) tensors; without `loss_mask_BL` every token is trained.

    >>> import torch
    >>> batch = batch_from_padded(torch.zeros(2, 3), torch.tensor([[1, 1, 0], [0, 1, 1]]),
    ...     group_B=torch.tensor([0, 0]), advantage_B=torch.tensor([1.0, -1.0]))
    >>> batch.row_T.tolist()
    [0, 0, 1, 1]
    """
    mask_BL = present_BL if loss_mask_BL is None else loss_mask_BL
    padded = (logp_BL, mask_BL, old_logp_BL, behaviour_logp_BL, reference_logp_BL, entropy_BL)
    row_T, (logp_T, mask_T, old_T, behaviour_T, reference_T, entropy_T) = pack_padded(
        present_BL, *padded
    )
    assert logp_T is not None
    assert mask_T is not None
    return TokenBatch(
        logp_T=logp_T,
        mask_T=mask_T.bool(),
        row_T=row_T,
        group_B=group_B,
        old_logp_T=old_T,
        behaviour_logp_T=behaviour_T,
        reference_logp_T=reference_T,
        advantage_B=advantage_B,
        entropy_T=entropy_T,
    )
