"""Sums that run backwards along each row of a packed batch.

T tokens, flat  B rollouts (rows)

Tokens of a row keep their order along T; rows may be interleaved. The loops run over positions in
the row (at most the longest row), all rows at once.
"""

from __future__ import annotations

from collections.abc import Iterator

import torch
from torch import Tensor

from verigrad.algorithms.segments import segment_count


def position_in_row(row_T: Tensor, num_rows: int) -> Tensor:
    """Each token's place in its row, from 0, int64 (T,).

    >>> position_in_row(torch.tensor([0, 1, 0, 0, 1]), 2).tolist()
    [0, 0, 1, 2, 1]
    """
    order_T = torch.argsort(row_T, stable=True)
    length_B = segment_count(row_T, num_rows)
    start_B = length_B.cumsum(0) - length_B
    place_T = torch.arange(row_T.numel(), device=row_T.device) - start_B[row_T[order_T]]
    return torch.empty_like(row_T).index_copy(0, order_T, place_T)


def last_of_row(row_T: Tensor, num_rows: int) -> Tensor:
    """True for the last token of every row, (T,).

    >>> last_of_row(torch.tensor([0, 1, 0]), 2).tolist()
    [False, True, True]
    """
    length_B = segment_count(row_T, num_rows)
    return position_in_row(row_T, num_rows) == length_B[row_T] - 1


def _backwards(row_T: Tensor, num_rows: int) -> Iterator[Tensor]:
    """Indices of the tokens at each position, the last position first."""
    position_T = position_in_row(row_T, num_rows)
    by_position_T = torch.argsort(position_T, stable=True)
    counts = torch.bincount(position_T).tolist()
    yield from reversed(torch.split(by_position_T, counts))


def gae(
    reward_T: Tensor,
    value_T: Tensor,
    *,
    row_T: Tensor,
    num_rows: int,
    discount: float,
    gae_lambda: float,
) -> Tensor:
    """Generalised advantage estimation (arXiv 1506.02438), (T,); every row ends its episode.

    A_t = sum_l (discount * lambda)^l delta_{t+l},  delta_t = r_t + discount * V_{t+1} - V_t.

    Rewards 0 and 1, values 0.5 and 0.5, discount 1, lambda 0.5: delta = (0, 0.5), A = (0.25, 0.5).

    >>> gae(torch.tensor([0.0, 1.0]), torch.tensor([0.5, 0.5]), row_T=torch.tensor([0, 0]),
    ...     num_rows=1, discount=1.0, gae_lambda=0.5).tolist()
    [0.25, 0.5]
    """
    next_value_B = reward_T.new_zeros(num_rows)
    next_advantage_B = reward_T.new_zeros(num_rows)
    advantage_T = torch.empty_like(reward_T)
    for index in _backwards(row_T, num_rows):
        row, value = row_T[index], value_T[index]
        delta = reward_T[index] + discount * next_value_B[row] - value
        advantage = delta + discount * gae_lambda * next_advantage_B[row]
        advantage_T[index] = advantage
        next_value_B[row], next_advantage_B[row] = value, advantage
    return advantage_T


def reward_to_go(
    reward_T: Tensor, *, row_T: Tensor, num_rows: int, discount: float = 1.0
) -> Tensor:
    """Discounted sum of the rewards from each token on, (T,).

    >>> reward_to_go(torch.tensor([1.0, 0.0, 4.0]), row_T=torch.tensor([0, 0, 0]), num_rows=1,
    ...              discount=0.5).tolist()
    [2.0, 2.0, 4.0]
    """
    return gae(
        reward_T,
        torch.zeros_like(reward_T),
        row_T=row_T,
        num_rows=num_rows,
        discount=discount,
        gae_lambda=1.0,
    )
