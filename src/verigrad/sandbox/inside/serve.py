"""The zygote proper: forks one fresh child per job, ends it in time, reports how it ended.

It is inside the walls itself, sees no job's program, input or output, and runs one job at a time.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import time

from . import calls, child
from .settings import Reply, Request, Settings

_MAX_DESCRIPTORS = 8


def warm_up() -> None:
    """Run what every job runs once, so that no job pays for the first time."""
    child.rehearse()
    gc.collect()
    gc.freeze()
    gc.disable()


def serve(control: socket.socket, cleaner: socket.socket, settings: Settings) -> None:
    """Answer requests until the outside closes the socket. Never returns."""
    forker = _Forker(settings)
    box = _Box(cleaner, settings) if settings.has_files else None
    poller = select.poll()
    poller.register(control, select.POLLIN)
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, 4096, _MAX_DESCRIPTORS)
        if not message:
            os._exit(0)
        values = json.loads(message)
        if "kill" in values:  # for a job that has ended meanwhile
            continue
        request = Request(**values)
        if box is not None:
            box.prepare(request)
        reply = _run(request, descriptors, forker, poller, control)
        if box is not None:
            box.clean()  # before the reply: cleaning must not eat into the next job's time
        control.send(json.dumps(reply._asdict()).encode())


class _Forker:
    """Forks a job; with namespaces as process 1 of a process namespace of its own."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.own = os.pidfd_open(os.getpid()) if settings.has_namespaces else -1

    def fork(self, request: Request, descriptors: list[int]) -> int:
        """The child's process id; in the child it does not return."""
        if self.own < 0:
            pid = os.fork()
        else:
            calls.unshare(calls.CLONE_NEWPID)
            pid = os.fork()
        if pid == 0:
            child.run(request, descriptors, self.settings)
        if self.own >= 0:
            calls.setns(self.own, calls.CLONE_NEWPID)
        return pid


class _Box:
    """Knows whether the jobs' file system is untouched, and has it replaced when it is not."""

    def __init__(self, cleaner: socket.socket, settings: Settings) -> None:
        self.cleaner = cleaner
        self.path = os.environ["HOME"]
        self.size = (settings.disk_bytes, settings.disk_files)
        self.seen = self._look()

    def _look(self) -> tuple[int, int, bool]:
        """Any change to the directory changes this; the listing is for coarse clocks."""
        facts = os.stat(self.path)
        with os.scandir(self.path) as entries:
            return facts.st_ctime_ns, facts.st_mode, next(entries, None) is None

    def prepare(self, request: Request) -> None:
        """Give the next job the size it asked for."""
        wanted = (request.disk_bytes, request.disk_files)
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
        self.seen = self._look()


def _run(
    request: Request,
    descriptors: list[int],
    forker: _Forker,
    poller: select.poll,
    control: socket.socket,
) -> Reply:
    start = time.monotonic()
    pid = forker.fork(request, descriptors)
    for descriptor in descriptors:
        os.close(descriptor)
    handle = os.pidfd_open(pid)
    poller.register(handle, select.POLLIN)
    timed_out = _wait(request, start, handle, poller, control)
    poller.unregister(handle)
    os.close(handle)
    _, status, usage = os.wait4(pid, 0)
    if forker.settings.level == "process":
        _end_orphans()
    wall_s = time.monotonic() - start
    cpu_s = usage.ru_utime + usage.ru_stime
    return Reply(request.id, status, timed_out, wall_s, cpu_s, usage.ru_maxrss)


def _wait(
    request: Request,
    start: float,
    handle: int,
    poller: select.poll,
    control: socket.socket,
) -> bool:
    """Wait for the end, or bring it; True if the wall clock did."""
    timed_out = False
    deadline = start + request.wall_s
    while True:
        left_ms = max(0, int((deadline - time.monotonic()) * 1000) + 1)
        events = dict(poller.poll(None if timed_out else left_ms))
        if handle in events:
            return timed_out
        if not events:
            timed_out = True
            signal.pidfd_send_signal(handle, signal.SIGKILL)
        elif _asked_to_kill(control, request.id):
            signal.pidfd_send_signal(handle, signal.SIGKILL)


def _asked_to_kill(control: socket.socket, job: int) -> bool:
    """Whether the outside wants this job dead; ends the zygote when the outside is gone."""
    message = control.recv(4096)
    if not message:
        os._exit(0)
    return json.loads(message).get("kill") == job


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
