"""Asking with care: a cache by content, a budget, and retries that end in `failed`, not in 0."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from verigrad.core.digests import digest_json
from verigrad.verifiers.judges.client import (
    ModelClient,
    ModelReply,
    ModelRequest,
    ModelServerError,
)

Read = TypeVar("Read")


class BudgetError(Exception):
    """The calls or tokens that were allowed are used up."""


class UnreadableReplyError(Exception):
    """The model answered, but not in the asked form; asking again may help."""


class RefusedError(Exception):
    """The model refused to judge."""


@dataclass
class Budget:
    """Calls and tokens left, shared by threads. 0 is none."""

    max_calls: int
    max_tokens: int
    calls: int = 0
    tokens: int = 0

    def __post_init__(self) -> None:
        self._lock = threading.Lock()

    def take(self) -> None:
        """One call; BudgetError where none is left."""
        with self._lock:
            if self.calls >= self.max_calls or self.tokens >= self.max_tokens:
                raise BudgetError(f"used up: {self.calls} calls, {self.tokens} tokens")
            self.calls += 1

    def spend(self, tokens: int) -> None:
        """What a call cost."""
        with self._lock:
            self.tokens += tokens


class Cache:
    """Replies by the digest of their request; kept in a file of JSON lines where one is named."""

    def __init__(self, path: Path | None = None) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._kept: dict[str, str] = {}
        if path is not None and path.exists():
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                self._kept[row["request"]] = row["reply"]

    def get(self, key: str) -> str | None:
        """The reply to an equal request; None where there was none."""
        with self._lock:
            return self._kept.get(key)

    def put(self, key: str, reply: str) -> None:
        """Keep a reply that could be read."""
        with self._lock:
            if key in self._kept:
                return
            self._kept[key] = reply
            if self._path is not None:
                with self._path.open("a", encoding="utf-8") as stream:
                    stream.write(json.dumps({"request": key, "reply": reply}) + "\n")


@dataclass(frozen=True)
class Asker:
    """A client behind cache, budget and retries."""

    client: ModelClient
    budget: Budget
    cache: Cache
    attempts: int = 3
    wait_s: float = 0.5
    sleep: Callable[[float], None] = time.sleep

    def ask(self, request: ModelRequest, *, read: Callable[[str], Read]) -> Read:
        """What `read` makes of the reply (it raises UnreadableReplyError for a bad one).

        After `attempts` the last fault is raised: ModelServerError, UnreadableReplyError,
        RefusedError; BudgetError at once.
        """
        key = digest_json(request.to_json())
        if (kept := self.cache.get(key)) is not None:
            return read(kept)
        fault: Exception = ModelServerError("never asked")
        for attempt in range(self.attempts):
            if attempt:
                self.sleep(self.wait_s * 2 ** (attempt - 1))
            self.budget.take()
            try:
                reply = self.client.ask(request)
                self.budget.spend(reply.num_tokens)
                value = read(_text(reply))
            except (ModelServerError, UnreadableReplyError, RefusedError) as error:
                fault = error
                continue
            self.cache.put(key, reply.text)
            return value
        raise fault


def _text(reply: ModelReply) -> str:
    if reply.is_refusal:
        raise RefusedError(reply.text[:200])
    return reply.text


def field_of(text: str, name: str) -> Any:
    """The field `name` of a reply that is one JSON object; UnreadableReplyError otherwise."""
    from verigrad.verifiers.structure.strict_json import NotJsonError, parse_json

    try:
        value = parse_json(text.strip().removeprefix("```json").removesuffix("```"))
    except NotJsonError as error:
        raise UnreadableReplyError(f"no JSON: {error}") from None
    if not isinstance(value, dict) or name not in value:
        raise UnreadableReplyError(f"no field {name!r}")
    return value[name]
