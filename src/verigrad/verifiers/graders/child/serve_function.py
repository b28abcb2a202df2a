"""The worker's side of `graders.worker`: `serve_function.py FILE FUNCTION MEMORY_MB`.

Requests and replies are frames (4 bytes of length, then JSON) on the first two descriptors; what
the function prints goes to stderr.
"""

from __future__ import annotations

import importlib.util
import json
import os
import resource
import sys
from typing import Any


def serve(path: str, function: str, memory_mb: str) -> None:
    """Load the function, then answer requests until there are none."""
    out = os.dup(1)
    os.dup2(2, 1)
    budget = int(memory_mb) << 20
    resource.setrlimit(resource.RLIMIT_AS, (budget, budget))
    called = _loaded(path, function, out)
    while header := sys.stdin.buffer.read(4):
        arguments = json.loads(sys.stdin.buffer.read(int.from_bytes(header, "big")))
        try:
            said = json.dumps(["gave", called(*arguments)], allow_nan=False)
        except BaseException as error:  # noqa: BLE001 (whatever it raises is what is to be told)
            said = json.dumps(["raised", f"{type(error).__name__}: {error}"[:300]])
        _write(out, said)


def _loaded(path: str, function: str, out: int) -> Any:
    try:
        spec = importlib.util.spec_from_file_location("verifier_function", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        called = getattr(module, function)
    except BaseException as error:
        _write(out, json.dumps(f"{type(error).__name__}: {error}"[:300]))
        raise
    _write(out, json.dumps("ready"))
    return called


def _write(out: int, text: str) -> None:
    body = text.encode()
    data = len(body).to_bytes(4, "big") + body
    while data:
        data = data[os.write(out, data) :]


if __name__ == "__main__":
    serve(*sys.argv[1:])
