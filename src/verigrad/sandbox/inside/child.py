"""The first steps of a job's own process: give up everything, then become the job.

Nothing of the job is read before its privileges, descriptors and signals are those of a stranger.
"""

from __future__ import annotations

import gc
import mmap
import os
import random
import resource
import signal

from . import calls, filters, program
from .settings import Settings

_FIRST_FREE = 5  # 0, 1, 2 and the two message descriptors; a peer adds two more
_IMPOSSIBLE = 125  # exit code of a child that could not even become the job


def run(
    descriptors: list[int],
    settings: Settings,
    started: mmap.mmap,
    *,
    rlimits: list[int],
    processes: int,
) -> None:
    """Become the job. Never returns.

    descriptors: payload, stdin, stdout, stderr, message in, message out [, peer in, peer out].
    started: set once all is ready, and taken out of reach before the job's own code runs.
    rlimits: resource, value, resource, value, ...
    """
    leave = os._exit
    try:
        os.setsid()
        payload = _place(descriptors)
        _give_up_privileges(settings, processes)
        work = program.read(payload)
        os.close(payload)
        if settings.has_files:
            program.write_files(work)
        for position in range(0, len(rlimits), 2):
            value = rlimits[position + 1]
            resource.setrlimit(rlimits[position], (value, value))
        started[0] = 1
        if settings.may_execute:
            _execute(work, started)
        started.close()
        gc.enable()
        code = program.run_python(work, in_memory=not settings.has_files)
    except BaseException as error:  # noqa: BLE001 (in the job's own process; the parent sees 125)
        os.write(2, f"sandbox: {type(error).__name__}: {error}\n".encode("utf-8", "replace"))
        code = _IMPOSSIBLE
    leave(code)


def _execute(work: program.Work, started: mmap.mmap) -> None:
    """Execute a program: all of this memory is gone then, or nothing has started.

    That an interpreter does not start is our failure; that the job's own program does not (its
    source may name a loader that does not exist) is the job's.
    """
    try:
        program.execute(work)
    finally:
        started[0] = work.entry in work.files


def _place(descriptors: list[int]) -> int:
    """Put the job's descriptors at 0..6, close all others, return where the payload is."""
    payload, *standard = descriptors
    for target, descriptor in enumerate(standard):
        os.dup2(descriptor, target)
    last = max(_FIRST_FREE, len(standard))
    os.dup2(payload, last, inheritable=False)
    os.closerange(last + 1, 1 << 20)
    return last


def _give_up_privileges(settings: Settings, processes: int) -> None:
    if settings.has_namespaces:
        calls.drop_capabilities()
        return
    random.seed(0)  # os.fork has just made it different in every child
    calls.die_with_parent()
    if settings.level != "process":
        calls.install_filter(filters.child_filter(os.getpid(), processes=processes))


def rehearse(settings: Settings) -> None:
    """Touch what every job touches: parser, compiler, traceback, text streams."""
    if settings.may_execute:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # ignored by Python, and by what it executes
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    calls.set_dumpable(0)  # passes to children until they execute something
    program.rehearse(program.Work("warm.py", [], {"warm.py": b"import json\nx = [1]\n"}))
