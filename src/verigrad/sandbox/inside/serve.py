"""The zygote proper: forks one fresh child per job, ends it in time, reports how it ended.

It is inside the walls itself, sees no job's program, input or output, and runs one job at a time.
After a fork every page that it or the child touches is copied, so the path of a job is kept short.
"""

from __future__ import annotations

import gc
import marshal
import mmap
import os
import select
import signal
import socket
import time

from . import calls, child, settings

_CREDENTIALS = socket.CMSG_SPACE(9 * 4)  # room for a job's descriptors
_POLL_IN = select.POLLIN


def warm_up(configured: settings.Settings) -> None:
    """Run what every job runs once, so that no job pays for the first time."""
    child.rehearse(configured)
    gc.collect()
    gc.freeze()
    gc.disable()


def serve(control: socket.socket, cleaner: socket.socket, configured: settings.Settings) -> None:
    """Answer requests until the outside closes the socket. Never returns."""
    box = _Box(cleaner, configured) if configured.has_files else None
    started = mmap.mmap(-1, mmap.PAGESIZE)  # shared with the child until it becomes the job
    poller = select.poll()
    poller.register(control, _POLL_IN)
    while True:
        message, passed, _, _ = control.recvmsg(4096, _CREDENTIALS)
        if not message:
            os._exit(0)
        request = marshal.loads(message)  # noqa: S302 (from the trusted outside)
        if len(request) == 1:  # an order to kill a job that has ended meanwhile
            continue
        if box is not None:
            box.prepare(request[4:])
        descriptors = memoryview(passed[0][2]).cast("i").tolist()
        reply = _run(request, descriptors, configured, poller, control, started=started)
        if box is not None:
            box.clean()  # before the reply: cleaning must not eat into the next job's time
        control.send(settings.pack_reply(reply))


class _Box:
    """Knows whether the jobs' file system is untouched, and has it replaced when it is not."""

    def __init__(self, cleaner: socket.socket, configured: settings.Settings) -> None:
        self.cleaner = cleaner
        self.path = os.environ["HOME"]
        self.size = (configured.disk_bytes, configured.disk_files)
        self.is_listed = not configured.has_namespaces
        os.chdir(self.path)
        self.seen = self._look()

    def _look(self) -> tuple[object, ...]:
        """Any change changes this; a tmpfs directory's size tells its entries, a disk's not."""
        facts = os.stat(self.path)
        listing = os.listdir(self.path) if self.is_listed else None
        return facts.st_ctime_ns, facts.st_mode, facts.st_size, listing

    def prepare(self, wanted: tuple[int, int]) -> None:
        """Give the next job the size it asked for."""
        if wanted != self.size:
            self.size = wanted
            self._replace()

    def clean(self) -> None:
        """After a job: nothing it left may meet the next."""
        try:
            changed = self._look() != self.seen
        except OSError:  # the job took our own right to look
            changed = True
        if changed:
            self._replace()

    def _replace(self) -> None:
        self.cleaner.send(f"{self.size[0]} {self.size[1]}".encode())
        if self.cleaner.recv(256) != b"ok":
            os._exit(1)  # the outside starts another zygote
        os.chdir(self.path)
        self.seen = self._look()


def _run(
    request: tuple,
    descriptors: list[int],
    configured: settings.Settings,
    poller: select.poll,
    control: socket.socket,
    *,
    started: mmap.mmap,
) -> settings.Reply:
    job, wall_s, rlimits, processes = request[:4]
    started[0] = 0
    start = time.monotonic()
    pid = calls.fork_alone() if configured.has_namespaces else os.fork()
    if pid == 0:
        try:
            child.run(descriptors, configured, started, rlimits=rlimits, processes=processes)
        finally:
            os._exit(1)  # a child must never come back here, whatever happened in it
    for descriptor in descriptors:
        os.close(descriptor)
    handle = os.pidfd_open(pid)
    poller.register(handle, _POLL_IN)
    timed_out = _wait(job, start + wall_s, handle, poller, control)
    poller.unregister(handle)
    os.close(handle)
    _, status, usage = os.wait4(pid, 0)
    if configured.level == "process":
        _end_orphans()
    wall_s = time.monotonic() - start
    cpu_s = usage.ru_utime + usage.ru_stime
    return settings.Reply(job, status, started[0] == 1, timed_out, wall_s, cpu_s)


def _wait(
    job: int, deadline: float, handle: int, poller: select.poll, control: socket.socket
) -> bool:
    """Wait for the end, or bring it; True if the wall clock did."""
    timed_out = False
    while True:
        left_ms = None if timed_out else max(0.0, (deadline - time.monotonic()) * 1000 + 1)
        events = poller.poll(left_ms)
        if any(descriptor == handle for descriptor, _ in events):
            return timed_out
        if not events:
            timed_out = True
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        elif _asked_to_kill(control, job):
            signal.pidfd_send_signal(handle, signal.SIGKILL)


def _asked_to_kill(control: socket.socket, job: int) -> bool:
    """Whether the outside wants this job dead; ends the zygote when the outside is gone."""
    message = control.recv(4096)
    if not message:
        os._exit(0)
    return marshal.loads(message) == (job,)  # noqa: S302 (from the trusted outside)


def _end_orphans() -> None:
    """Kill what a job left behind, as far as that can be seen without a process namespace."""
    try:
        while True:
            with open(f"/proc/self/task/{os.getpid()}/children", encoding="ascii") as file:
                left = file.read().split()
            if not left:
                return
            for pid in left:
                os.kill(int(pid), signal.SIGKILL)
                os.waitpid(int(pid), 0)
    except (OSError, ValueError):
        return
