"""OpenAI's fields for completions and chat, and those that vLLM adds, as far as they are served.

A field that would change the answer and is not served is refused, never ignored.
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from verigrad.core.types import Completion, Message, StopReason
from verigrad.rollouts.sampling import SamplingParameters

_UNSERVED = {  # field -> the value that asks for nothing
    "stream": False,
    "echo": False,
    "best_of": None,
    "suffix": None,
    "logit_bias": None,
    "presence_penalty": 0,
    "frequency_penalty": 0,
    "repetition_penalty": 1,
    "min_tokens": 0,
    "min_p": 0,
    "ignore_eos": False,
    "tools": None,
    "tool_choice": None,
    "response_format": None,
}
_NEUTRAL = frozenset({"user", "model", "skip_special_tokens", "stream_options", "top_logprobs"})


class Asked(BaseModel):
    """What both addresses take."""

    model_config = ConfigDict(frozen=True, extra="allow")

    model: str
    max_tokens: int | None = Field(default=None, ge=1)
    temperature: float = Field(default=1.0, ge=0.0)
    top_p: float = Field(default=1.0, gt=0.0, le=1.0)
    top_k: int = Field(default=0, ge=-1)
    n: int = Field(default=1, ge=1, le=1024)
    seed: int | None = None
    stop: str | list[str] | None = None
    stop_token_ids: list[int] = []
    return_token_ids: bool = False

    @model_validator(mode="after")
    def _nothing_unserved(self) -> Self:
        for name, value in (self.model_extra or {}).items():
            if name in _NEUTRAL or value is None or _UNSERVED.get(name, ...) == value:
                continue
            raise ValueError(f"`{name}` is not served here")
        return self

    def sampling(self, room: int) -> SamplingParameters:
        """As the engine takes it."""
        stop = [self.stop] if isinstance(self.stop, str) else self.stop or []
        return SamplingParameters(
            max_output_tokens=self.max_tokens or room,
            temperature=self.temperature,
            top_p=self.top_p,
            top_k=max(0, self.top_k),
            stop=tuple(stop),
            stop_token_ids=tuple(self.stop_token_ids),
        )


class AskedCompletions(Asked):
    """`/v1/completions`."""

    prompt: str | list[int] | list[str] | list[list[int]]
    logprobs: int | None = Field(default=None, ge=0, le=1)
    prompt_logprobs: int | None = Field(default=None, ge=0, le=0)

    def prompts(self, tokenizer: Any) -> list[tuple[int, ...]]:
        """Every prompt as token ids."""
        given: Any = self.prompt
        if isinstance(given, str) or (given and isinstance(given[0], int)):
            given = [given]
        return [
            tuple(tokenizer.encode(p, add_special_tokens=False) if isinstance(p, str) else p)
            for p in given
        ]


class AskedMessage(BaseModel):
    """One message: text only."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    role: str = Field(pattern="^(system|user|assistant|tool)$")
    content: str


class AskedChat(Asked):
    """`/v1/chat/completions`."""

    messages: list[AskedMessage] = Field(min_length=1)
    max_completion_tokens: int | None = Field(default=None, ge=1)
    logprobs: bool = False

    def conversation(self) -> tuple[Message, ...]:
        """The messages as the renderer takes them."""
        return tuple(Message(m.role, m.content) for m in self.messages)  # type: ignore[arg-type]


def finish(completion: Completion, sampling: SamplingParameters) -> dict[str, Any]:
    """`finish_reason`, and vLLM's `stop_reason`: what stopped it, None for an end token."""
    if completion.stop is StopReason.LENGTH:
        return {"finish_reason": "length", "stop_reason": None}
    if completion.stop is StopReason.ERROR:
        return {"finish_reason": "error", "stop_reason": None}
    if completion.stop is StopReason.END:
        return {"finish_reason": "stop", "stop_reason": None}
    last = completion.token_ids[-1] if completion.token_ids else None
    own = last if last in sampling.stop_token_ids else next(iter(sampling.stop), "stop")
    return {"finish_reason": "stop", "stop_reason": own}


def usage(read: int, completions: list[Completion]) -> dict[str, int]:
    """Tokens read and written."""
    written = sum(len(completion.token_ids) for completion in completions)
    return {
        "prompt_tokens": read,
        "completion_tokens": written,
        "total_tokens": read + written,
    }
