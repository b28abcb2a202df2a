"""The first steps of a job's own process: give up everything, then become the job.

Nothing of the job is read before its privileges, descriptors and signals are those of a stranger.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import signal

from . import calls, filters, program
from .settings import Request, Settings

_FIRST_FREE = 5  # 0, 1, 2 and the two message descriptors; a peer adds two more
_IMPOSSIBLE = 125  # exit code of a child that could not even become the job


def run(request: Request, descriptors: list[int], settings: Settings) -> None:
    """Become the job. Never returns.

    descriptors: payload, stdin, stdout, stderr, message in, message out [, peer in, peer out].
    """
    leave = os._exit
    try:
        os.setsid()
        payload = _place(descriptors)
        _give_up_privileges(request, settings)
        work = program.read(payload)
        os.close(payload)
        if settings.has_files:
            os.chdir(os.environ["HOME"])
            program.write_files(work)
        _limit(request.rlimits)
        if settings.may_execute:
            program.execute(work)
        gc.enable()
        code = program.run_python(work, in_memory=not settings.has_files)
    except BaseException as error:  # noqa: BLE001 (in the job's own process; the parent sees 125)
        os.write(2, f"sandbox: {type(error).__name__}: {error}\n".encode("utf-8", "replace"))
        code = _IMPOSSIBLE
    leave(code)


def _place(descriptors: list[int]) -> int:
    """Put the job's descriptors at 0..6, close all others, return where the payload is."""
    payload, *standard = descriptors
    for target, descriptor in enumerate(standard):
        os.dup2(descriptor, target)
    last = max(_FIRST_FREE, len(standard))
    os.dup2(payload, last, inheritable=False)
    os.closerange(last + 1, 1 << 20)
    return last


def _give_up_privileges(request: Request, settings: Settings) -> None:
    if settings.has_namespaces:
        calls.drop_capabilities()
        calls.set_dumpable(0)
        return
    calls.die_with_parent()
    calls.set_dumpable(0)
    if settings.level != "process":
        calls.install_filter(filters.child_filter(os.getpid(), processes=request.processes))


def _limit(rlimits: list[list[int]]) -> None:
    for which, value in rlimits:
        resource.setrlimit(which, (value, value))
    signal.signal(signal.SIGXFSZ, signal.SIG_DFL)


def rehearse() -> None:
    """Touch what every job touches: parser, compiler, traceback, text streams, JSON."""
    work = program.Work("warm.py", [], {"warm.py": b"import json, random\nx = [1]\nx.append(2)\n"})
    json.loads(json.dumps([1, "two", None, 2.5]))
    program.rehearse(work)
