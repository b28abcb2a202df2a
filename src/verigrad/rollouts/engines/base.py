"""The engine contract: `generate(requests) -> completions` and `load(weights)`."""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from verigrad.core.types import Completion
from verigrad.rollouts.sampling import GivenText, Request


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do.

    `has_logps`: completions carry log-probabilities, one for every token (else none at all).
    `takes_weights`: `load` changes what is sampled. `is_addressed`: a sample is decided by its
    request's seed, its index and the weights.
    `max_context`: prompt and response tokens together; None where the engine sets no limit.
    `has_exact_ids`: `token_ids` are those sampled, not the text tokenised again.
    `shares_prefix`: a group's prompt is computed once. `keeps_prefix`: so is what a continued
    request has in common with its continuation in a later call.
    `scores`: it is a `Scorer` too. `gives_up`: its `stream` takes `dropped`, a set of requests that
    may grow while it samples, and samples those in it no further.
    """

    has_logps: bool
    takes_weights: bool
    is_addressed: bool
    max_context: int | None
    has_exact_ids: bool = True
    shares_prefix: bool = False
    keeps_prefix: bool = False
    scores: bool = False
    gives_up: bool = False

    @property
    def trains(self) -> bool:
        """True where the policy can be trained on what it samples: it needs all three."""
        return self.has_logps and self.takes_weights and self.has_exact_ids


@runtime_checkable
class Engine(Protocol):
    """Turns prompts into completions."""

    @property
    def capabilities(self) -> Capabilities:
        """What this engine can do."""
        ...

    def generate(self, requests: Sequence[Request]) -> list[list[Completion]]:
        """One list for each request, in order, with `num_samples` completions each.

        A response also ends (`StopReason.LENGTH`) where prompt and response fill `max_context`.
        Raises DataError for a prompt that leaves no room for a single token.
        """
        ...

    def load(self, weights: Mapping[str, Any]) -> None:
        """Sample from these weights from now on: transformers' parameter names -> tensors."""
        ...


@runtime_checkable
class Scorer(Protocol):
    """Tells how likely given responses are: a teacher, a reference, another policy's judge."""

    def score(self, texts: Sequence[GivenText]) -> list[tuple[float, ...]]:
        """For each text one log-probability for every token of its response, in order.

        Those of softmax(logits / temperature), as completions carry them.
        """
        ...


@runtime_checkable
class Streaming(Protocol):
    """Gives completions out as they finish: tools and verifiers work while others are sampled."""

    def stream(self, requests: Sequence[Request]) -> Iterator[tuple[int, int, Completion]]:
        """(request, sample, completion) of everything `generate` would return, in any order.

        The completions are those of `generate`, to the bit, however slowly they are taken.
        """
        ...


def arriving(
    engine: Engine, requests: Sequence[Request], *, dropped: Container[int] = frozenset()
) -> Iterator[tuple[int, int, Completion]]:
    """The completions of `requests` as (request, sample, completion): streamed if possible.

    Requests that come into `dropped` meanwhile are sampled no further where the engine can do so.
    """
    if engine.capabilities.gives_up:
        stream: Any = getattr(engine, "stream")  # noqa: B009 (the protocol has no `dropped`)
        yield from stream(requests, dropped=dropped)
        return
    if isinstance(engine, Streaming):
        yield from engine.stream(requests)
        return
    for index, completions in enumerate(engine.generate(requests)):
        for sample, completion in enumerate(completions):
            yield index, sample, completion
