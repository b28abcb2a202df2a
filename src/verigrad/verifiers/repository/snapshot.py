"""What the policy is given: the files of a repository, and where they come from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path, PurePosixPath
from types import MappingProxyType
from typing import Any

from verigrad.core.errors import DataError
from verigrad.core.types import Problem
from verigrad.verifiers.repository.git import files_at

INFO = "repository"
MAX_BYTES = 1 << 24
MAX_PATH, MAX_NAME = 900, 200  # characters of a path, bytes of a name: what a sandbox can lay out
_SKIPPED = {".git", "__pycache__"}


@dataclass(frozen=True, slots=True)
class Snapshot:
    """Text files by path. `folder` is where they lie; `is_working_copy` where the policy is let
    into that folder itself, with all that lies in it beside these files.
    """

    files: Mapping[str, str]
    folder: Path | None = None
    is_working_copy: bool = False


def snapshot_of(problem: Problem) -> Snapshot:
    """The problem's `info["repository"]`; DataError where it has none that can be read.

    {"files": {path: text}}, or {"folder": ..., "commit": ...} for the files of a commit of a git
    repository, or {"folder": ...} for a working copy as it lies there.

    >>> list(snapshot_of(Problem.of("Mend it.", {}, repository={"files": {"a.py": ""}})).files)
    ['a.py']
    """
    given = problem.info.get(INFO)
    if not isinstance(given, Mapping) or set(given) not in (
        {"files"}, {"folder"}, {"folder", "commit"},
    ):  # fmt: skip
        raise DataError(
            f'a problem has no repository in info["{INFO}"]',
            cause=f"it is {given!r:.80}",
            remedy='give it {"files": {path: text}}, {"folder": ..., "commit": ...} or '
            '{"folder": ...}',
        )
    if "files" in given:
        return Snapshot(_checked(given["files"]))
    folder, commit = given["folder"], given.get("commit")
    if not isinstance(folder, str) or not (commit is None or isinstance(commit, str)):
        raise DataError("a repository's folder and commit must be strings", where=repr(given)[:200])
    if commit is None:
        return Snapshot(_lying_in(Path(folder)), Path(folder), is_working_copy=True)
    return Snapshot(_at(folder, commit), Path(folder))


@lru_cache(maxsize=64)
def _at(folder: str, commit: str) -> Mapping[str, str]:
    return _checked(files_at(Path(folder), commit))


def _lying_in(folder: Path) -> Mapping[str, str]:
    if not folder.is_dir():
        raise DataError("a problem's working copy is no folder", where=str(folder))
    files = {}
    for path in sorted(folder.rglob("*")):
        inside = path.relative_to(folder)
        if _SKIPPED & set(inside.parts) or path.is_symlink() or not path.is_file():
            continue
        try:
            files[inside.as_posix()] = path.read_text("utf-8")
        except UnicodeDecodeError:
            continue
    return _checked(files)


def _checked(files: Any) -> Mapping[str, str]:
    if not isinstance(files, Mapping) or not files:
        raise DataError("a repository has no files", where=f"{files!r:.80}")
    for path, text in files.items():
        if not isinstance(path, str) or not isinstance(text, str) or not is_inside(path):
            raise DataError("a repository's files must be relative paths and texts", where=path)
    if sum(len(text.encode("utf-8", "surrogatepass")) for text in files.values()) > MAX_BYTES:
        raise DataError(f"a repository has more than {MAX_BYTES} bytes of text")
    return MappingProxyType(dict(files))


def is_inside(path: str) -> bool:
    """Whether a path names a file of the repository, in the one way of writing it.

    >>> is_inside("src/a.py"), is_inside("../a.py"), is_inside("src//a.py"), is_inside(".git/HEAD")
    (True, False, False, False)
    """
    pure = PurePosixPath(path)
    parts = pure.parts
    if not parts or path.startswith("/") or str(pure) != path or not path.isprintable():
        return False
    if len(path) > MAX_PATH or max(len(part.encode()) for part in parts) > MAX_NAME:
        return False
    return ".." not in parts and not any(part.lower() == ".git" for part in parts)
