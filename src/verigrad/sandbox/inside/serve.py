"""The zygote proper: forks one fresh child per job, ends it in time, reports how it ended.

It is inside the walls itself, sees no job's program, input or output, and runs one job at a time.
After a fork every page that it or the child touches is copied, so the path of a job is kept short:
few objects, few functions, system calls whose arguments stand ready.
"""

from __future__ import annotations

import gc
import os
import signal

from . import calls, child, layout, messages
from .prepared import CONTROL_BYTES, Desk, Look, Mark, call, plan
from .settings import CONTROL, FROM_CLEANER, TO_CLEANER, Settings

_NUM_DESCRIPTORS = (6, 8)  # of a job alone, of one with a peer


def rehearse(settings: Settings) -> None:
    """Still outside the last walls: run what every job runs, so that none pays for first times."""
    if settings.may_execute:
        signal.signal(signal.SIGXFSZ, signal.SIG_DFL)  # ignored by Python, and by what it executes
        signal.signal(signal.SIGPIPE, signal.SIG_DFL)
    child.rehearse(settings)


def settle() -> None:
    """Inside the walls, before the first job: free the low numbers, put memory in order."""
    calls.set_dumpable(0)  # passes to children until they execute something
    os.closerange(0, CONTROL)
    gc.collect()
    layout.fill_holes()
    gc.freeze()
    gc.disable()


def serve(settings: Settings) -> None:
    """Answer requests until the outside closes the socket. Never returns."""
    mark = Mark()
    desk = Desk(CONTROL, mark)
    has_namespaces, leaves_orphans = settings.has_namespaces, settings.level == "process"
    plans = {
        count: plan(count, has_namespaces=has_namespaces, limits_at=desk.limits_at)
        for count in _NUM_DESCRIPTORS
    }
    starts = {count: child.prepare(settings, chosen, mark) for count, chosen in plans.items()}
    box = _Box(settings) if settings.has_files else None
    while True:
        job, _, _, payload_bytes, processes, count, size_bytes, files = _next_request(desk)
        arrived, release, forget = plans[count][:3]
        if desk.control[: len(arrived)] != arrived:
            os._exit(1)  # the outside starts another zygote
        if box is not None:
            box.prepare(size_bytes, files)
        mark.word.value = desk.timed_out.value = 0
        pid = call(*desk.fork_alone) if has_namespaces else os.fork()
        if pid == 0:
            try:
                starts[count](payload_bytes, processes)
            finally:
                os._exit(1)  # a child must never come back here, whatever happened in it
        if not has_namespaces:
            desk.handle.value = os.pidfd_open(pid)
        for step in release:
            call(*step)
        _wait(job, desk)
        call(*forget)
        if call(*desk.reap) != pid:
            os._exit(1)
        if leaves_orphans:
            _end_orphans()
        if box is not None:
            box.clean()  # before the reply: cleaning must not eat into the next job's time
        call(*desk.answer)


def _next_request(desk: Desk) -> tuple[int, ...]:
    """Wait for a request; ends the zygote when the outside is gone."""
    while True:
        desk.control_size.value = CONTROL_BYTES
        size = call(*desk.receive)
        if size <= 0:
            os._exit(0)
        if size == messages.REQUEST_BYTES:  # else an order to kill a job that has ended meanwhile
            return messages.REQUEST.unpack_from(desk.request)


def _wait(job: int, desk: Desk) -> None:
    """Wait for the job's end, or bring it when the clock or the outside says so."""
    patience = desk.wait_until
    while True:
        ready = call(*patience)
        if ready > 0 and desk.ended.value:
            return
        if ready == 0:
            desk.timed_out.value = 1
            patience = desk.wait
            signal.pidfd_send_signal(desk.handle.value, signal.SIGKILL)
        elif ready > 0 and _asked_to_kill(job, desk):
            signal.pidfd_send_signal(desk.handle.value, signal.SIGKILL)


def _asked_to_kill(job: int, desk: Desk) -> bool:
    """Whether the outside wants this job dead; ends the zygote when the outside is gone."""
    desk.control_size.value = CONTROL_BYTES
    size = call(*desk.receive)
    if size <= 0:
        os._exit(0)
    return size == messages.KILL.size and messages.KILL.unpack_from(desk.request) == (job,)


class _Box:
    """Knows whether the jobs' file system is untouched, and has it replaced when it is not."""

    def __init__(self, settings: Settings) -> None:
        self.path = os.environ["HOME"]
        self.size_bytes, self.files = settings.disk_bytes, settings.disk_files
        self.is_listed = not settings.has_namespaces
        self.look = Look()
        os.chdir(self.path)
        self.seen = self._look()

    def _look(self) -> tuple[int, bytes, list[str]]:
        """Any change changes this; a tmpfs directory's size tells its entries, a disk's not."""
        result = call(*self.look.look)
        return result, self.look.facts.raw, os.listdir(self.path) if self.is_listed else []

    def prepare(self, size_bytes: int, files: int) -> None:
        """Give the next job the size it asked for."""
        if size_bytes != self.size_bytes or files != self.files:
            self.size_bytes, self.files = size_bytes, files
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
        os.write(TO_CLEANER, f"{self.size_bytes} {self.files}".encode())
        if os.read(FROM_CLEANER, 256) != b"ok":
            os._exit(1)  # the outside starts another zygote
        os.chdir(self.path)
        self.seen = self._look()


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
