"""A memory and process ceiling over a zygote and its jobs, where control groups are ours to make.

A second lock: limits and the parent's looks hold without it. It also counts what they cannot see
(pipes, tmpfs pages, kernel memory). Version 1 hierarchies and delegated version 2 trees are tried;
where neither can be written nothing is done.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import re
import time
from dataclasses import dataclass, field
from pathlib import Path

_ROOT = Path("/sys/fs/cgroup")
_SLACK_BYTES = 64 << 20  # process 0, the tmpfs' bookkeeping, pipes, page tables
_V1 = {"memory": "memory.limit_in_bytes", "pids": "pids.max"}
_V2 = "memory.max"
_OOM_KILLS = re.compile(rb"^oom_kill (\d+)$", re.MULTILINE)
_SERIAL = itertools.count()
_GONE_S = 0.5  # how long the kernel may take to empty a group whose processes are dead


@dataclass(slots=True)
class Cgroup:
    """The group of one zygote: controller -> the file of its limit."""

    limits: dict[str, Path]
    allowed: tuple[int, int] = (0, 0)
    seen_kills: int = 0
    folders: list[Path] = field(default_factory=list)
    counter: int | None = None  # open on the file that counts what the kernel killed

    def allow(self, *, memory_bytes: int, processes: int) -> None:
        """Set the ceilings for the next job (zygote and process 0 come on top)."""
        wanted = (memory_bytes + _SLACK_BYTES, processes)
        if wanted == self.allowed:
            return
        for name, value in zip(("memory", "pids"), wanted, strict=True):
            if name in self.limits:
                with contextlib.suppress(OSError):  # busy with pages of the last job: next time
                    self.limits[name].write_text(str(value))
        self.allowed = wanted

    def start_counting(self) -> None:
        """A new job: what the kernel killed before is not its doing."""
        self.seen_kills = self._num_kills()

    def ran_out(self) -> bool:
        """Whether the kernel has killed for memory since `start_counting`."""
        return self._num_kills() > self.seen_kills

    def _num_kills(self) -> int:
        if self.counter is None:
            return 0
        found = _OOM_KILLS.search(os.pread(self.counter, 4096, 0))
        return int(found[1]) if found else 0

    def remove(self) -> None:
        """Delete the groups; their processes must be dead."""
        if self.counter is not None:
            os.close(self.counter)
            self.counter = None
        until = time.monotonic() + _GONE_S
        for folder in self.folders:
            while folder.exists():
                try:
                    folder.rmdir()
                except OSError:
                    if time.monotonic() > until:
                        break
                    time.sleep(0.01)


def confine(pid: int) -> Cgroup | None:
    """Put a process (and all that it starts) into a group of its own; None where that cannot be."""
    name = f"verigrad-{os.getpid()}-{next(_SERIAL)}"
    group = Cgroup({})
    for controller, limit, base in _places():
        folder = base / name
        try:
            folder.mkdir()
        except OSError:
            continue
        try:
            if not (folder / limit).exists():  # a version 2 tree without this controller
                raise FileNotFoundError(limit)
            (folder / "cgroup.procs").write_text(str(pid))
        except OSError:
            with contextlib.suppress(OSError):
                folder.rmdir()
            continue
        group.limits[controller] = folder / limit
        group.folders.append(folder)
        if controller == "memory":
            group.counter = open_counter(folder)
    return group if group.folders else None


def _places() -> list[tuple[str, str, Path]]:
    """Where this process's own groups are: (controller, limit file, folder)."""
    places = []
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/cgroup").read_text().splitlines():
            _, controllers, path = line.split(":", 2)
            inside = path.lstrip("/")
            known = [name for name in controllers.split(",") if name in _V1]
            places += [(name, _V1[name], _ROOT / name / inside) for name in known]
            if not controllers and (_ROOT / "cgroup.controllers").exists():
                places.append(("memory", _V2, _ROOT / inside))
    return places


def open_counter(folder: Path) -> int | None:
    """A descriptor on the file in which the kernel counts its kills, of either version."""
    for name in ("memory.oom_control", "memory.events"):
        with contextlib.suppress(OSError):
            return os.open(folder / name, os.O_RDONLY | os.O_CLOEXEC)
    return None
