"""How fast a server may be asked, and how long to wait before asking again."""

from __future__ import annotations

import math
import threading
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from verigrad.core.seeds import stream

MAX_RETRY_AFTER_S = 600.0


class RateLimit:
    """At most `per_minute` units a minute, spread evenly: whoever asks waits for its turn.

    >>> waited = []
    >>> limit = RateLimit(60.0, clock=lambda: 0.0, sleep=waited.append)
    >>> limit.take(1), limit.take(2), limit.take(1), waited
    (None, None, None, [1.0, 3.0])
    """

    def __init__(
        self,
        per_minute: float | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._seconds_each = 60.0 / per_minute if per_minute else 0.0
        self._clock, self._sleep = clock, sleep
        self._lock = threading.Lock()
        self._free_at = 0.0

    def take(self, units: float) -> None:
        """Wait until `units` more are allowed."""
        if not self._seconds_each:
            return
        with self._lock:
            now = self._clock()
            starts_at = max(now, self._free_at)
            self._free_at = starts_at + units * self._seconds_each
        if starts_at > now:
            self._sleep(starts_at - now)


def back_off_s(attempt: int, *, first_s: float, longest_s: float, address: str) -> float:
    """Seconds before try `attempt` + 1: doubled each time, between half and all of that.

    The share is drawn from the request's own address, so that many requests refused at once do
    not come back at once. For a first wait of 1: 0.5 to 1, then 1 to 2, then 2 to 4.
    """
    whole = min(longest_s, first_s * 2.0 ** (attempt - 1))
    return whole * (0.5 + 0.5 * stream("back-off", request=address, attempt=attempt).random())


def retry_after_s(headers: Mapping[str, str]) -> float:
    """What `Retry-After` asks for: seconds or a date; 0 where it is absent or unreadable.

    >>> retry_after_s({"retry-after": "7"})
    7.0
    """
    text = headers.get("retry-after", "").strip()
    if not text:
        return 0.0
    try:
        wanted = float(text)
    except ValueError:
        try:
            when = parsedate_to_datetime(text)
        except ValueError:
            return 0.0
        when = when if when.tzinfo else when.replace(tzinfo=UTC)
        wanted = (when - datetime.now(UTC)).total_seconds()
    return 0.0 if math.isnan(wanted) else min(max(0.0, wanted), MAX_RETRY_AFTER_S)
