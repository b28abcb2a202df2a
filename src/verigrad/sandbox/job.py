"""The words of running untrusted code: what to run, within what, and what came of it.

Nothing here knows what a test is. Whoever judges keeps expected values on its own side: a job
holds inputs only, and everything in a `Result` but `status` and the costs was written by an
adversary.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePosixPath
from types import MappingProxyType
from typing import Protocol, Self

MESSAGE_IN, MESSAGE_OUT, PEER_IN, PEER_OUT = 3, 4, 5, 6
"""Descriptors of a job besides 0, 1 and 2; the peer's exist in `run_pair` only."""


class Level(StrEnum):
    """How much stands between a job and the machine; `satisfies` orders them."""

    NAMESPACES = "namespaces"  # own users, processes, mounts, network + all of `landlock`
    LANDLOCK = "landlock"  # Landlock + seccomp + rlimits; no other process may be started
    SECCOMP = "seccomp"  # seccomp + rlimits; no path may be named, modules are preloaded
    PROCESS = "process"  # rlimits only: no wall at all
    CONTAINER = "container"  # a docker/podman container, beside the ladder

    @property
    def strength(self) -> int:
        """4 for namespaces down to 1 for process; a container counts as landlock."""
        return {"namespaces": 4, "landlock": 3, "container": 3, "seccomp": 2, "process": 1}[self]

    @property
    def is_wall(self) -> bool:
        """Whether it may hold code of a policy in training (everything but `process`)."""
        return self is not Level.PROCESS

    def satisfies(self, minimum: Level) -> bool:
        """`Level.LANDLOCK.satisfies(Level.SECCOMP)` is True; the reverse is False."""
        if minimum is Level.CONTAINER:
            return self is Level.CONTAINER
        return self.strength >= minimum.strength


class Status(StrEnum):
    """How a job ended. `failed` is the sandbox's own fault, all others are the job's."""

    EXITED = "exited"  # by itself, with `exit_code`; says nothing about being right
    SIGNALLED = "signalled"  # died of signal `-exit_code` (a crash, a system call refused)
    TIMEOUT = "timeout"  # wall or CPU budget used up
    MEMORY = "memory"
    OUTPUT_LIMIT = "output_limit"
    PROCESS_LIMIT = "process_limit"
    DISK_LIMIT = "disk_limit"
    FAILED = "failed"  # not judged: runtime missing, level not reached, sandbox died twice

    @property
    def hit_budget(self) -> bool:
        """Whether a limit of the job ended it."""
        return self not in (Status.EXITED, Status.SIGNALLED, Status.FAILED)


class Phase(StrEnum):
    """Which step of a job the result speaks of."""

    COMPILE = "compile"  # the compile step did not succeed; nothing was run
    RUN = "run"


@dataclass(frozen=True, slots=True)
class Limits:
    """Budgets of one job; each has a `Status` of its own when it is hit."""

    wall_s: float = 10.0
    cpu_s: float = 10.0  # rounded up to whole seconds by the kernel
    memory_mb: int = 512  # address space of each process, resident sum of all
    processes: int = 8  # processes and threads together, including the job's first
    output_bytes: int = 1 << 20  # each of stdout and message; stderr is cut, not punished
    stderr_bytes: int = 1 << 16
    disk_mb: int = 16  # all files of the job together, its own `files` included
    disk_files: int = 1024
    open_files: int = 64

    def __post_init__(self) -> None:
        for name in self.__dataclass_fields__:
            value = getattr(self, name)
            if not value > 0:
                raise ValueError(f"Limits.{name} must be positive, not {value!r}")


_MAX_NAME, _MAX_PATH = 200, 1000  # bytes of one part, characters of all; below the kernel's own
_NO_FILES: Mapping[str, bytes] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Job:
    """One program to run.

    preset: a name of `presets.PRESETS`: python, python-numpy, python-sympy, shell, cpp, ...
    entry: the file of `files` to run (python, shell, javascript) or to compile (cpp).
    files: relative path -> bytes, written below the job's working directory before it starts.
    argv: arguments after the program's own name.
    stdin: all of standard input; it then ends.
    message: all of what descriptor 3 gives to the program (`MESSAGE_IN`); it then ends.
    minimum: the level below which the job is not run but `failed`.

    A preset that compiles does so once for equal (files, entry, preset): later runs of the same
    sources with other stdin or argv use the same build.
    """

    preset: str = "python"
    entry: str = "main.py"
    files: Mapping[str, bytes] = field(default_factory=lambda: _NO_FILES)
    argv: tuple[str, ...] = ()
    stdin: bytes = b""
    message: bytes = b""
    limits: Limits = Limits()
    compile_limits: Limits = Limits(
        wall_s=30.0, cpu_s=30.0, memory_mb=2048, processes=16, disk_mb=128, open_files=256
    )
    minimum: Level = Level.PROCESS

    def __post_init__(self) -> None:
        _check_paths(self.files)
        if any(b"\0" in os.fsencode(argument) for argument in self.argv):
            raise ValueError("a job's argument holds a NUL character")
        if self.entry not in self.files:
            raise ValueError(f"entry {self.entry!r} is not among the job's files")


def _check_paths(files: Mapping[str, bytes]) -> None:
    """ValueError for names that cannot all be laid out; they may have been chosen by a policy."""
    folders = {str(folder) for path in files for folder in PurePosixPath(path).parents}
    for path in files:
        pure = PurePosixPath(path)
        inside = pure.parts and not path.startswith("/") and ".." not in pure.parts
        if not inside or "\0" in path or str(pure) != path:
            raise ValueError(f"a job's file must be a relative path inside it: {path!r}")
        if max(map(len, map(os.fsencode, pure.parts))) > _MAX_NAME or len(path) > _MAX_PATH:
            raise ValueError(f"a job's file has too long a name: {path[:80]!r}...")
        if path in folders:
            raise ValueError(f"a job's file is also a folder of another: {path!r}")


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a job.

    exit_code: the program's, negative for a signal, None when it never started or was killed.
    stdout, stderr, message: what it wrote to descriptors 1, 2 and 4, cut at the limits.
    level: the level it ran at; None when it did not run.
    why: a sentence for `failed` and for a budget that was hit.
    """

    status: Status
    exit_code: int | None = None
    stdout: bytes = b""
    stderr: bytes = b""
    message: bytes = b""
    stdout_cut: bool = False
    stderr_cut: bool = False
    message_cut: bool = False
    wall_s: float = 0.0
    cpu_s: float = 0.0
    level: Level | None = None
    phase: Phase = Phase.RUN
    why: str = ""

    @property
    def exited_cleanly(self) -> bool:
        """Exit code 0 within all budgets; necessary for a pass, never sufficient."""
        return self.status is Status.EXITED and self.exit_code == 0 and self.phase is Phase.RUN


def failed(why: str, *, level: Level | None = None) -> Result:
    """The job could not be run, through no fault of its own."""
    return Result(Status.FAILED, level=level, why=why)


class Sandbox(Protocol):
    """Runs jobs; safe to call from many threads, which wait when it is full."""

    def run(self, job: Job) -> Result:
        """Run one job. Raises nothing for anything a job contains or does."""
        ...

    def run_pair(self, first: Job, second: Job) -> tuple[Result, Result]:
        """Run two strangers side by side, each with a pipe from and to the other.

        What `first` writes to descriptor 6 (`PEER_OUT`) arrives at descriptor 5 (`PEER_IN`) of
        `second`, and the reverse. Bytes, unframed; an end that dies gives the other end-of-file.
        `second` is killed when `first` ends: the first is the one that decides (the test side),
        the second the one that serves (the candidate).
        """
        ...

    def close(self) -> None:
        """Kill every process of the sandbox; later runs are `failed`."""
        ...

    def __enter__(self) -> Self: ...

    def __exit__(self, *_: object) -> None: ...
