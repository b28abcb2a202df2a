"""What was asked and what it cost."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any


@dataclass(frozen=True, slots=True)
class Usage:
    """Totals so far. `answered` requests were paid for; `cached` ones were not asked again.

    Two million tokens read and one million written, at 3 and 15 a million, cost 21.
    """

    answered: int = 0
    cached: int = 0
    retries: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost: float = 0.0


@dataclass
class Meter:
    """Adds up usage, from many threads."""

    input_price: float = 0.0
    output_price: float = 0.0
    _total: Usage = field(default_factory=Usage)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def total(self) -> Usage:
        """So far."""
        return self._total

    def answered(self, answer: Mapping[str, Any]) -> None:
        """One request answered by the server; its `usage` says how many tokens."""
        given = answer.get("usage")
        usage: Mapping[str, Any] = given if isinstance(given, Mapping) else {}
        read, written = (_count(usage.get(f"{kind}_tokens")) for kind in ("prompt", "completion"))
        cost = (read * self.input_price + written * self.output_price) / 1e6
        with self._lock:
            self._total = replace(
                self._total,
                answered=self._total.answered + 1,
                input_tokens=self._total.input_tokens + read,
                output_tokens=self._total.output_tokens + written,
                cost=self._total.cost + cost,
            )

    def cached(self) -> None:
        """One request answered from the disk."""
        with self._lock:
            self._total = replace(self._total, cached=self._total.cached + 1)

    def retried(self) -> None:
        """One request sent again."""
        with self._lock:
            self._total = replace(self._total, retries=self._total.retries + 1)


def _count(value: Any) -> int:
    return value if isinstance(value, int) and value > 0 else 0
