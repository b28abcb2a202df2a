"""The engine contract: `generate(requests) -> completions` and `load(weights)`."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol, runtime_checkable

from verigrad.core.types import Completion
from verigrad.rollouts.sampling import Request


@dataclass(frozen=True, slots=True)
class Capabilities:
    """What an engine can do.

    `has_logps`: completions carry log-probabilities. `takes_weights`: `load` changes what is
    sampled. `is_addressed`: a sample is decided by its request's seed, its index and the weights.
    `max_context`: prompt and response tokens together; None where the engine sets no limit.
    """

    has_logps: bool
    takes_weights: bool
    is_addressed: bool
    max_context: int | None


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
