"""Keys and values of every token so far: one slab a row, all rows of a layer in one tensor.

On a processor held in float32 also where the weights are bfloat16: the small products of attention
are two to five times faster in it (docs/decisions/050), and it loses nothing. On a GPU held in the
weights' own type.
"""

from __future__ import annotations

import torch
from torch import Tensor

# S slots (rows)  K kv heads  T positions  D head_dim


class KeyValueCache:
    """`layers[i]` is 2 x S x K x T x D: keys, then values. Memory is kept between calls."""

    def __init__(
        self,
        *,
        num_layers: int,
        num_kv_heads: int,
        head_dim: int,
        device: torch.device,
        dtype: torch.dtype = torch.float32,
    ) -> None:
        self.num_layers, self.num_kv_heads, self.head_dim = num_layers, num_kv_heads, head_dim
        self.device, self.dtype = device, dtype
        self.num_shapings = 0  # whoever remembers addresses in here forgets them when this changes
        self.num_slots = 0
        self.length = 0
        self.layers: list[Tensor] = []
        self._memory: list[Tensor] = []
        self._gathered = torch.empty(0, device=device, dtype=dtype)

    @property
    def bytes_per_token(self) -> int:
        """Bytes that one token of one row takes, all layers together."""
        return 2 * self.dtype.itemsize * self.num_layers * self.num_kv_heads * self.head_dim

    @property
    def held_bytes(self) -> int:
        """Bytes of memory held for rows, whatever is in them."""
        return sum(memory.nbytes for memory in self._memory)

    def shape(self, *, num_slots: int, length: int) -> None:
        """Make room for `num_slots` rows of `length` tokens; what was held is lost."""
        if self.layers and (num_slots, length) == (self.num_slots, self.length):
            return
        self.num_shapings += 1
        size = 2 * num_slots * self.num_kv_heads * length * self.head_dim
        if not self._memory or self._memory[0].numel() < size:
            self.layers, self._memory = [], []
            self._memory = [
                torch.zeros(size, device=self.device, dtype=self.dtype)
                for _ in range(self.num_layers)
            ]
        self.num_slots, self.length = num_slots, length
        shape = (2, num_slots, self.num_kv_heads, length, self.head_dim)
        self.layers = [memory[:size].view(shape) for memory in self._memory]

    def gathered(self, seen: Tensor) -> Tensor:
        """A contiguous copy of `seen`, good until the next one."""
        if self._gathered.numel() < seen.numel():
            self._gathered = torch.empty(seen.numel(), device=self.device, dtype=self.dtype)
        return self._gathered[: seen.numel()].view(seen.shape).copy_(seen)

    def clear(self) -> None:
        """Overwrite what was held: NaN would get through a mask, for 0 times NaN is NaN."""
        for memory in self._memory:
            memory.zero_()

    def copy(self, source: int, targets: Tensor, *, length: int) -> None:
        """Copy the first `length` tokens of slot `source` to the slots `targets`."""
        for layer in self.layers:
            layer[:, targets, :, :length] = layer[:, source, :, :length].unsqueeze(1)

    def move(self, sources: Tensor, targets: Tensor, *, length: int) -> None:
        """Copy the first `length` tokens of each slot of `sources` to its place in `targets`."""
        for layer in self.layers:
            layer[:, targets, :, :length] = layer[:, sources, :, :length]

    def read(self, slot: int, *, length: int) -> list[Tensor]:
        """A copy of the first `length` tokens of one slot, for `write`."""
        return [layer[:, slot, :, :length].clone() for layer in self.layers]

    def write(self, kept: list[Tensor], targets: Tensor) -> None:
        """Put what `read` returned into the slots `targets`."""
        for layer, part in zip(self.layers, kept, strict=True):
            layer[:, targets, :, : part.shape[2]] = part.unsqueeze(1)
