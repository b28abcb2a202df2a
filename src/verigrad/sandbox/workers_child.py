"""The inside of a worker: read a JSON line, answer it, within limits set here."""

from __future__ import annotations

import json
import os
import resource
import sys
from collections.abc import Callable
from typing import Any

_MAX_ERROR_CHARS = 500


def serve(prepare: Callable[[], Callable[[Any], Any]]) -> None:
    """Answer until standard input ends.

    `prepare` imports what is heavy and returns the function that answers; what either prints
    goes nowhere. An exception of the function is the call's error, one of `prepare` the worker's.
    """
    settings = json.loads(sys.argv[1])
    replies = os.fdopen(os.dup(1), "wb", buffering=0)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 1)
    requests = os.fdopen(os.dup(0), "rb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    memory = settings["memory_bytes"]
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        handle = prepare()
    except Exception as error:  # noqa: BLE001 (the parent must learn why)
        _send(replies, {"error": f"{type(error).__name__}: {error}"[:_MAX_ERROR_CHARS]})
        return
    _send(replies, {"ready": True})
    for line in requests:
        _allow_cpu(settings["cpu_s"])
        _send(replies, _answer(handle, line))


def _answer(handle: Callable[[Any], Any], line: bytes) -> dict[str, Any]:
    try:
        return {"value": handle(json.loads(line))}
    except MemoryError:
        os._exit(3)  # state unknown: the parent takes a new worker
    except Exception as error:  # noqa: BLE001 (the parent must learn why)
        return {"error": f"{type(error).__name__}: {error}"[:_MAX_ERROR_CHARS]}


def _allow_cpu(seconds: int) -> None:
    """`seconds` more CPU time from now; beyond it the kernel ends this process."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    soft = int(usage.ru_utime + usage.ru_stime) + 1 + seconds
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (soft, hard))


def _send(replies: Any, message: dict[str, Any]) -> None:
    data = memoryview(json.dumps(message).encode() + b"\n")
    while data:
        data = data[replies.write(data) :]
