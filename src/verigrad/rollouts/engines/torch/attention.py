"""Attention over the cache: one new token for every row, or a piece of some rows' prompts.

Both write the new keys and values first and then attend to everything before and including them.
Padding is never seen: a row attends to its own first `length` positions only.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from verigrad.rollouts.engines.torch.architecture import Architecture
from verigrad.rollouts.engines.torch.cache import KeyValueCache

# N tokens  B rows  S slots  H heads  K kv heads  G = H/K  D head_dim  T positions  L new tokens

HELD_BYTES = 32 << 20
"""Keys and values beyond this do not stay in a processor's caches from one step to the next."""

Attend = Callable[[int, Tensor, Tensor, Tensor], Tensor]
"""(layer, query_NHD already scaled, key_NKD, value_NKD), all float32 -> N x (H*D), of any type."""


class RowAttention:
    """One new token for each of the first B slots; slot b's token takes position `lengths_B[b]`.

    On a processor (elsewhere: `MaskedRowAttention`). `span` is the largest length plus one; with
    `is_level` all rows have the same length, and no row needs a mask.
    """

    def __init__(
        self,
        architecture: Architecture,
        cache: KeyValueCache,
        lengths_B: Tensor,
        *,
        span: int,
        is_level: bool,
    ) -> None:
        self.architecture, self.cache, self.span = architecture, cache, span
        self.num_rows = len(lengths_B)
        self.is_gathered = self.num_rows * span * cache.bytes_per_token > HELD_BYTES
        self.write = self._write_level if is_level else self._write_ragged
        if not is_level:
            heads = torch.arange(self.num_rows * cache.num_kv_heads, device=lengths_B.device)
            positions = lengths_B.repeat_interleave(cache.num_kv_heads)
            self.key_index = heads * cache.length + positions
            self.value_index = self.key_index + cache.num_slots * cache.num_kv_heads * cache.length
        self.bias = {
            window: _row_bias(lengths_B, span=span, window=window, is_level=is_level)
            for window in set(architecture.windows)
        }

    def __call__(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """B x (H*D), for queries B x H x D, keys and values B x K x D."""
        num_rows, heads = self.num_rows, self.cache.num_kv_heads
        dim = self.cache.head_dim
        slab = self.cache.layers[layer]
        self.write(slab, key, value)
        seen = slab[:, :num_rows].view(2, num_rows * heads, -1, dim)[:, :, : self.span]
        keys = self._near(seen[0])
        scores = torch.bmm(query.reshape(num_rows * heads, -1, dim), keys.transpose(1, 2))
        if self.architecture.attention_softcap:
            _cap(scores, self.architecture.attention_softcap)
        bias = self.bias[self.architecture.windows[layer]]
        if bias is not None:
            scores.view(num_rows, -1, self.span).add_(bias)
        return torch.bmm(torch.softmax(scores, -1), self._near(seen[1])).view(num_rows, -1)

    def _near(self, seen: Tensor) -> Tensor:
        """`seen` itself, or gathered in one sweep: products of small matrices wait for memory
        three times as long as a copy does, and find the copy in the processor's caches.
        """
        return self.cache.gathered(seen) if self.is_gathered else seen

    def _write_level(self, slab: Tensor, key: Tensor, value: Tensor) -> None:
        at = self.span - 1
        slab[0, : self.num_rows, :, at] = key
        slab[1, : self.num_rows, :, at] = value

    def _write_ragged(self, slab: Tensor, key: Tensor, value: Tensor) -> None:
        dim = self.cache.head_dim
        flat = slab.view(-1, dim)
        flat.index_copy_(0, self.key_index, key.reshape(-1, dim))
        flat.index_copy_(0, self.value_index, value.reshape(-1, dim))


class MaskedRowAttention:
    """`RowAttention` for a captured step: its shapes depend on the number of rows and `span` alone.

    Every row is masked behind its own length, so one captured step serves all lengths below `span`
    (which must not be less than the longest row's length plus one).
    """

    def __init__(
        self, architecture: Architecture, cache: KeyValueCache, lengths_B: Tensor, *, span: int
    ) -> None:
        self.architecture, self.cache, self.span = architecture, cache, span
        self.num_rows = len(lengths_B)
        heads = torch.arange(self.num_rows * cache.num_kv_heads, device=lengths_B.device)
        places = heads * cache.length + lengths_B.repeat_interleave(cache.num_kv_heads)
        values = cache.num_slots * cache.num_kv_heads * cache.length
        self.places = torch.cat([places, places + values])
        self.bias = {window: self._bias(lengths_B, window) for window in set(architecture.windows)}

    def __call__(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """B x (H*D), for queries B x H x D, keys and values B x K x D."""
        dim, dtype = self.cache.head_dim, self.cache.dtype
        slab = self.cache.layers[layer]
        new = torch.cat([key.reshape(-1, dim), value.reshape(-1, dim)]).to(dtype)
        slab.view(-1, dim).index_copy_(0, self.places, new)
        keys, values = slab[:, : self.num_rows, :, : self.span]
        # the queries that share a key head are its rows: no key is copied for them
        query = query.to(dtype).reshape(self.num_rows, self.cache.num_kv_heads, -1, dim)
        bias = self.bias[self.architecture.windows[layer]]
        cap = self.architecture.attention_softcap
        if cap:
            scores = _cap((query @ keys.transpose(2, 3)).float(), cap)
            return (torch.softmax(scores + bias, -1).to(dtype) @ values).view(self.num_rows, -1)
        bias = bias.expand(*query.shape[:3], self.span)
        seen = functional.scaled_dot_product_attention(query, keys, values, bias, scale=1.0)
        return seen.reshape(self.num_rows, -1)

    def _bias(self, lengths_B: Tensor, window: int | None) -> Tensor:
        bias = _row_bias(lengths_B, span=self.span, window=window, is_level=False)
        assert bias is not None
        return bias.unsqueeze(1).to(self.cache.dtype)


class PromptAttention:
    """L new tokens for each of B slots, at positions `start` to `start + L`, left-aligned.

    Rows whose prompts are shorter than the piece hold padding after their end; causality keeps
    it from real tokens, and later tokens overwrite it.
    """

    def __init__(
        self,
        architecture: Architecture,
        cache: KeyValueCache,
        slots_B: Tensor,
        *,
        start: int,
        num_new: int,
    ) -> None:
        self.architecture, self.cache, self.slots_B = architecture, cache, slots_B
        self.start, self.num_new = start, num_new
        self.masks = {
            window: self._mask(window, device=slots_B.device)
            for window in set(architecture.windows)
        }

    def __call__(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """(B*L) x (H*D), for queries (B*L) x H x D, keys and values (B*L) x K x D."""
        shape = (len(self.slots_B), self.num_new, -1, self.cache.head_dim)
        end = self.start + self.num_new
        query, key, value = (
            t.to(self.cache.dtype).reshape(shape).transpose(1, 2) for t in (query, key, value)
        )
        slab = self.cache.layers[layer]
        slab[0, self.slots_B, :, self.start : end] = key
        slab[1, self.slots_B, :, self.start : end] = value
        if self.start:
            key, value = slab[:, self.slots_B, :, :end]
        mask = self.masks[self.architecture.windows[layer]]
        cap = self.architecture.attention_softcap
        if mask is None and cap:
            mask = self._causal(None, device=query.device)
        return _attend(query, key, value, mask, cap=cap)

    def _mask(self, window: int | None, *, device: torch.device) -> Tensor | None:
        """What each new token sees (L x T), or None where that is plain causality."""
        end = self.start + self.num_new
        if self.start == 0 and (window is None or window >= end):
            return None
        return self._causal(window, device=device)

    def _causal(self, window: int | None, *, device: torch.device) -> Tensor:
        end = self.start + self.num_new
        own = torch.arange(self.start, end, device=device)[:, None]
        other = torch.arange(end, device=device)[None]
        seen = other <= own
        return seen & (other > own - window) if window is not None else seen


class ContinuedAttention:
    """L new tokens for each of B slots, after the `starts_B[b]` tokens that slot holds already.

    Padding is written behind its row's last token, where later tokens overwrite it, and at the
    end of the slab at most: no prompt reaches that place.
    """

    def __init__(
        self,
        architecture: Architecture,
        cache: KeyValueCache,
        slots_B: Tensor,
        *,
        starts_B: Tensor,
        num_new: int,
    ) -> None:
        self.architecture, self.cache, self.slots_B = architecture, cache, slots_B
        self.num_new = num_new
        own_BL = starts_B[:, None] + torch.arange(num_new, device=slots_B.device)
        self.end = min(int(starts_B.max()) + num_new, cache.length)
        self.places_BL = own_BL.clamp(max=cache.length - 1)
        seen = torch.arange(self.end, device=slots_B.device)
        visible_BLT = seen <= own_BL[:, :, None]
        self.masks = {
            window: (
                visible_BLT if window is None else visible_BLT & (seen > own_BL[..., None] - window)
            ).unsqueeze(1)
            for window in set(architecture.windows)
        }

    def __call__(self, layer: int, query: Tensor, key: Tensor, value: Tensor) -> Tensor:
        """(B*L) x (H*D), for queries (B*L) x H x D, keys and values (B*L) x K x D."""
        shape = (len(self.slots_B), self.num_new, -1, self.cache.head_dim)
        slab = self.cache.layers[layer]
        rows = self.slots_B[:, None].expand_as(self.places_BL)
        query, key, value = (t.to(self.cache.dtype) for t in (query, key, value))
        slab[0, rows, :, self.places_BL] = key.reshape(shape)
        slab[1, rows, :, self.places_BL] = value.reshape(shape)
        keys, values = slab[:, self.slots_B, :, : self.end]
        mask = self.masks[self.architecture.windows[layer]]
        query = query.reshape(shape).transpose(1, 2)
        return _attend(query, keys, values, mask, cap=self.architecture.attention_softcap)


def _attend(
    query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, *, cap: float | None
) -> Tensor:
    """(B*L) x (H*D), for queries B x H x L x D; plain causality where there is no mask."""
    if not cap:
        shares_heads = True
        if mask is not None and query.device.type == "cuda":
            # no fused kernel there takes a mask and shared heads together
            group, shares_heads = query.shape[1] // key.shape[1], False
            key, value = (t.repeat_interleave(group, dim=1) for t in (key, value))
        seen = functional.scaled_dot_product_attention(
            query, key, value, mask, is_causal=mask is None, scale=1.0, enable_gqa=shares_heads
        )
        return seen.transpose(1, 2).flatten(0, 1).flatten(1)
    assert mask is not None
    group = query.shape[1] // key.shape[1]
    key, value = (t.repeat_interleave(group, dim=1) for t in (key, value))
    scores = _cap(query @ key.transpose(2, 3), cap)
    seen = torch.softmax(scores.masked_fill(~mask, float("-inf")), -1) @ value
    return seen.transpose(1, 2).flatten(0, 1).flatten(1)


def _row_bias(lengths_B: Tensor, *, span: int, window: int | None, is_level: bool) -> Tensor | None:
    """0 where a row's new token sees a position, -inf elsewhere (B x 1 x span); None if all do."""
    if window is not None and span <= window:
        window = None
    if is_level and window is None:
        return None
    positions = torch.arange(span, device=lengths_B.device)
    own = lengths_B[:, None]
    hidden = positions > own
    if window is not None:
        hidden |= positions <= own - window
    bias = torch.zeros(hidden.shape, device=lengths_B.device)
    return bias.masked_fill_(hidden, float("-inf")).unsqueeze(1)


def _cap(scores: Tensor, cap: float) -> Tensor:
    return scores.div_(cap).tanh_().mul_(cap)
