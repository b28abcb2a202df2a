"""The first steps of a job's own process: give up everything, then become the job.

Nothing of the job is read before its privileges, descriptors and signals are those of a stranger.
"""

from __future__ import annotations

import os
import random
from collections.abc import Callable
from marshal import dumps, loads  # from the trusted outside
from os import pread

from . import calls, filters, program
from .prepared import NOTHING, Mark, Plan, call, rehearsal
from .settings import Settings

_IMPOSSIBLE = 125  # exit code of a child that could not even become the job
_REHEARSALS = 40  # the interpreter specialises what ran some dozen times, and then leaves it alone


def prepare(
    settings: Settings,
    plan: Plan,
    mark: Mark,
    *,
    leave: Callable[[int], None] = os._exit,
    finish: Callable[[], int] = program.finish,
) -> Callable[[int, int], None]:
    """What a new child calls to become the job, with everything it needs at hand.

    It takes the payload's size and how many processes the job may have, and never returns. The
    job's descriptors are where it wants them, the payload comes last. mark: set once all is ready,
    and taken out of reach before the job's own code runs.
    """
    opening, closing, payload = plan.opening, plan.closing, plan.payload
    is_confined, has_files = settings.has_namespaces, settings.has_files
    may_execute, word, give_up = settings.may_execute, mark.word, mark.give_up

    def become(payload_bytes: int, processes: int) -> None:
        try:
            for step in opening:
                if call(*step) < 0:
                    raise OSError(0, f"system call {step[0]} failed")
            if not is_confined:
                _confine(settings, processes)
            entry, argv, files = loads(pread(payload, payload_bytes, 0))  # noqa: S302
            if has_files and (may_execute or len(files) > 1):
                program.write_files(files)
            for step in closing:
                if call(*step) < 0:
                    raise OSError(0, f"system call {step[0]} failed")
            word.value = 1
            if may_execute:
                _execute(entry, argv, files, mark)
            call(*give_up)
            code = program.run(entry, argv, files, in_memory=not has_files)
            code = finish() or code
        except BaseException as error:  # noqa: BLE001 (in the job's own process; we see 125)
            text = f"sandbox: {type(error).__name__}: {error}\n"
            os.write(2, text.encode("utf-8", "replace"))
            code = _IMPOSSIBLE
        leave(code)

    return become


def _execute(entry: str, argv: list[str], files: dict[str, bytes], mark: Mark) -> None:
    """Execute a program: all of this memory is gone then, or nothing has started.

    That an interpreter does not start is our failure; that the job's own program does not (its
    source may name a loader that does not exist) is the job's.
    """
    try:
        os.execv(entry, argv)  # noqa: S606 (no shell is wanted)
    finally:
        mark.word.value = entry in files


def _confine(settings: Settings, processes: int) -> None:
    """What holds a job where it has no namespaces of its own."""
    random.seed(0)  # os.fork has just made it different in every child
    calls.die_with_parent()
    if settings.level != "process":
        calls.install_filter(filters.child_filter(os.getpid(), processes=processes))


def rehearse(settings: Settings) -> None:
    """Do what every job does, so often that the interpreter has settled on how to do it."""
    mark = Mark()
    mark.give_up = NOTHING
    for source in (program.TRIFLE, b"1 / 0\n"):
        payload = dumps(("main.py", [], {"main.py": source}))
        descriptor = os.memfd_create("rehearsal")
        os.write(descriptor, payload)
        become = prepare(
            settings._replace(level="namespaces", may_execute=False),
            rehearsal(descriptor),
            mark,
            leave=lambda _: None,
            finish=lambda: 0,
        )
        for _ in range(_REHEARSALS):
            become(len(payload), 1)
        os.close(descriptor)
    random.seed(0)
    program.set_stage(settings)
