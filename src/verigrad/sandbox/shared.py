"""The one sandbox of a process: started at first use, shared by all verifiers, ended at exit."""

from __future__ import annotations

import atexit
import os
import threading

from verigrad.sandbox.job import Sandbox

_LOCK = threading.Lock()
_STATE: dict[str, object] = {}


def shared_sandbox() -> Sandbox:
    """The process's sandbox: what `use_sandbox` gave, else a local one at the best level found.

    After a fork the child gets one of its own. Raises SetupError where no level with a wall is
    available and nobody allowed to do without.
    """
    with _LOCK:
        current = _STATE.get("sandbox")
        if current is None or _STATE.get("pid") != os.getpid():
            from verigrad.sandbox.local import LocalSandbox

            current = LocalSandbox()
            atexit.register(current.close)
            _STATE.update(sandbox=current, pid=os.getpid())
        return current  # pyright: ignore[reportReturnType] (the table holds nothing else)


def use_sandbox(sandbox: Sandbox | None) -> None:
    """Make `sandbox` the process's (remote, scripted, unsafe); None returns to the default.

    The caller closes what it gave.
    """
    with _LOCK:
        _STATE.clear()
        if sandbox is not None:
            _STATE.update(sandbox=sandbox, pid=os.getpid())
