"""Secrets in a git repository: every object it stores is read, whatever leads to it or nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

from verigrad.audit.leaks.files import MAX_FILE_BYTES, Hits
from verigrad.audit.leaks.secret import Secret
from verigrad.core.errors import DataError
from verigrad.verifiers.repository.git import read_objects, run_git

_AT_ONCE = 2_000
_KINDS = ("blob", "commit", "tag")
_NOBODY = "to which no branch, tag, stash or reflog leads"
_WAYS = (
    (("HEAD",), "in HEAD or its past"),
    (("--all",), "to which another branch, a tag or the stash leads"),
    (("--reflog",), "to which only the reflog leads"),
)


def search_history(folder: Path, secrets: Sequence[Secret]) -> Hits:
    """What the git repositories in `folder` give away; nothing where there is none."""
    found: Hits = []
    for marker in sorted(folder.rglob(".git")):
        found += _of_repository(marker.parent, secrets)
    return found


def _of_repository(top: Path, secrets: Sequence[Secret]) -> Hits:
    names = _stored(top)
    known = _ways(top)
    hits = []
    for start in range(0, len(names), _AT_ONCE):
        for stored in read_objects(top, names[start : start + _AT_ONCE]):
            text = stored.content.decode("utf-8", "replace")
            path, way = known.get(stored.name, ("", _NOBODY))
            where = f"{stored.kind} {stored.name[:12]}{f' ({path})' if path else ''}, {way}"
            hits += [f"{secret.what} in {where}" for secret in secrets if secret.is_in(text)]
    later = [name for name, _ in _listed(top, "rev-list", "--all", "--reflog", "--not", "HEAD")]
    remotes = [" ".join(p) for p in _listed(top, "config", "--get-regexp", r"^remote\..*\.url$")]
    return [
        ("history", len(names), hits),
        ("later commits", 1, [f"{len(later)} commits, such as {later[0][:12]}"] if later else []),
        ("remotes", 1, remotes),
    ]


def _stored(top: Path) -> list[str]:
    """The names of all objects, those of alternates too, that are small enough to be read."""
    listed = run_git(top, "cat-file", "--batch-all-objects", "--batch-check").decode()
    rows = (line.split(" ") for line in listed.splitlines())
    return [name for name, kind, size in rows if kind in _KINDS and int(size) <= MAX_FILE_BYTES]


def _ways(top: Path) -> dict[str, tuple[str, str]]:
    """Object -> its path and what leads to it; the plainest way counts."""
    known: dict[str, tuple[str, str]] = {}
    for arguments, way in _WAYS:
        for name, path in _listed(top, "rev-list", "--objects", *arguments):
            known.setdefault(name, (path, way))
    return known


def _listed(top: Path, *arguments: str) -> Iterator[tuple[str, str]]:
    """Lines as (first word, the rest); none where git has nothing to say (an unborn HEAD)."""
    try:
        said = run_git(top, *arguments)
    except DataError:
        return
    for line in said.decode("utf-8", "replace").splitlines():
        name, _, rest = line.partition(" ")
        yield name, rest
