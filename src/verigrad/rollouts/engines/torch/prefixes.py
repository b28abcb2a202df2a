"""Keys and values kept from one call to the next: the turns of an episode are computed once.

A row whose request is continued leaves its keys and values here, under the tokens they are of. A
later prompt that begins with these tokens takes them and computes only the rest, so that the
turns of an episode cost what their tokens cost, not their square.
"""

from __future__ import annotations

from array import array
from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from torch import Tensor


@dataclass(frozen=True, slots=True)
class Kept:
    """Keys and values of `length` tokens, a tensor a layer."""

    length: int
    layers: list[Tensor]

    @property
    def num_bytes(self) -> int:
        """What it takes."""
        return sum(layer.numel() * layer.element_size() for layer in self.layers)


class PrefixStore:
    """At most `budget_bytes` of them; those not used for longest go first.

    They are good for one set of weights: whoever changes the weights must `clear`.
    """

    def __init__(self) -> None:
        self.budget_bytes = 0
        self.held_bytes = 0
        self._kept: OrderedDict[bytes, Kept] = OrderedDict()
        self._lengths: Counter[int] = Counter()

    def __len__(self) -> int:
        return len(self._kept)

    def put(self, ids: Sequence[int], layers: list[Tensor]) -> None:
        """Keep what was computed of `ids`."""
        key, kept = _key(ids), Kept(len(ids), layers)
        self._remove(key)
        self._kept[key] = kept
        self._lengths[kept.length] += 1
        self.held_bytes += kept.num_bytes
        self.shrink(self.budget_bytes)

    def take(self, prompt: Sequence[int]) -> Kept | None:
        """The longest kept beginning of `prompt` that leaves a token to compute; given out once."""
        if not self._kept:
            return None
        key = _key(prompt)
        width = array("i").itemsize
        for length in sorted(self._lengths, reverse=True):
            if length < len(prompt) and (kept := self._remove(key[: length * width])):
                return kept
        return None

    def shrink(self, budget_bytes: int) -> None:
        """Hold no more than this, from now on."""
        self.budget_bytes = max(0, budget_bytes)
        while self.held_bytes > self.budget_bytes:
            self._remove(next(iter(self._kept)))

    def clear(self) -> None:
        """Forget everything: the weights have changed."""
        self._kept.clear()
        self._lengths.clear()
        self.held_bytes = 0

    def _remove(self, key: bytes) -> Kept | None:
        kept = self._kept.pop(key, None)
        if kept is not None:
            self.held_bytes -= kept.num_bytes
            self._lengths -= Counter({kept.length: 1})
        return kept


def _key(ids: Sequence[int]) -> bytes:
    return array("i", ids).tobytes()
