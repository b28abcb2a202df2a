"""Sums, means and deviations over segments of a flat tensor, without padding.

T items (tokens or rollouts)  S segments (rollouts or groups)
"""

from __future__ import annotations

import torch
from torch import Tensor


def segment_sum(value_T: Tensor, segment_T: Tensor, num_segments: int) -> Tensor:
    """Sum of the items of each segment, shape (S,); an empty segment sums to 0.

    >>> segment_sum(torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0, 1, 0]), 2).tolist()
    [5.0, 2.0]
    """
    return value_T.new_zeros(num_segments).index_add(0, segment_T, value_T)


def segment_count(segment_T: Tensor, num_segments: int) -> Tensor:
    """How many items each segment has, int64 (S,).

    >>> segment_count(torch.tensor([0, 1, 0]), 3).tolist()
    [2, 1, 0]
    """
    return torch.bincount(segment_T, minlength=num_segments)


def segment_mean(value_T: Tensor, segment_T: Tensor, num_segments: int) -> Tensor:
    """Mean of each segment, shape (S,); 0 where a segment is empty.

    >>> segment_mean(torch.tensor([1.0, 2.0, 4.0]), torch.tensor([0, 1, 0]), 2).tolist()
    [2.5, 2.0]
    """
    count_S = segment_count(segment_T, num_segments).clamp(min=1)
    return segment_sum(value_T, segment_T, num_segments) / count_S


def segment_std(
    value_T: Tensor, segment_T: Tensor, num_segments: int, *, correction: int = 0
) -> Tensor:
    """Standard deviation of each segment, shape (S,); `correction=1` divides by n - 1.

    A segment with at most `correction` items has deviation 0.

    >>> segment_std(torch.tensor([1.0, 0.0, 0.0, 1.0]), torch.tensor([0, 0, 0, 0]), 1).tolist()
    [0.5]
    """
    centred_T = value_T - segment_mean(value_T, segment_T, num_segments)[segment_T]
    degrees_S = segment_count(segment_T, num_segments) - correction
    square_S = segment_sum(centred_T.square(), segment_T, num_segments)
    return torch.where(degrees_S > 0, square_S / degrees_S.clamp(min=1), 0.0).sqrt()


def segment_peak(value_T: Tensor, segment_T: Tensor, num_segments: int) -> Tensor:
    """Largest magnitude in each segment, shape (S,); 0 where a segment is empty.

    >>> segment_peak(torch.tensor([1.0, -2.0, 0.5]), torch.tensor([0, 0, 1]), 2).tolist()
    [2.0, 0.5]
    """
    return value_T.new_zeros(num_segments).scatter_reduce(0, segment_T, value_T.abs(), "amax")


def num_segments_of(segment_T: Tensor) -> int:
    """Number of segments when ids run from 0: the largest id plus one."""
    return int(segment_T.max()) + 1 if segment_T.numel() else 0
