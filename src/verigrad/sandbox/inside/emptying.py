"""Emptying a directory that an adversary filled: no recursion, no link followed, few descriptors.

Used where there are no mount namespaces. Every subdirectory is first moved up to the top, so the
depth at work is never more than two, however deep the tree was made.
"""

from __future__ import annotations

import os

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC


def empty(top: int) -> None:
    """Remove everything below the directory open at `top`; its owner must be the caller.

    The job that filled it must be dead. Raises OSError when something resists.
    """
    os.fchmod(top, 0o700)
    serial = 0
    while entries := os.listdir(top):
        for name in entries:
            if _unlinked(name, top):
                continue
            serial = _hollow(name, top, serial)
            os.rmdir(name, dir_fd=top)


def _unlinked(name: str, directory: int) -> bool:
    """Remove anything but a directory; False if it is one."""
    try:
        os.unlink(name, dir_fd=directory)
    except (IsADirectoryError, PermissionError):
        return False
    return True


def _hollow(name: str, top: int, serial: int) -> int:
    """Empty one subdirectory, moving its own subdirectories up to `top` under new names."""
    os.chmod(name, 0o700, dir_fd=top)
    inner = os.open(name, _OPEN, dir_fd=top)
    try:
        for entry in os.listdir(inner):
            if not _unlinked(entry, inner):
                serial += 1
                os.chmod(entry, 0o700, dir_fd=inner)
                os.rename(entry, _fresh(serial), src_dir_fd=inner, dst_dir_fd=top)
    finally:
        os.close(inner)
    return serial


def _fresh(serial: int) -> str:
    """A name that no job can have taken: it did not know `serial` nor this process's number."""
    return f".emptied-{os.getpid()}-{serial}-{os.urandom(8).hex()}"
