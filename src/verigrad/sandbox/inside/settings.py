"""What a zygote is told once, before it builds its walls. Comes from the trusted outside."""

from __future__ import annotations

from typing import Any, NamedTuple

# Where the zygote's own descriptors are; all below are free, for a job's to arrive at.
CONTROL, TO_CLEANER, FROM_CLEANER = 16, 17, 18


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


def parse_settings(values: dict[str, Any]) -> Settings:
    """Settings from decoded JSON."""
    return Settings(**values)
