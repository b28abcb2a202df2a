"""From wait status, clocks and the last words of a job to its `Status`.

Only a job's own fault can be read from what it printed: its words may turn a failure into a named
failure (out of memory rather than exit code 1), never into a success.
"""

from __future__ import annotations

import os
import signal
from dataclasses import replace

from verigrad.sandbox.inside.messages import Reply
from verigrad.sandbox.job import Limits, Result, Status

_LAST_WORDS = 2000
_CPU_SPENT = 0.8  # the kernel's limit counts ticks, its report measures: they differ a little
_TELLTALES: tuple[tuple[Status, tuple[bytes, ...]], ...] = (
    (
        Status.MEMORY,
        (b"MemoryError", b"std::bad_alloc", b"heap out of memory", b"Cannot allocate memory"),
    ),
    (
        Status.PROCESS_LIMIT,
        (
            b"can't start new thread",
            b"Resource temporarily unavailable",
            b"fork: retry",
        ),
    ),
    (Status.DISK_LIMIT, (b"No space left on device", b"File too large")),
)
_WHY = {
    Status.TIMEOUT: "used up its time: {wall_s} s by the clock, {cpu_s} s of CPU allowed",
    Status.MEMORY: "used up its memory: {memory_mb} MB allowed",
    Status.OUTPUT_LIMIT: "wrote too much: {output_bytes} bytes allowed",
    Status.PROCESS_LIMIT: "wanted too many processes or threads: {processes} allowed",
    Status.DISK_LIMIT: "wrote too much to files: {disk_mb} MB in {disk_files} files allowed",
}


def classify(
    limits: Limits, reply: Reply | None, *, killed_for: Status | None, partial: Result
) -> Result:
    """Complete `partial` with status, exit code, costs and why.

    reply: None when the whole zygote was ended because it was past the deadline.
    killed_for: the budget for which the outside had the job killed.
    """
    if killed_for is Status.SIGNALLED:
        spent = reply is not None and (reply.timed_out or _has_spent(limits, reply))
        killed = reply is None or os.waitstatus_to_exitcode(reply.wait_status) == -signal.SIGKILL
        if killed and not spent:
            return replace(partial, status=killed_for, why="killed, for its partner had ended")
        killed_for = None  # it had ended by itself before the order came
    if reply is None:
        return _with_why(replace(partial, status=killed_for or Status.TIMEOUT), limits)
    status, code = _status(limits, reply, killed_for, partial)
    done = replace(partial, status=status, exit_code=code, cpu_s=reply.cpu_s)
    if status is Status.FAILED:
        last = partial.stderr[-_LAST_WORDS:].decode("utf-8", "replace")
        return replace(done, why=f"the job could not be started: {last.strip()}")
    return _with_why(done, limits)


def _has_spent(limits: Limits, reply: Reply) -> bool:
    """Whether the job's CPU time was used up, so that the kernel killed it."""
    return reply.cpu_s >= limits.cpu_s * _CPU_SPENT


def _status(
    limits: Limits, reply: Reply, killed_for: Status | None, partial: Result
) -> tuple[Status, int | None]:
    if killed_for is not None:
        return killed_for, None
    if reply.timed_out:
        return Status.TIMEOUT, None
    code = os.waitstatus_to_exitcode(reply.wait_status)
    if not reply.started:  # a job whose own files did not fit is at fault; otherwise we are
        return _named(partial.stderr) or Status.FAILED, code
    if partial.stdout_cut or partial.message_cut:
        return Status.OUTPUT_LIMIT, code
    if code == -signal.SIGKILL and _has_spent(limits, reply):
        return Status.TIMEOUT, code
    if code == -signal.SIGXFSZ:
        return Status.DISK_LIMIT, code
    if code != 0 and (named := _named(partial.stderr)):
        return named, code
    return (Status.SIGNALLED if code < 0 else Status.EXITED), code


def _named(stderr: bytes) -> Status | None:
    """The budget that the last words speak of."""
    words = stderr[-_LAST_WORDS:]
    return next((s for s, marks in _TELLTALES if any(mark in words for mark in marks)), None)


def _with_why(result: Result, limits: Limits) -> Result:
    text = _WHY.get(result.status, "")
    if not text:
        return result
    values = {name: getattr(limits, name) for name in limits.__dataclass_fields__}
    return replace(result, why=text.format(**values))
