"""Compiled programs, once for equal sources: bounded, shared between threads."""

from __future__ import annotations

import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future

from verigrad.sandbox import presets
from verigrad.sandbox.job import Job, Result

_MAX_BYTES = 256 << 20


class Builds:
    """Maps sources to the result of compiling them; the least recently used go first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._done: OrderedDict[str, Future[Result]] = OrderedDict()
        self._bytes = 0

    def get(self, job: Job, compile_job: Callable[[], Result]) -> Result:
        """The result of compiling `job`'s sources: a program in `message`, or the failure.

        Threads that want the same program wait for one compilation. An infrastructure failure is
        not kept.
        """
        key = _key(job)
        with self._lock:
            future = self._done.get(key)
            mine = future is None
            if future is None:
                future = self._done[key] = Future()
            self._done.move_to_end(key)
        if mine:
            self._compile(key, future, compile_job)
        return future.result()

    def _compile(self, key: str, future: Future[Result], compile_job: Callable[[], Result]) -> None:
        try:
            result = compile_job()
        except BaseException as error:
            with self._lock:
                self._done.pop(key, None)
            future.set_exception(error)
            raise
        future.set_result(result)
        with self._lock:
            if not result.exited_cleanly:
                self._done.pop(key, None)
                return
            self._bytes += len(result.message)
            self._shrink()

    def _shrink(self) -> None:
        while self._bytes > _MAX_BYTES and len(self._done) > 1:
            key = next((key for key, future in self._done.items() if future.done()), None)
            if key is None:
                return
            self._bytes -= len(self._done.pop(key).result().message)


def _key(job: Job) -> str:
    """Equal keys compile alike: preset, compiler, entry, limits and all files."""
    digest = hashlib.sha256()
    head = (job.preset, presets.find_runtime(presets.PRESETS[job.preset].runtime), job.entry)
    for part in (*map(str, head), repr(job.compile_limits)):
        _add(digest, part.encode())
    for name in sorted(job.files):
        _add(digest, name.encode())
        _add(digest, job.files[name])
    return digest.hexdigest()


def _add(digest: hashlib._Hash, part: bytes) -> None:
    digest.update(len(part).to_bytes(8, "big"))
    digest.update(part)
