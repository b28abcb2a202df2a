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
_LOOK_S = 0.02  # how often memory and disk are added up where no kernel limit does it
_MB = 1 << 20


def supervise(runs: Sequence[Running]) -> None:
    """Return when every run has ended and its output is read.

    When the first run ends, the others are killed. Raises ZygoteDiedError if a zygote dies that we
    did not kill. A zygote silent past a deadline is killed; its run then has no reply.
    """
    poller = select.poll()
    owners: dict[int, Running] = {}
    for run in runs:
        for descriptor in (run.zygote.fileno(), *run.by_descriptor):
            poller.register(descriptor, select.POLLIN)
            owners[descriptor] = run
    waiting = list(runs)
    while waiting:
        events = poller.poll(_patience_ms(waiting))
        for descriptor, _ in events:
            run = owners[descriptor]
            if descriptor != run.zygote.fileno():
                if not run.on_data(descriptor):
                    poller.unregister(descriptor)
            elif run in waiting:
                run.reply = run.zygote.receive()
                poller.unregister(descriptor)
        if not events:
            _look_after(waiting)
        waiting = [run for run in waiting if run.reply is None and not _given_up(run)]
        if runs[0] not in waiting:
            for other in waiting:
                other.kill(Status.SIGNALLED)
    for run in runs:
        _drain(run)


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
    for descriptor, stream in run.by_descriptor.items():
        poller = select.poll()
        poller.register(descriptor, select.POLLIN)
        while poller.poll(0) and not stream.is_cut:
            if not stream.take():
                break


def discard(runs: Sequence[Running]) -> None:
    """Close the descriptors of runs that will give no result."""
    for run in runs:
        for descriptor in run.by_descriptor:
            with contextlib.suppress(OSError):
                os.close(descriptor)
