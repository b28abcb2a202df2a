"""The packed batch an objective reads, and the totals of the whole batch it is a part of.

T tokens, flat, no padding  B rollouts (rows)  G groups

Tokens of one row keep their order along T and sit in one micro-batch; rows may come in any order.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

from verigrad.algorithms.segments import segment_count, segment_sum


@dataclass(frozen=True, slots=True)
class TokenBatch:
    """Tensors of one micro-batch. Everything is flat over tokens or has one entry a row.

    `logp_T` carries the gradient. `old_logp_T` is the policy at the start of the update (None:
    this is the first update, so it equals `logp_T` detached); `behaviour_logp_T` is what the
    engine reported while sampling. Give `advantage_B` or `advantage_T`, not both. `row_T` indexes
    the B entries of this batch; `group_B` holds group ids of the *whole* batch. Where `mask_T` is
    False (prompt and environment tokens) nothing is read, whatever the other tensors hold.
    """

    logp_T: Tensor
    mask_T: Tensor  # bool
    row_T: Tensor  # int64
    group_B: Tensor  # int64
    old_logp_T: Tensor | None = None
    behaviour_logp_T: Tensor | None = None
    reference_logp_T: Tensor | None = None
    advantage_B: Tensor | None = None
    advantage_T: Tensor | None = None
    entropy_T: Tensor | None = None

    def __post_init__(self) -> None:
        if self.mask_T.dtype != torch.bool:
            raise TypeError(f"mask_T must be bool, got {self.mask_T.dtype}")
        if (self.advantage_B is None) == (self.advantage_T is None):
            raise ValueError("give exactly one of advantage_B and advantage_T")
        for name, value, size in self._sizes():
            if value.shape != (size,):
                raise ValueError(f"{name} has shape {tuple(value.shape)}, expected ({size},)")

    def _sizes(self) -> Iterable[tuple[str, Tensor, int]]:
        for field in fields(self):
            value = getattr(self, field.name)
            if value is not None:
                per_row = field.name.endswith("_B")
                yield field.name, value, self.num_rows if per_row else self.logp_T.numel()

    @property
    def num_rows(self) -> int:
        """B, rows in this micro-batch."""
        return self.group_B.numel()

    def advantage_of_tokens(self) -> Tensor:
        """Advantage of every token, (T,): a row's advantage is that of each of its tokens."""
        if self.advantage_T is not None:
            return self.advantage_T
        assert self.advantage_B is not None
        return self.advantage_B[self.row_T]

    def compact(self) -> TokenBatch:
        """The same batch without the masked tokens."""
        return self if bool(self.mask_T.all()) else self._take_tokens(self.mask_T)

    def _take_tokens(self, keep_T: Tensor) -> TokenBatch:
        names = [f.name for f in fields(self) if f.name.endswith("_T")]
        return replace(self, **_indexed(self, names, keep_T))

    def select(self, rows: Sequence[int]) -> TokenBatch:
        """The micro-batch made of `rows` (indices into B), renumbered from 0 in that order."""
        index_R = torch.as_tensor(list(rows), dtype=torch.int64, device=self.row_T.device)
        new_row_B = self.row_T.new_full((self.num_rows,), -1)
        new_row_B[index_R] = torch.arange(len(index_R), device=self.row_T.device)
        row_T = new_row_B[self.row_T]
        per_row = [f.name for f in fields(self) if f.name.endswith("_B")]
        per_token = [f.name for f in fields(self) if f.name.endswith("_T")]
        keep_T = row_T >= 0
        changes = _indexed(self, per_row, index_R) | _indexed(self, per_token, keep_T)
        return replace(self, **(changes | {"row_T": row_T[keep_T]}))


def _indexed(batch: TokenBatch, names: Iterable[str], index: Tensor) -> dict[str, Any]:
    values = {name: getattr(batch, name) for name in names}
    return {name: value if value is None else value[index] for name, value in values.items()}


@dataclass(frozen=True, slots=True)
class BatchTotals:
    """What the whole batch holds, over all micro-batches and ranks: the only normalisers.

    Losses of micro-batches divided by these add up to the loss of the whole batch, for any split.
    `tokens_in_group[g]` counts the trained tokens of group `g`; `max_tokens` is the constant that
    "constant" aggregation divides by (the token limit of a response, not the longest one seen).
    """

    num_rows: int
    num_groups: int
    num_tokens: int
    max_tokens: int
    tokens_in_group: tuple[int, ...]

    @staticmethod
    def of(mask_T: Tensor, row_T: Tensor, *, group_B: Tensor, max_tokens: int) -> BatchTotals:
        """Totals of a whole batch.

        >>> mask, row = torch.tensor([True, True, False, True]), torch.tensor([0, 0, 1, 1])
        >>> BatchTotals.of(mask, row, group_B=torch.tensor([0, 0]), max_tokens=8)
        BatchTotals(num_rows=2, num_groups=1, num_tokens=3, max_tokens=8, tokens_in_group=(3,))
        """
        num_rows = group_B.numel()
        tokens_B = segment_sum(mask_T.long(), row_T, num_rows)
        rows_G = segment_count(group_B, 0)
        tokens_G = segment_sum(tokens_B, group_B, rows_G.numel())
        return BatchTotals(
            num_rows=num_rows,
            num_groups=int((rows_G > 0).sum()),
            num_tokens=int(tokens_B.sum()),
            max_tokens=max_tokens,
            tokens_in_group=tuple(tokens_G.tolist()),
        )

    def with_ranks(self, others: Sequence[BatchTotals]) -> BatchTotals:
        """Totals over this rank and `others`, as this rank needs them.

        Every rank holds whole groups, numbered for itself, so `tokens_in_group` stays this rank's.
        """
        return replace(
            self,
            num_rows=self.num_rows + sum(other.num_rows for other in others),
            num_groups=self.num_groups + sum(other.num_groups for other in others),
            num_tokens=self.num_tokens + sum(other.num_tokens for other in others),
        )
