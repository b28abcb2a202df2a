"""Killable workers: libraries that may hang or swell, kept in a process of their own.

Not a wall against hostile programs (that is `LocalSandbox`): the child runs our code and a
library's, never a model's. It is held by a CPU limit per call, a memory limit, and a deadline
after which it is killed and the next call gets a new one. Requests and replies are JSON lines.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

_START_TIMEOUT_S = 120.0
_MAX_REPLY_BYTES = 8_000_000
_READY = {"ready": True}


class WorkerError(Exception):
    """The worker could not be started, or its library failed: nobody's answer is to blame."""


class WorkerTimeoutError(Exception):
    """The call ran past its CPU time, its memory or its deadline; the worker is gone."""


@dataclass(frozen=True, slots=True)
class WorkerLimits:
    """Per call: seconds of CPU and of wall clock; for the whole worker: bytes of address space."""

    cpu_s: int = 10
    wall_s: float = 60.0
    memory_bytes: int = 4 << 30


class Workers:
    """At most `most` workers of one module, each lent to one call at a time; others wait.

    Safe in threads and after a fork (the child starts its own). `module` is run as
    `python -P -m module` and calls `workers_child.serve`.
    """

    def __init__(
        self,
        module: str,
        limits: WorkerLimits | None = None,
        *,
        most: int = 4,
        environment: Mapping[str, str] | None = None,
    ) -> None:
        self.module = module
        self.limits = limits or WorkerLimits()
        self.environment = dict(environment or {})
        self.most = most
        self._here = _Idle(most)

    def call(self, request: Any) -> Any:
        """The reply to a JSON request. Raises WorkerError, WorkerTimeoutError."""
        if self._here.owner != os.getpid():  # made by fork: those pipes are the parent's
            self._here = _Idle(self.most)
        here = self._here
        with here.turns:
            worker = here.take() or _Worker(self.module, self.limits, self.environment)
            try:
                reply = worker.ask(request, self.limits.wall_s)
            except BaseException:
                worker.kill()
                raise
            here.workers.append(worker)
        if "error" in reply:
            raise WorkerError(str(reply["error"])[:500])
        return reply["value"]

    def close(self) -> None:
        """End the idle ones."""
        while worker := self._here.take():
            worker.kill()


class _Idle:
    """The idle workers of one process. Lists append and pop without a lock of their own."""

    def __init__(self, most: int) -> None:
        self.owner = os.getpid()
        self.turns = threading.Semaphore(most)
        self.workers: list[_Worker] = []

    def take(self) -> _Worker | None:
        """One that is alive, the last used first."""
        while True:
            try:
                worker = self.workers.pop()
            except IndexError:
                return None
            if worker.process.poll() is None:
                return worker


class _Worker:
    def __init__(self, module: str, limits: WorkerLimits, environment: Mapping[str, str]) -> None:
        settings = json.dumps({"cpu_s": limits.cpu_s, "memory_bytes": limits.memory_bytes})
        environment = os.environ | {"PYTHONHASHSEED": "0", "OMP_NUM_THREADS": "1", **environment}
        self.process = subprocess.Popen(
            [sys.executable, "-P", "-m", module, settings],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env=environment,
            cwd="/",
        )
        try:
            ready = self._read_line(time.monotonic() + _START_TIMEOUT_S)
        except WorkerTimeoutError as error:
            self.kill()
            raise WorkerError(f"{module} did not start: {error}") from None
        if ready != _READY:
            self.kill()
            raise WorkerError(f"{module}: {ready.get('error', ready)}")

    def ask(self, request: Any, wall_s: float) -> dict[str, Any]:
        """One round trip."""
        assert self.process.stdin is not None
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
        except OSError as error:
            raise WorkerTimeoutError(f"the worker is gone: {error}") from None
        return self._read_line(time.monotonic() + wall_s)

    def _read_line(self, deadline: float) -> dict[str, Any]:
        assert self.process.stdout is not None
        descriptor = self.process.stdout.fileno()
        pieces: list[bytes] = []
        size = 0
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        while not pieces or not pieces[-1].endswith(b"\n"):
            left_ms = (deadline - time.monotonic()) * 1000
            if left_ms <= 0 or not poller.poll(left_ms):
                raise WorkerTimeoutError("over the deadline")
            piece = os.read(descriptor, 1 << 16)
            if not piece:
                raise WorkerTimeoutError("the worker died (CPU time or memory)")
            pieces.append(piece)
            size += len(piece)
            if size > _MAX_REPLY_BYTES:
                raise WorkerTimeoutError("the reply is too large")
        return json.loads(b"".join(pieces))

    def kill(self) -> None:
        """End it at once."""
        self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                with contextlib.suppress(OSError):
                    pipe.close()
