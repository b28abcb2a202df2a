"""What a zygote is told once, before it builds its walls. Comes from the trusted outside."""

from __future__ import annotations

import struct
from typing import Any, NamedTuple


class Settings(NamedTuple):
    """One zygote's configuration.

    level: namespaces, landlock, seccomp or process.
    preload: modules imported before the walls go up, so that jobs find them loaded.
    package_paths: where `preload` is looked for besides the standard library.
    roots: directories that jobs may read besides the system's own.
    box: the jobs' working directory where there are no mount namespaces, else empty.
    may_execute: jobs are other programs (shell, compilers), started by exec.
    disk_bytes, disk_files: size of the first job's file system.
    """

    level: str
    preload: list[str]
    package_paths: list[str]
    roots: list[str]
    box: str
    may_execute: bool
    disk_bytes: int
    disk_files: int

    @property
    def has_namespaces(self) -> bool:
        """Whether every job is alone in its own process namespace."""
        return self.level == "namespaces"

    @property
    def has_files(self) -> bool:
        """Whether jobs may name paths at all."""
        return self.level != "seccomp"


class Reply(NamedTuple):
    """What the zygote says of a finished job.

    started: the job's own code ran. False is the sandbox's failure, which no job can forge.
    """

    id: int
    wait_status: int
    started: bool
    timed_out: bool
    wall_s: float
    cpu_s: float

    @property
    def was_killed(self) -> bool:
        """Whether SIGKILL ended it and the zygote's clock did not send it."""
        return self.wait_status & 0x7F == 9 and not self.timed_out


# A request is marshalled (job, wall_s, rlimits, processes, disk_bytes, disk_files); a kill order
# is (job,). They come from the trusted outside, and marshal is one C call: a forking process pays
# for every page that it touches. What goes out is packed, for nothing from inside is unmarshalled.
_REPLY = struct.Struct("<qi??dd")


def pack_reply(reply: Reply) -> bytes:
    """A reply as bytes."""
    return _REPLY.pack(*reply)


def unpack_reply(message: bytes) -> Reply:
    """The reply in `message`. Raises struct.error for anything else."""
    return Reply(*_REPLY.unpack(message))


def parse_settings(values: dict[str, Any]) -> Settings:
    """Settings from decoded JSON."""
    return Settings(**values)
