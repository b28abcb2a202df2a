"""How much a running job has put into a box that has no size limit of its own (level landlock)."""

from __future__ import annotations

import contextlib
import os

_OPEN = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_BLOCK = 512  # the unit of st_blocks, whatever the file system


def overfull(box: str, *, max_bytes: int, max_files: int) -> bool:
    """Whether the tree holds more; looks at `max_files` entries at most, follows no link.

    A directory that cannot be read counts as overfull: only a job that hides makes one.
    """
    used, seen = 0, 0
    try:
        pending = [os.open(box, _OPEN)]
    except OSError:
        return False
    try:
        while pending:
            directory = pending.pop()
            with contextlib.closing(_Directory(directory)) as opened:
                for entry in opened:
                    seen += 1
                    used += _size(entry)
                    if seen > max_files or used > max_bytes:
                        return True
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(os.open(entry.name, _OPEN, dir_fd=directory))
    except PermissionError:
        return True
    except OSError:  # it changes under our eyes; the next look is 20 ms away
        return False
    finally:
        for directory in pending:
            os.close(directory)
    return False


class _Directory:
    """The entries of an open directory, whose descriptor is closed with it."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self.entries = os.scandir(descriptor)

    def __iter__(self) -> os._ScandirIterator[str]:
        return self.entries

    def close(self) -> None:
        self.entries.close()
        os.close(self.descriptor)


def _size(entry: os.DirEntry[str]) -> int:
    try:
        return entry.stat(follow_symlinks=False).st_blocks * _BLOCK
    except FileNotFoundError:
        return 0
