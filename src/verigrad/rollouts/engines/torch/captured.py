"""Decoding steps recorded once and replayed: on a GPU, launching its kernels is most of a step.

A step of a 0.5B model launches some 700 kernels of a few microseconds each; a CUDA graph launches
them all at once. A graph holds for one number of rows and one span of the cache, so both are
rounded up to a few sizes; lengths, tokens and weights are read anew at every replay.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable

import torch
from torch import Tensor

from verigrad.rollouts.engines.torch.attention import MaskedRowAttention
from verigrad.rollouts.engines.torch.cache import KeyValueCache
from verigrad.rollouts.engines.torch.decoder import Decoder

# B rows  V vocabulary

SPAN_STEP = 256
_MAX_GRAPHS = 128

Replay = Callable[[], None]
Record = Callable[[Replay], Replay]
"""Runs a step once or more and returns what repeats it."""


def rounded_span(span: int) -> int:
    """The next multiple of 256 positions.

    >>> [rounded_span(n) for n in (1, 256, 257)]
    [256, 256, 512]
    """
    return -(-span // SPAN_STEP) * SPAN_STEP


class CapturedSteps:
    """One token for each of the first B slots, as `RowAttention` computes it, replayed.

    `record` is how a step is recorded: a CUDA graph, or whatever a test puts in its place.
    """

    def __init__(self, decoder: Decoder, cache: KeyValueCache, record: Record) -> None:
        self.decoder, self.cache, self.record = decoder, cache, record
        self._steps: OrderedDict[tuple[int, int], Replay] = OrderedDict()
        self._shaping = -1
        self._tokens = self._lengths = self._logits = torch.empty(0, device=decoder.device)

    def logits(self, tokens_B: Tensor, lengths_B: Tensor, *, span: int) -> Tensor:
        """Float32 logits (B x V), good until the next call; the caller may overwrite them."""
        num_rows = len(tokens_B)
        if self._shaping != self.cache.num_shapings:
            self._start_over()
        self._tokens[:num_rows].copy_(tokens_B)
        self._lengths[:num_rows].copy_(lengths_B)
        key = (num_rows, min(rounded_span(span), self.cache.length))
        if key not in self._steps:
            while len(self._steps) >= _MAX_GRAPHS:
                self._steps.popitem(last=False)
            self._steps[key] = self.record(lambda: self._step(*key))
        self._steps.move_to_end(key)
        self._steps[key]()
        return self._logits[:num_rows]

    def _step(self, num_rows: int, span: int) -> None:
        lengths = self._lengths[:num_rows]
        attend = MaskedRowAttention(self.decoder.architecture, self.cache, lengths, span=span)
        hidden = self.decoder.forward(self._tokens[:num_rows], lengths, attend)
        self.decoder.logits(hidden, out=self._logits[:num_rows])

    def _start_over(self) -> None:
        """Addresses in the cache changed: nothing recorded holds."""
        self._steps.clear()
        self._shaping = self.cache.num_shapings
        slots, device = self.cache.num_slots, self.decoder.device
        self._tokens = torch.zeros(slots, dtype=torch.int64, device=device)
        self._lengths = torch.zeros(slots, dtype=torch.int64, device=device)
        size = (slots, self.decoder.architecture.vocab_size)
        self._logits = torch.empty(size, device=device)


class CudaGraphs:
    """Records CUDA graphs that share one pool of memory, for they never run side by side."""

    def __init__(self) -> None:
        self._pool = torch.cuda.graph_pool_handle()

    def __call__(self, step: Replay) -> Replay:
        """Run `step` twice to warm libraries up, then capture it."""
        side = torch.cuda.Stream()
        side.wait_stream(torch.cuda.current_stream())
        with torch.cuda.stream(side):
            for _ in range(2):
                step()
        torch.cuda.current_stream().wait_stream(side)
        graph = torch.cuda.CUDAGraph()
        with torch.cuda.graph(graph, pool=self._pool):
            step()
        return graph.replay
