"""What is asked of an engine: how to sample, and from which prompt."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Self

from verigrad.core.errors import ConfigError
from verigrad.core.recipe import RolloutSection


@dataclass(frozen=True, slots=True, kw_only=True)
class SamplingParameters:
    """How to sample.

    Logits are divided by `temperature`; then only the `top_k` likeliest tokens are kept (0: all),
    of these the smallest set of likeliest tokens that holds `top_p` of their probability; then one
    is drawn. `temperature=0` takes the likeliest token. Sampling ends at the engine's end tokens,
    at a token of `stop_token_ids`, where the text contains a string of `stop`, or after
    `max_output_tokens`.
    """

    max_output_tokens: int
    temperature: float = 1.0
    top_p: float = 1.0
    top_k: int = 0
    stop: tuple[str, ...] = ()
    stop_token_ids: tuple[int, ...] = ()

    def __post_init__(self) -> None:
        wrong = [
            text
            for is_wrong, text in (
                (self.max_output_tokens < 1, "max_output_tokens must be at least 1"),
                (not 0.0 <= self.temperature < float("inf"), "temperature must be 0 or more"),
                (not 0.0 < self.top_p <= 1.0, "top_p must be in (0, 1]"),
                (self.top_k < 0, "top_k must be 0 (off) or more"),
                (isinstance(self.stop, str), "stop must be a tuple of strings"),
                ("" in self.stop, "a stop string must not be empty"),
            )
            if is_wrong
        ]
        if wrong:
            raise ConfigError("; ".join(wrong), where=f"{self}", remedy="correct these settings")

    @classmethod
    def of(cls, section: RolloutSection, *, max_output_tokens: int | None = None) -> Self:
        """As a recipe samples its rollouts, with another limit where one is given."""
        return cls(
            max_output_tokens=max_output_tokens or section.max_output_tokens,
            temperature=section.temperature,
            top_p=section.top_p,
            top_k=section.top_k,
        )

    @property
    def is_greedy(self) -> bool:
        """True where nothing is drawn: the likeliest token is taken."""
        return self.temperature == 0.0

    @property
    def is_truncated(self) -> bool:
        """True where top-p or top-k may remove tokens."""
        return not self.is_greedy and (self.top_p < 1.0 or self.top_k > 0)


@dataclass(frozen=True, slots=True)
class Request:
    """One prompt and how many samples of it are wanted.

    Sample `i` at position `t` draws from the stream addressed by (`seed`, i, t) alone: it does
    not depend on the other requests of the call, nor on their order.

    `is_continued` says that a later call will ask on from prompt and response (the next turn of
    an episode): an engine that `keeps_prefix` then computes only what is new. Nothing but the cost
    depends on it.
    """

    prompt_ids: tuple[int, ...]
    num_samples: int
    sampling: SamplingParameters
    seed: int
    is_continued: bool = False

    def __post_init__(self) -> None:
        if not self.prompt_ids:
            raise ConfigError("a request needs at least one prompt token", where="prompt_ids")
        if self.num_samples < 1:
            raise ConfigError("num_samples must be at least 1", where=f"{self.num_samples}")


@dataclass(frozen=True, slots=True)
class GivenText:
    """A prompt and a response to it whose log-probabilities are wanted, at `temperature`."""

    prompt_ids: tuple[int, ...]
    response_ids: tuple[int, ...]
    temperature: float = 1.0

    def __post_init__(self) -> None:
        if not self.prompt_ids or not self.response_ids:
            raise ConfigError("a text to score needs a prompt and a response", where=f"{self}")
        if not 0.0 < self.temperature < float("inf"):
            raise ConfigError("temperature must be above 0", where=f"{self.temperature}")
