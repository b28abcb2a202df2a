"""One call of `generate`: seats samples in rows, steps all rows, gives out what is finished.

A finished row's slot goes to the next sample waiting. A group's prompt is computed once; if the
group does not fit at once, its keys and values are kept for the rest of it.
"""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby

import torch
from torch import Tensor

from verigrad.core.errors import HaltedError
from verigrad.core.types import Completion, StopReason
from verigrad.rollouts.engines.torch.attention import MaskedRowAttention, RowAttention
from verigrad.rollouts.engines.torch.cache import KeyValueCache
from verigrad.rollouts.engines.torch.captured import CapturedSteps, rounded_span
from verigrad.rollouts.engines.torch.decoder import Decoder
from verigrad.rollouts.engines.torch.draw import DrawPlan, draw, plan_draws
from verigrad.rollouts.engines.torch.prefixes import PrefixStore
from verigrad.rollouts.engines.torch.prompts import prefill
from verigrad.rollouts.engines.torch.rows import Rows, Sample, computed_rows
from verigrad.rollouts.engines.torch.stops import StopTable
from verigrad.rollouts.sampling import Request

_REFILL_SHARE = 16  # waiting samples are seated once 1/16 of the slots are free


@dataclass(slots=True)
class _Kept:
    """The prompt of a group that is only partly seated."""

    request: int
    cached: list[Tensor]
    logits_V: Tensor


class Generation:
    """Samples `samples` of `requests`; `run` yields (sample, completion) as they finish."""

    def __init__(
        self,
        decoder: Decoder,
        cache: KeyValueCache,
        stops: StopTable,
        *,
        requests: Sequence[Request],
        samples: Sequence[Sample],
        dropped: Container[int] = frozenset(),
        prefixes: PrefixStore | None = None,
        captured: CapturedSteps | None = None,
    ) -> None:
        self.decoder, self.cache, self.stops, self.requests = decoder, cache, stops, requests
        self.waiting = deque(samples)
        self.dropped, self.captured = dropped, captured
        self.prefixes = PrefixStore() if prefixes is None else prefixes
        self.rows = Rows(
            num_slots=cache.num_slots,
            max_new=max(sample.limit for sample in samples),
            device=decoder.device,
        )
        self.num_live = 0
        self.num_rows = 0  # rows computed: the live ones, and dead ones not yet dropped
        self.span = 0  # tokens of the longest row
        self.is_level = True
        self.plan: DrawPlan | None = None
        self.kept: _Kept | None = None

    def run(self) -> Iterator[tuple[Sample, Completion]]:
        """Until nothing waits and nothing is live."""
        while self.waiting or self.num_live:
            self._drop()
            if not self.waiting and not self.num_live:
                return
            if self._should_seat():
                self._compact()
                self._seat()
            else:
                if self._computed(self.num_live) < self.num_rows:
                    self._compact()
                self._step()
            yield from self._finished()

    def _drop(self) -> None:
        """Give up the samples of requests that are not wanted any more."""
        if not self.dropped:
            return
        self.waiting = deque(s for s in self.waiting if s.request not in self.dropped)
        gone = [
            slot
            for slot, sample in enumerate(self.rows.samples)
            if sample is not None and sample.request in self.dropped
        ]
        if gone:
            self.rows.free(gone)
            self.num_live -= len(gone)

    def _should_seat(self) -> bool:
        free = self.rows.num_slots - self.num_live
        enough = max(1, self.rows.num_slots // _REFILL_SHARE)
        return bool(self.waiting) and (self.num_live == 0 or free >= enough)

    def _step(self) -> None:
        """One token for every row."""
        lengths = self.rows.lengths[: self.num_rows]
        # the longest row may have died and not been dropped yet: the cache ends before it would
        self.span = min(self.span + 1, self.cache.length)
        logits = self._logits(self.rows.tokens[: self.num_rows], lengths)
        lengths += self.rows.is_live[: self.num_rows]
        assert self.plan is not None
        tokens, logps = draw(logits, self.rows.uniforms(self.num_rows), self.plan)
        self.rows.record(tokens, logps, slice(0, self.num_rows))

    def _logits(self, tokens: Tensor, lengths: Tensor) -> Tensor:
        """After one new token of every row (B x V)."""
        if self.captured is not None:
            return self.captured.logits(tokens, lengths, span=self.span)
        architecture, cache = self.decoder.architecture, self.cache
        if self.decoder.device.type == "cpu":
            attend = RowAttention(
                architecture, cache, lengths, span=self.span, is_level=self.is_level
            )
        else:
            span = min(rounded_span(self.span), cache.length)
            attend = MaskedRowAttention(architecture, cache, lengths, span=span)
        return self.decoder.logits(self.decoder.forward(tokens, lengths, attend))

    def _computed(self, num_live: int) -> int:
        return computed_rows(num_live, is_captured=self.captured is not None)

    def _seat(self) -> None:
        """Give the free slots to waiting samples and draw their first tokens."""
        first = self.num_live
        count = min(self.rows.num_slots - first, len(self.waiting))
        seated = [self.waiting.popleft() for _ in range(count)]
        slots = list(range(first, first + count))
        logits = self._fill(seated, slots)
        self.rows.seat(slots, seated)
        self._plan(first + count)
        plan = plan_draws([sample.sampling for sample in seated], device=self.decoder.device)
        new = slice(first, first + count)
        self.rows.record(*draw(logits, self.rows.first_uniforms(new), plan), new)

    def _fill(self, seated: list[Sample], slots: list[int]) -> Tensor:
        """Prompts of `seated` into their slots; logits after each sample's prompt."""
        groups = [
            (request, [slot for _, slot in members])
            for request, members in groupby(
                zip(seated, slots, strict=True), key=lambda pair: pair[0].request
            )
        ]
        new = [(r, own) for r, own in groups if self.kept is None or r != self.kept.request]
        prompts = [self.requests[request].prompt_ids for request, _ in new]
        places = [own[0] for _, own in new]
        starts = [self._take_up(prompt, slot) for prompt, slot in zip(prompts, places, strict=True)]
        after = prefill(self.decoder, self.cache, prompts, places, starts)
        logits: list[Tensor] = []
        if self.kept is not None and groups[0][0] == self.kept.request:
            own = groups[0][1]
            self.cache.write(self.kept.cached, torch.tensor(own, device=self.decoder.device))
            logits.append(self.kept.logits_V.expand(len(own), -1))
        for (_, own), prompt, last in zip(new, prompts, after, strict=True):
            others = torch.tensor(own[1:], device=self.decoder.device, dtype=torch.int64)
            if len(others):
                self.cache.copy(own[0], others, length=len(prompt))
            logits.append(last.expand(len(own), -1))
        self._keep(groups[-1], logits[-1][0])
        return torch.cat(logits)

    def _take_up(self, prompt: Sequence[int], slot: int) -> int:
        """Put what is kept of `prompt` into its slot; how many tokens that were."""
        kept = self.prefixes.take(prompt)
        if kept is None:
            return 0
        self.cache.write(kept.layers, torch.tensor([slot], device=self.decoder.device))
        return kept.length

    def _keep_row(self, sample: Sample, slot: int, ids: list[int]) -> None:
        """Keep a finished row for the next turn: all but its last token is in the cache."""
        request = self.requests[sample.request]
        if request.is_continued:
            seen = (*request.prompt_ids, *ids[:-1])
            self.prefixes.put(seen, self.cache.read(slot, length=len(seen)))

    def _keep(self, group: tuple[int, list[int]], logits_V: Tensor) -> None:
        request, slots = group
        if not self.waiting or self.waiting[0].request != request:
            self.kept = None
        elif self.kept is None or self.kept.request != request:
            length = len(self.requests[request].prompt_ids)
            self.kept = _Kept(request, self.cache.read(slots[0], length=length), logits_V.clone())

    def _compact(self) -> None:
        sources, targets = self.rows.compact()
        if sources:
            device = self.decoder.device
            self.cache.move(
                torch.tensor(sources, device=device),
                torch.tensor(targets, device=device),
                length=self.span,
            )
        self._plan(self.num_live)

    def _plan(self, num_live: int) -> None:
        """Note what the rows have in common, after their composition changed."""
        self.num_live = num_live
        if not num_live:
            return
        self.num_rows = min(self._computed(num_live), self.rows.num_slots)
        lengths = self.rows.lengths[:num_live]
        self.span = int(lengths.max())
        self.is_level = int(lengths.min()) == self.span
        live = [s.sampling for s in self.rows.samples[:num_live] if s is not None]
        padding = [live[0]] * (self.num_rows - len(live))
        self.plan = plan_draws([*live, *padding], device=self.decoder.device)

    def _finished(self) -> Iterator[tuple[Sample, Completion]]:
        """Rows whose newest token ends them; their slots are free afterwards."""
        rows, num_rows = self.rows, self.num_rows
        can_end = self.stops.can_end_V[rows.tokens[:num_rows]]
        can_end |= rows.counts[:num_rows] >= rows.limits[:num_rows]
        can_end &= rows.is_live[:num_rows].bool()
        slots = can_end.nonzero().squeeze(1)
        if not len(slots):
            return
        done: list[int] = []
        width = int(rows.counts[slots].max())
        drawn, logps = rows.drawn[slots, :width].tolist(), rows.logps[slots, :width].tolist()
        for slot, count, ids, own_logps in zip(
            slots.tolist(), rows.counts[slots].tolist(), drawn, logps, strict=True
        ):
            sample = rows.samples[slot]
            assert sample is not None
            reason = self.stops.reason(ids[:count], sample.sampling)
            if reason is None and count < sample.limit:
                continue
            done.append(slot)
            self._keep_row(sample, slot, ids[:count])
            yield sample, self._complete(sample, ids[:count], own_logps[:count], reason=reason)
        if done:
            rows.free(done)
            self.num_live -= len(done)

    def _complete(
        self, sample: Sample, ids: list[int], logps: list[float], *, reason: StopReason | None
    ) -> Completion:
        if not math.isfinite(sum(logps)):
            raise HaltedError(
                "the model's logits are not finite: nothing can be sampled from it",
                where=f"request {sample.request}, sample {sample.index}",
                cause="weights with NaN or infinity, from a diverged update",
                remedy="go back to the last good checkpoint and lower the learning rate",
            )
        stop = reason or StopReason.LENGTH
        text = self.stops.text(ids, stop, sample.sampling)
        return Completion(text, tuple(ids), tuple(logps), stop)
