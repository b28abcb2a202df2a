"""Warm zygotes by kind, and how many jobs may be alive at a time."""

from __future__ import annotations

import contextlib
import threading
from collections import defaultdict
from collections.abc import Iterator

from verigrad.sandbox import zygote as zygotes
from verigrad.sandbox.job import Level
from verigrad.sandbox.presets import Kind
from verigrad.sandbox.zygote import Zygote


class ClosedError(Exception):
    """The pool was closed while a job waited."""


class Pool:
    """At most `slots` activities at a time; callers beyond that wait their turn.

    An activity borrows the zygotes it needs (two for a pair, which mostly take turns). Idle
    zygotes wait here; one that died or is in doubt is not given back.
    """

    def __init__(self, slots: int, level: Level) -> None:
        self.level = level
        self._turns = threading.Semaphore(slots)
        self._lock = threading.Lock()
        self._idle: defaultdict[Kind, list[Zygote]] = defaultdict(list)
        self._borrowed: dict[int, Zygote] = {}
        self._closed = False

    @contextlib.contextmanager
    def turn(self) -> Iterator[None]:
        """Hold one of the slots."""
        with self._turns:
            yield

    def borrow(self, kind: Kind) -> Zygote:
        """An idle zygote, or a new one. Raises StartError, ClosedError."""
        found = self._idle_one(kind)
        while found is not None and not found.is_alive():
            found.kill()
            found = self._idle_one(kind)
        found = found or zygotes.start(kind, self.level)
        with self._lock:
            self._borrowed[id(found)] = found
            closed = self._closed
        if closed:
            self.discard(found)
            raise ClosedError
        return found

    def _idle_one(self, kind: Kind) -> Zygote | None:
        with self._lock:
            if self._closed:
                raise ClosedError
            idle = self._idle[kind]
            return idle.pop() if idle else None

    def give_back(self, zygote: Zygote) -> None:
        """Return a healthy zygote."""
        with self._lock:
            self._borrowed.pop(id(zygote), None)
            if not self._closed:
                self._idle[zygote.kind].append(zygote)
                return
        zygote.kill()

    def discard(self, zygote: Zygote) -> None:
        """End a zygote that died or cannot be trusted to answer."""
        with self._lock:
            self._borrowed.pop(id(zygote), None)
        zygote.kill()

    def close(self) -> None:
        """End every zygote; running jobs die, waiting ones get ClosedError."""
        with self._lock:
            self._closed = True
            idle = [zygote for group in self._idle.values() for zygote in group]
            borrowed = list(self._borrowed.values())
            self._idle.clear()
        for zygote in idle:
            zygote.close()
        for zygote in borrowed:
            zygote.process.kill()

    def abandon(self) -> None:
        """In a child made by fork: let go of the sockets, touch no process."""
        self._closed = True
        for zygote in [*self._borrowed.values(), *(z for g in self._idle.values() for z in g)]:
            zygote.abandon()

    def warm(self, kind: Kind, count: int) -> None:
        """Have `count` zygotes of a kind ready. Raises StartError."""
        held = [self.borrow(kind) for _ in range(count)]
        for zygote in held:
            self.give_back(zygote)
