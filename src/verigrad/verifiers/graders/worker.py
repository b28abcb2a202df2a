"""A worker process that calls one trusted function, and is killed when it takes too long."""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any

_START_LIMIT_S = 60.0
_SERVER = Path(__file__).parent / "child" / "serve_function.py"


class WorkerError(Exception):
    """The function gave nothing: it raised, took too long, or its process died."""

    def __init__(self, why: str, *, timed_out: bool = False) -> None:
        super().__init__(why)
        self.timed_out = timed_out


class Worker:
    """One process for one function; a call at a time, restarted after a death."""

    def __init__(self, path: Path, function: str, *, time_limit_s: float, memory_mb: int) -> None:
        self._command = [sys.executable, str(_SERVER), str(path), function, str(memory_mb)]
        self._time_limit_s = time_limit_s
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None

    def call(self, arguments: list[Any]) -> Any:
        """What the function returned, as JSON; WorkerError for anything else."""
        with self._lock:
            try:
                process = self._running()
                return self._exchange(process, arguments, time.monotonic() + self._time_limit_s)
            except WorkerError:
                self.close()
                raise
            except (OSError, ValueError) as error:
                self.close()
                raise WorkerError(f"the worker died: {error}") from None

    def close(self) -> None:
        """Kill the process, if there is one."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    stream.close()

    def _running(self) -> subprocess.Popen[bytes]:
        if self._process is None or self._process.poll() is not None:
            self.close()
            environment = os.environ | {"PYTHONPATH": os.pathsep.join(p for p in sys.path if p)}
            self._process = subprocess.Popen(
                self._command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment
            )
            ready = self._read(self._process, time.monotonic() + _START_LIMIT_S)
            if ready != "ready":
                raise WorkerError(f"the function cannot be loaded: {ready}")
        return self._process

    def _exchange(
        self, process: subprocess.Popen[bytes], arguments: list[Any], deadline: float
    ) -> Any:
        assert process.stdin is not None
        body = json.dumps(arguments).encode()
        process.stdin.write(len(body).to_bytes(4, "big") + body)
        process.stdin.flush()
        kind, value = self._read(process, deadline)
        if kind != "gave":
            raise WorkerError(str(value))
        return value

    def _read(self, process: subprocess.Popen[bytes], deadline: float) -> Any:
        length = int.from_bytes(self._bytes(process, 4, deadline), "big")
        return json.loads(self._bytes(process, length, deadline))

    def _bytes(self, process: subprocess.Popen[bytes], count: int, deadline: float) -> bytes:
        assert process.stdout is not None
        data = b""
        while len(data) < count:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
                raise WorkerError(f"over {self._time_limit_s} s", timed_out=True)
            piece = os.read(process.stdout.fileno(), count - len(data))
            if not piece:
                raise WorkerError("its process ended")
            data += piece
        return data
