"""Secrets among the files given, and in what lies beside them in a working copy."""

from __future__ import annotations

import importlib.util
import os
import stat
import tarfile
import zipfile
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from verigrad.audit.leaks.secret import Secret

MAX_FILE_BYTES = 1 << 22
MAX_ARCHIVE_BYTES = 1 << 26
_ZIPS = (".zip", ".whl", ".egg", ".jar")
_TARS = (".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tar.xz")
_OBJECTS = ("objects", "lfs")

Hits = list[tuple[str, int, list[str]]]


def search_files(files: Mapping[str, str], secrets: Sequence[Secret]) -> tuple[int, list[str]]:
    """How many files were read, and which give a secret away."""
    return len(files), [
        f"{secret.what} in {path}"
        for path, text in files.items()
        for secret in secrets
        if secret.is_in(text)
    ]


def search_folder(folder: Path, secrets: Sequence[Secret]) -> Hits:
    """What lies in a working copy beside its text files, git's own loose files included."""
    looked_at, hits, links = 0, list[str](), list[str]()
    for path in _walk(folder):
        inside = path.relative_to(folder).as_posix()
        if path.is_symlink():
            target = path.resolve()
            if not target.is_relative_to(folder.resolve()) and target.exists():
                links.append(f"{inside} leads to {target}")
            continue
        looked_at += 1
        if path.suffix == ".pyc":
            hits += [f"{inside}: {why}" for why in _of_another_source(path)]
        for part, text in _texts(path):
            where = f"{inside}, in it {part}" if part else inside
            hits += [f"{secret.what} in {where}" for secret in secrets if secret.is_in(text)]
    return [("left over", looked_at, hits), ("links", looked_at, links)]


def _walk(folder: Path) -> Iterator[Path]:
    """Files and links, without following any; git's objects are read by git."""
    for top, folders, names in os.walk(folder):
        inside_git = ".git" in Path(top).relative_to(folder).parts
        if inside_git:
            folders[:] = [name for name in folders if name not in _OBJECTS]
        for name in sorted([*names, *folders]):
            path = Path(top, name)
            mode = path.lstat().st_mode
            if stat.S_ISLNK(mode) or stat.S_ISREG(mode):
                yield path


def _texts(path: Path) -> Iterator[tuple[str, str]]:
    """The texts in a file: its own, or those of an archive's members with their names."""
    try:
        if path.name.endswith(_ZIPS):
            yield from _of_zip(path)
        elif path.name.endswith(_TARS):
            yield from _of_tar(path)
        elif path.stat().st_size <= MAX_FILE_BYTES:
            yield "", path.read_bytes().decode("utf-8", "replace")
    except (OSError, EOFError, ValueError, zipfile.BadZipFile, tarfile.TarError, RuntimeError):
        return  # no archive after all, or one that is cut


def _of_zip(path: Path) -> Iterator[tuple[str, str]]:
    left = MAX_ARCHIVE_BYTES
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            left -= member.file_size
            if member.file_size <= MAX_FILE_BYTES and left >= 0:
                with archive.open(member) as stream:
                    content = stream.read(MAX_FILE_BYTES)
                yield member.filename, content.decode("utf-8", "replace")


def _of_tar(path: Path) -> Iterator[tuple[str, str]]:
    left = MAX_ARCHIVE_BYTES
    with tarfile.open(path) as archive:
        for member in archive:
            left -= max(0, member.size)
            stream = archive.extractfile(member) if member.isfile() and left >= 0 else None
            if stream is not None and member.size <= MAX_FILE_BYTES:
                yield member.name, stream.read(MAX_FILE_BYTES).decode("utf-8", "replace")


def _of_another_source(path: Path) -> Iterator[str]:
    """Why a compiled module says more than the source that lies there; nothing where it does not.

    Compiled code is never loaded: its header has the size or the hash of the source it came from.
    """
    head = path.read_bytes()[:16]
    if len(head) < 16:
        return
    folder = path.parent.parent if path.parent.name == "__pycache__" else path.parent
    source = folder / f"{path.name.split('.')[0]}.py"
    if not source.is_file():
        yield f"compiled from {source.name}, which is not there"
        return
    text = source.read_bytes()
    by_hash = int.from_bytes(head[4:8], "little") & 1
    if by_hash:
        same = importlib.util.source_hash(text) == head[8:16]
    else:
        same = int.from_bytes(head[12:16], "little") == len(text) & 0xFFFFFFFF
    if not same:
        yield f"compiled from another {source.name} than the one that is there"
