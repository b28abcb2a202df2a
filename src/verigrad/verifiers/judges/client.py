"""The one seam to a model that judges: a request, a reply, and what can go wrong."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol


@dataclass(frozen=True, slots=True)
class ModelRequest:
    """One question to a model. `messages` are chat messages, `schema` what the reply must be."""

    model: str
    messages: tuple[Mapping[str, str], ...]
    schema: Mapping[str, Any] | None = None
    sampling: Mapping[str, Any] = field(default_factory=dict)  # seed, temperature, top_p, ...

    def to_json(self) -> dict[str, Any]:
        """What identifies the question: equal requests may share one reply."""
        return {
            "model": self.model,
            "messages": [dict(message) for message in self.messages],
            "schema": self.schema,
            "sampling": dict(self.sampling),
        }


@dataclass(frozen=True, slots=True)
class ModelReply:
    """The model's text, or that it refused."""

    text: str
    is_refusal: bool = False
    num_tokens: int = 0


class ModelServerError(Exception):
    """The model could not be reached, or its server failed: nobody's answer is wrong."""


class ModelClient(Protocol):
    """Asks a model; safe in threads; ModelServerError for all that is not a reply."""

    def ask(self, request: ModelRequest) -> ModelReply:
        """The reply."""
        ...


class ScriptedClient:
    """A client for tests: replies from a function or a list; `requests` keeps what was asked."""

    def __init__(self, replies: Callable[[ModelRequest], str] | Sequence[str | Exception]) -> None:
        self._function = replies if callable(replies) else None
        self._replies = iter(()) if callable(replies) else iter(replies)
        self._lock = threading.Lock()
        self.requests: list[ModelRequest] = []

    def ask(self, request: ModelRequest) -> ModelReply:
        """The next reply; an exception in the list is raised, an empty list is a server's fault."""
        with self._lock:
            self.requests.append(request)
            said = self._function(request) if self._function else next(self._replies, None)
        if said is None:
            raise ModelServerError("the script has no more replies")
        if isinstance(said, Exception):
            raise said
        return ModelReply(said, num_tokens=len(said.split()))
