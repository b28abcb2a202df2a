"""Files and folders that are either whole or absent, whatever happens while they are written.

Content goes to `<name>.partial` beside its place, is flushed to the disk, and is renamed. A
partial left behind by a killed process is ignored by every reader and removed on resume.
"""

from __future__ import annotations

import errno
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

from verigrad.core.errors import SetupError

PARTIAL = ".partial"
_FULL = {errno.ENOSPC: "the disk is full", errno.EDQUOT: "the disk quota is used up"}


@contextmanager
def disk_errors(path: Path) -> Iterator[None]:
    """Turn a full disk or quota into a SetupError that says how much is free and what to do.

    pyarrow and torch wrap the operating system's error, so the number is also looked for in
    what they say and in the chain of causes.
    """
    try:
        yield
    except (OSError, RuntimeError) as error:
        code = _full_code(error)
        if code is None:
            raise
        raise SetupError(
            f"cannot write {path.name}: {_FULL[code]}",
            where=f"{path.parent} ({_free_space(path)} free)",
            cause="checkpoints and rollouts of earlier runs fill the disk",
            remedy="free some space or choose another folder, then go on with --resume; "
            "nothing half-written was left behind",
        ) from error


def _full_code(error: BaseException | None) -> int | None:
    while error is not None:
        if isinstance(error, OSError) and error.errno in _FULL:
            return error.errno
        text = str(error)
        for code in _FULL:
            if os.strerror(code) in text:
                return code
        error = error.__cause__ or error.__context__
    return None


def _free_space(path: Path) -> str:
    existing = next(folder for folder in path.absolute().parents if folder.exists())
    return f"{shutil.disk_usage(existing).free / 2**20:,.1f} MiB"


@contextmanager
def new_file(path: Path) -> Iterator[BinaryIO]:
    """A binary stream whose content appears at `path` when the block ends, and only then.

    An existing file is replaced in one step. On any error the partial file is removed.
    """
    partial = path.with_name(path.name + PARTIAL)
    with disk_errors(path):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            with partial.open("wb") as stream:
                yield stream
                stream.flush()
                os.fsync(stream.fileno())
            partial.replace(path)
        except BaseException:
            partial.unlink(missing_ok=True)
            raise
        sync_folder(path.parent)


def write_text(path: Path, text: str) -> None:
    """Write UTF-8 text atomically; lone surrogates are kept."""
    with new_file(path) as stream:
        stream.write(text.encode("utf-8", "surrogatepass"))


def write_json(path: Path, value: Any) -> None:
    """Write indented JSON with sorted keys atomically. NaN is refused."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, allow_nan=False) + "\n")


@contextmanager
def new_folder(path: Path) -> Iterator[Path]:
    """A folder to fill, which appears at `path` when the block ends, and only then.

    `path` may exist if it is an empty folder. FileExistsError otherwise; on any error nothing
    is left behind.
    """
    partial = path.with_name(path.name + PARTIAL)
    with disk_errors(path):
        try:
            if partial.exists():
                shutil.rmtree(partial)
            partial.mkdir(parents=True)
            yield partial
            for file in sorted(partial.rglob("*")):
                sync_file(file) if file.is_file() else sync_folder(file)
            sync_folder(partial)
            _rename_folder(partial, path)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        sync_folder(path.parent)


def _rename_folder(partial: Path, path: Path) -> None:
    try:
        partial.rename(path)
    except OSError as error:
        if error.errno in (errno.ENOTEMPTY, errno.EEXIST, errno.ENOTDIR):
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(path)) from error
        raise


def sync_file(path: Path) -> None:
    """Push a file's content to the disk."""
    with path.open("rb") as stream:
        os.fsync(stream.fileno())


def sync_folder(path: Path) -> None:
    """Push a folder's names to the disk, so that a rename survives a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def remove_partials(folder: Path) -> list[Path]:
    """Remove what killed processes left below `folder`; returns what was removed."""
    leftovers = [path for path in sorted(folder.rglob("*" + PARTIAL)) if path.exists()]
    for path in leftovers:
        if path.is_dir():
            shutil.rmtree(path)
        else:
            path.unlink(missing_ok=True)
    return leftovers


def append_bytes(path: Path, content: bytes) -> None:
    """Append and flush to the disk; on any error the file is cut back to what it was."""
    with disk_errors(path), path.open("ab") as stream:
        length = stream.seek(0, os.SEEK_END)
        try:
            stream.write(content)
            stream.flush()
            os.fsync(stream.fileno())
        except BaseException:
            os.truncate(path, length)
            raise
