"""Threads for work that may be slow or hang: answers of environments, verdicts of groups.

A thread cannot be ended from outside. Work that is over its limit is given up: it counts as done
with a `HungError`, its thread is left to itself and no longer counts, so that whatever waits gets
a new one. Threads are daemons: one that hangs does not keep the process from ending.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import Any

_POLL_S = 0.05  # how late a hung piece of work is noticed, at most


class HungError(Exception):
    """The work was over its limit and was given up."""


@dataclass(slots=True, eq=False)
class Work:
    """One piece of work, and what came of it: `result()` gives or raises it."""

    key: Any
    call: Callable[[], Any]
    limit_s: float
    started: float = 0.0  # when its limit began to run
    seconds: float = 0.0
    value: Any = None
    error: BaseException | None = None

    def result(self) -> Any:
        """What the call returned; raises what it raised, or HungError."""
        if self.error is not None:
            raise self.error
        return self.value

    def run(self) -> None:
        """Do it, in the thread that calls this."""
        start = time.monotonic()
        try:
            self.value = self.call()
        except BaseException as error:  # noqa: BLE001 (it is raised again where the result is asked for)
            self.error = error
        self.seconds = time.monotonic() - start


@dataclass(slots=True)
class Crew:
    """At most `size` pieces of work at a time; more wait their turn, in order."""

    size: int
    _waiting: deque[Work] = field(default_factory=deque)
    _running: set[Work] = field(default_factory=set)
    _done: SimpleQueue[Work] = field(default_factory=SimpleQueue)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _unclaimed: int = 0

    def start(self, key: Any, call: Callable[[], Any], *, limit_s: float) -> None:
        """Have `call` done; `limit_s` counts from its own start, not from now."""
        with self._lock:
            self._unclaimed += 1
            self._waiting.append(Work(key, call, limit_s))
        self._seat()

    def finished(self, *, wait: bool) -> Iterator[Work]:
        """Work that is done and was not given out yet; with `wait` until none is left."""
        while self._unclaimed:
            try:
                work = self._done.get(timeout=_POLL_S) if wait else self._done.get_nowait()
            except Empty:
                self._give_up()
                if wait:
                    continue
                return
            self._unclaimed -= 1
            yield work

    def _seat(self) -> None:
        """Threads for waiting work, as far as there is room."""
        with self._lock:
            while self._waiting and len(self._running) < self.size:
                work = self._begin()
                threading.Thread(target=self._serve, args=(work,), daemon=True).start()

    def _begin(self) -> Work:
        work = self._waiting.popleft()
        work.started = time.monotonic()
        self._running.add(work)
        return work

    def _serve(self, work: Work | None) -> None:
        """One thread: its work, then whatever waits; given-up work ends the thread."""
        while work is not None:
            work.run()
            with self._lock:
                if work not in self._running:
                    return
                self._running.discard(work)
                self._done.put(work)
                has_room = self._waiting and len(self._running) < self.size
                work = self._begin() if has_room else None

    def _give_up(self) -> None:
        now = time.monotonic()
        with self._lock:
            overdue = [work for work in self._running if now - work.started > work.limit_s]
            for work in overdue:
                self._running.discard(work)
                error = HungError(f"no answer within {work.limit_s:g} s")
                given_up = Work(work.key, work.call, work.limit_s, work.started, now - work.started)
                given_up.error = error
                self._done.put(given_up)
        if overdue:
            self._seat()
