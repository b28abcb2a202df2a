"""The rows being sampled: which sample sits in which slot, and what it has drawn so far.

Live rows are kept in the first slots. Products are fastest, and prepared once, for a few batch
sizes only; so the number of rows computed goes down in steps, and finished rows between two steps
are computed and thrown away.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from verigrad.rollouts.engines.torch.randomness import uniforms
from verigrad.rollouts.sampling import SamplingParameters

# S slots  B rows computed (the first B slots)

_BLOCK = 64  # uniform numbers are made for so many positions at a time


@dataclass(frozen=True, slots=True)
class Sample:
    """One completion to be sampled: sample `index` of request `request`."""

    request: int
    index: int
    key: int
    prompt_length: int
    limit: int
    sampling: SamplingParameters


def computed_rows(live: int, *, is_captured: bool = False) -> int:
    """How many rows to compute for `live` ones: the next of a few sizes.

    Of steps that are captured there are fewer: four an octave.

    >>> [computed_rows(n) for n in (3, 9, 33, 65, 256)]
    [3, 12, 40, 80, 256]
    >>> [computed_rows(n, is_captured=True) for n in (3, 9, 33, 65, 257)]
    [4, 12, 40, 80, 320]
    """
    if is_captured:
        grain = max(4, 1 << max(0, (live - 1).bit_length() - 3))
        return -(-live // grain) * grain
    grain = 16 if live > 64 else 8 if live > 32 else 4 if live > 8 else 1
    return -(-live // grain) * grain


class Rows:
    """State of `num_slots` rows that draw up to `max_new` tokens each."""

    def __init__(self, *, num_slots: int, max_new: int, device: torch.device) -> None:
        self.num_slots, self.max_new, self.device = num_slots, max_new, device
        self.samples: list[Sample | None] = [None] * num_slots
        integers = {"dtype": torch.int64, "device": device}
        self.tokens = torch.zeros(num_slots, **integers)  # the newest token
        self.lengths = torch.zeros(num_slots, **integers)  # tokens in the cache
        self.counts = torch.zeros(num_slots, **integers)  # tokens drawn
        self.limits = torch.zeros(num_slots, **integers)
        self.keys = torch.zeros(num_slots, **integers)
        self.is_live = torch.zeros(num_slots, **integers)
        self.drawn = torch.zeros(num_slots, max_new, **integers)
        self.logps = torch.zeros(num_slots, max_new, device=device)
        self._starts = torch.arange(num_slots, device=device) * max_new
        self._uniforms = torch.zeros(num_slots, _BLOCK, device=device)
        self._used = _BLOCK

    def live_slots(self) -> list[int]:
        """Slots that hold a sample, in order."""
        return [slot for slot, sample in enumerate(self.samples) if sample is not None]

    def seat(self, slots: list[int], samples: list[Sample]) -> None:
        """Seat `samples`, their prompts already in the cache."""
        for slot, sample in zip(slots, samples, strict=True):
            self.samples[slot] = sample
        index = torch.tensor(slots, device=self.device)
        for state, values in (
            (self.lengths, [sample.prompt_length for sample in samples]),
            (self.limits, [sample.limit for sample in samples]),
            (self.keys, [sample.key for sample in samples]),
        ):
            state[index] = torch.tensor(values, device=self.device)
        self.counts[index] = 0
        self.is_live[index] = 1
        self._used = _BLOCK

    def free(self, slots: list[int]) -> None:
        """Give up finished rows. What may still be computed of them stays in their own slots."""
        for slot in slots:
            self.samples[slot] = None
        index = torch.tensor(slots, device=self.device)
        for state in (self.is_live, self.lengths, self.counts):
            state[index] = 0

    def uniforms(self, num_rows: int) -> Tensor:
        """The next uniform number of each of the first `num_rows` rows, all of which draw."""
        if self._used == _BLOCK:
            ahead = torch.arange(_BLOCK, device=self.device)
            self._uniforms = uniforms(self.keys, self.counts[:, None] + ahead)
            self._used = 0
        self._used += 1
        return self._uniforms[:num_rows, self._used - 1]

    def first_uniforms(self, slots: slice) -> Tensor:
        """The uniform numbers of rows just seated, which draw while the others wait."""
        return uniforms(self.keys[slots], self.counts[slots, None])[:, 0]

    def record(self, tokens_B: Tensor, logps_B: Tensor, slots: slice) -> None:
        """Note what the rows of `slots` drew."""
        counts = self.counts[slots]
        at = self._starts[slots] + counts
        self.drawn.view(-1).index_copy_(0, at, tokens_B)
        self.logps.view(-1).index_copy_(0, at, logps_B)
        self.tokens[slots] = tokens_B
        counts += self.is_live[slots]

    def compact(self) -> tuple[list[int], list[int]]:
        """Move live rows down into free slots; (sources, targets) for the cache to follow."""
        live = self.live_slots()
        count = len(live)
        sources = [slot for slot in live if slot >= count]
        targets = [slot for slot in range(count) if self.samples[slot] is None]
        if sources:
            source, target = (torch.tensor(x, device=self.device) for x in (sources, targets))
            for state in self._state():
                state[target] = state[source]
            for state in (self.is_live, self.lengths, self.counts):
                state[source] = 0
            for a, b in zip(sources, targets, strict=True):
                self.samples[b], self.samples[a] = self.samples[a], None
        return sources, targets

    def _state(self) -> tuple[Tensor, ...]:
        return (
            self.tokens,
            self.lengths,
            self.counts,
            self.limits,
            self.keys,
            self.is_live,
            self.drawn,
            self.logps,
            self._uniforms,
        )
