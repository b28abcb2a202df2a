"""From a loss a token to one number: the weight of every token.

T tokens  B rollouts  G groups
"""

from __future__ import annotations

import torch
from torch import Tensor

from verigrad.algorithms.batch import BatchTotals
from verigrad.algorithms.segments import segment_count


def token_weights(
    row_T: Tensor, group_B: Tensor, *, aggregation: str, totals: BatchTotals, dtype: torch.dtype
) -> Tensor:
    """The weight of every trained token, (T,); the loss is the weighted sum of token losses.

    - `sequence_mean`: 1 / (rows * tokens of the row): GRPO. Long rows weigh less a token.
    - `token_mean`: 1 / tokens of the batch: DAPO.
    - `constant`: 1 / (rows * max_tokens): Dr. GRPO.
    - `group_token`: 1 / (groups * tokens of the group): DAPO's formula as printed.
    - `sequence_sum`: 1 / rows: the likelihood of whole sequences, as in REINFORCE.

    Tokens here are the trained ones only; rows are whole.

    >>> totals = BatchTotals(num_rows=2, num_groups=1, num_tokens=3, max_tokens=8,
    ...                      tokens_in_group=(3,))
    >>> rows, groups = torch.tensor([0, 1, 1]), torch.tensor([0, 0])
    >>> token_weights(rows, groups, aggregation="sequence_mean", totals=totals,
    ...               dtype=torch.float32).tolist()
    [0.5, 0.25, 0.25]
    """
    one_T = torch.ones_like(row_T, dtype=dtype)
    if aggregation == "sequence_mean":
        length_B = segment_count(row_T, group_B.numel())
        return one_T / (totals.num_rows * length_B[row_T])
    if aggregation == "token_mean":
        return one_T / totals.num_tokens
    if aggregation == "constant":
        return one_T / (totals.num_rows * totals.max_tokens)
    if aggregation == "sequence_sum":
        return one_T / totals.num_rows
    if aggregation == "group_token":
        tokens_G = torch.tensor(totals.tokens_in_group, device=row_T.device)
        return one_T / (totals.num_groups * tokens_G[group_B[row_T]])
    raise ValueError(f'unknown aggregation "{aggregation}"')
