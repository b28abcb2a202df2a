"""The loop that watches jobs from outside: takes output, enforces deadlines and memory."""

from __future__ import annotations

import contextlib
import os
import select
import time
from collections.abc import Sequence

from verigrad.sandbox.disk import overfull
from verigrad.sandbox.job import Status
from verigrad.sandbox.memory import resident_bytes
from verigrad.sandbox.running import Running

_GRACE_S = 0.25  # how long past its deadline a job's zygote may stay silent
_SOON_MS = 5
_LOOK_S = 0.02  # how often memory and disk are added up where no kernel limit does it
_MB = 1 << 20


def supervise(runs: Sequence[Running]) -> None:
    """Return when every run has ended and its output is read.

    When the first run ends, the others are killed. Raises ZygoteDiedError if a zygote dies that we
    did not kill. A zygote silent past a deadline is killed; its run then has no reply.
    """
    if not _ends_soon(runs[0]) or len(runs) > 1:
        _watch(runs)
    for run in runs:
        _drain(run)


def _ends_soon(run: Running) -> bool:
    """Whether it has ended within the time that most need, for which one waking is enough.

    What a job writes meanwhile waits in its pipes; one that fills them waits with it.
    """
    poller = select.poll()
    poller.register(run.zygote, select.POLLIN)
    if poller.poll(_SOON_MS):
        run.on_reply()
    return run.reply is not None


def _watch(runs: Sequence[Running]) -> None:
    poller = select.poll()
    owners: dict[int, Running] = {}
    waiting = [run for run in runs if run.reply is None]
    if runs[0] not in waiting:
        _kill_partners(waiting)
    for run in waiting:
        for descriptor in (run.zygote.fileno(), *run.by_descriptor):
            poller.register(descriptor, select.POLLIN)
            owners[descriptor] = run
    while waiting:
        events = poller.poll(_patience_ms(waiting))
        for descriptor, _ in events:
            run = owners[descriptor]
            if descriptor != run.zygote.fileno():
                if not run.on_data(descriptor):
                    poller.unregister(descriptor)
            elif run in waiting:
                run.on_reply()
                poller.unregister(descriptor)
        if not events:
            _look_after(waiting)
        waiting = [run for run in waiting if run.reply is None and not _given_up(run)]
        if runs[0] not in waiting:
            _kill_partners(waiting)


def _kill_partners(waiting: list[Running]) -> None:
    for run in waiting:
        run.kill(Status.SIGNALLED)


def _patience_ms(waiting: list[Running]) -> int:
    now = time.monotonic()
    until = min(run.deadline for run in waiting) + _GRACE_S
    if any(_needs_looks(run) for run in waiting):
        until = min(until, now + _LOOK_S)
    return max(0, int((until - now) * 1000) + 1)


def _needs_looks(run: Running) -> bool:
    """What no kernel limit holds: the memory of several processes, a disk that is not the job's."""
    return run.killed_for is None and (run.job.limits.processes > 1 or bool(run.zygote.box))


def _look_after(waiting: list[Running]) -> None:
    for run in waiting:
        limits = run.job.limits
        if not _needs_looks(run):
            continue
        if resident_bytes(run.zygote) > limits.memory_mb * _MB:
            run.kill(Status.MEMORY)
        elif run.zygote.box and overfull(
            run.zygote.box, max_bytes=limits.disk_mb * _MB, max_files=limits.disk_files
        ):
            run.kill(Status.DISK_LIMIT)


def _given_up(run: Running) -> bool:
    """Kill a zygote that should long have answered."""
    if time.monotonic() < run.deadline + _GRACE_S:
        return False
    run.killed_for = run.killed_for or Status.TIMEOUT
    run.zygote.process.kill()
    return True


def _drain(run: Running) -> None:
    """Take what is already in the pipes; never wait for more."""
    poller = select.poll()
    for descriptor in run.by_descriptor:
        poller.register(descriptor, select.POLLIN)
    while events := poller.poll(0):
        for descriptor, what in events:
            stream = run.by_descriptor[descriptor]
            if not what & select.POLLIN or not stream.take() or stream.is_cut:
                poller.unregister(descriptor)


def discard(runs: Sequence[Running]) -> None:
    """Close the descriptors of runs that will give no result."""
    for run in runs:
        for descriptor in run.by_descriptor:
            with contextlib.suppress(OSError):
                os.close(descriptor)
