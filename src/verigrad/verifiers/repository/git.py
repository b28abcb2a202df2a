"""Reading git repositories that are not trusted: without their hooks, filters and remotes."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from verigrad.core.errors import DataError, SetupError

_TIME_LIMIT_S = 120
_SAFE = (
    "-c", "safe.directory=*", "-c", "core.fsmonitor=false", "-c", "protocol.allow=never",
    "-c", "core.hooksPath=/dev/null", "--no-optional-locks", "--no-replace-objects",
)  # fmt: skip
_QUIET = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "LC_ALL": "C",
}


def run_git(folder: Path, *arguments: str, given: bytes = b"") -> bytes:
    """What git says of the repository in `folder`; DataError where it refuses.

    SetupError without git. Variables that point git elsewhere (GIT_DIR, ...) are not passed on.
    """
    program = shutil.which("git")
    if program is None:
        raise SetupError("git is not on the PATH", remedy="install git")
    environment = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    try:
        done = subprocess.run(
            [program, *_SAFE, "-C", str(folder), *arguments],
            input=given, capture_output=True, timeout=_TIME_LIMIT_S, check=False,
            env=environment | _QUIET,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        raise DataError(
            f"git {arguments[0]} took more than {_TIME_LIMIT_S} s", where=str(folder),
            remedy="give the policy a smaller repository, or the files of one commit",
        ) from None  # fmt: skip
    if done.returncode:
        raise DataError(
            f"git {arguments[0]} failed",
            where=str(folder),
            cause=done.stderr.decode("utf-8", "replace").strip()[:300],
            remedy="name a git repository and a commit that it has",
        )
    return done.stdout


@dataclass(frozen=True, slots=True)
class GitObject:
    """One object as it is stored: its name (hexadecimal), kind and content."""

    name: str
    kind: str
    content: bytes


def read_objects(folder: Path, names: list[str]) -> Iterator[GitObject]:
    """The objects of these names, in order."""
    if not names:
        return
    given = "".join(f"{name}\n" for name in names).encode()
    data, at = run_git(folder, "cat-file", "--batch", given=given), 0
    while at < len(data):
        end = data.index(b"\n", at)
        name, kind, *size = data[at:end].decode().split(" ")
        if not size:  # "<name> missing"
            at = end + 1
            continue
        start = end + 1
        at = start + int(size[0]) + 1
        yield GitObject(name, kind, data[start : at - 1])


def files_at(folder: Path, commit: str) -> dict[str, str]:
    """The text files of a commit by path. Links, submodules and what is no UTF-8 are left out."""
    listed = run_git(folder, "ls-tree", "-r", "-z", "--full-tree", "--end-of-options", commit)
    paths: dict[str, list[str]] = {}
    for entry in filter(None, listed.split(b"\0")):
        facts, _, path = entry.partition(b"\t")
        mode, kind, name = facts.decode().split(" ")
        if kind == "blob" and mode != "120000":
            paths.setdefault(name, []).append(path.decode("utf-8", "surrogateescape"))
    files = {}
    for found in read_objects(folder, list(paths)):
        try:
            text = found.content.decode("utf-8")
        except UnicodeDecodeError:
            continue
        files |= dict.fromkeys(paths[found.name], text)
    return dict(sorted(files.items()))
