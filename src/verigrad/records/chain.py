"""The hash chain: one line for every file of a run, each line holding the digest of the last.

`chain.jsonl` is only ever appended to. A line says "from here on, PATH has SIZE bytes with this
SHA-256" (or, with a null digest, "from here on PATH is gone"), and ends in `link`, the digest of
the rest of the line, which contains the link of the line before. The last line about a path
holds. So one changed byte anywhere is seen: in a file, against its line; in a line, against its
link; in a link, against the next line. A reader who noted the last link can also prove that the
whole chain was not written anew.

A copy may leave files out without breaking the chain: it names them in `withheld.json`, whose line
comes after all others. Their digests stay, so a file that is shown later can still be proved.
"""

from __future__ import annotations

import fcntl
import json
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.core.digests import canonical_json, digest_file, digest_json
from verigrad.core.errors import DataError
from verigrad.records.atomic import PARTIAL, append_bytes

CHAIN = "chain.jsonl"
WITHHELD = "withheld.json"
SCHEMA = "verigrad.run/1"
_FIELDS = {"index", "link", "note", "path", "previous", "schema", "sha256", "size"}


@dataclass(frozen=True, slots=True)
class Entry:
    """What the chain says of one path. `sha256` None: the file was removed on purpose."""

    path: str
    size: int
    sha256: str | None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is not as the chain says."""

    path: str
    problem: str

    def __str__(self) -> str:
        return f"{self.path}: {self.problem}"


def entry_for(run: Path, file: Path, *, note: str = "") -> Entry:
    """The entry that describes `file` as it is now."""
    return Entry(file.relative_to(run).as_posix(), file.stat().st_size, digest_file(file), note)


def append(run: Path, entries: Iterable[Entry]) -> str:
    """Append entries in one write; returns the new last link. Safe between processes."""
    path = run / CHAIN
    with _locked(path):
        cut_torn_line(run)
        index, link = _tail(path)
        text = ""
        for entry in entries:
            line = _line(entry, index=index, previous=link)
            text, index, link = text + canonical_json(line) + "\n", index + 1, line["link"]
        if text:
            append_bytes(path, text.encode("utf-8", "surrogatepass"))
    return link


def _line(entry: Entry, *, index: int, previous: str) -> dict[str, Any]:
    line = {
        "schema": SCHEMA,
        "index": index,
        "previous": previous,
        "path": entry.path,
        "size": entry.size,
        "sha256": entry.sha256,
        "note": entry.note,
    }
    return {**line, "link": digest_json(line)}


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def cut_torn_line(run: Path) -> None:
    """A kill in the middle of an append leaves a line without its end; it was never valid."""
    path = run / CHAIN
    content = _last_bytes(path)
    torn = len(content) - (content.rfind(b"\n") + 1)
    if torn:
        os.truncate(path, path.stat().st_size - torn)


def _last_bytes(path: Path) -> bytes:
    with path.open("rb") as stream:
        stream.seek(max(0, stream.seek(0, os.SEEK_END) - (1 << 16)))
        return stream.read()


def _tail(path: Path) -> tuple[int, str]:
    """Next index and last link."""
    content = _last_bytes(path)
    lines = content[: content.rfind(b"\n") + 1].splitlines()
    if not lines:
        return 0, ""
    try:
        last = json.loads(lines[-1])
        return last["index"] + 1, last["link"]
    except (ValueError, KeyError, TypeError) as error:
        raise _damaged(path, "its last line cannot be read") from error


def _damaged(path: Path, how: str) -> DataError:
    return DataError(
        f"the run's hash chain is damaged: {how}",
        where=str(path),
        cause="the file was edited, or the disk is failing",
        remedy="restore it or start a new run; `verify_chain` names all damage",
    )


def head(run: Path) -> str:
    """The last link: note it elsewhere to prove later that the whole record is the same."""
    return _tail(run / CHAIN)[1]


def last_entries(run: Path) -> dict[str, Entry]:
    """The last entry of every path the chain speaks of, removed ones included.

    DataError where the chain itself was altered: nothing may be built on it then.
    """
    findings: list[Finding] = []
    entries = {entry.path: entry for entry in _read(run, findings=findings)}
    if findings:
        raise _damaged(run / CHAIN, findings[0].problem)
    return entries


def verify_chain(run: Path, *, expected_head: str | None = None) -> list[Finding]:
    """Everything in the folder that is not as the chain says; empty when nothing was altered.

    What was withheld on purpose is no finding. `expected_head` may also be the link before an
    export's own line.
    """
    findings: list[Finding] = []
    lines = _read(run, findings=findings)
    entries = {entry.path: entry for entry in lines}
    hidden = _withheld_by(run, entries.get(WITHHELD))
    heads = {head(run)} if not findings else set()
    if lines and lines[-1].path == WITHHELD and not findings:
        heads.add(_previous_of_last(run))
    if expected_head is not None and not findings and expected_head not in heads:
        findings.append(Finding(CHAIN, "ends in another link than the one noted before"))
    present = {path.relative_to(run).as_posix(): path for path in files(run)}
    for name in sorted({*entries, *present} - {CHAIN}):
        if name in hidden and name not in present:
            continue
        problem = _problem(entries.get(name), present.get(name))
        if problem:
            findings.append(Finding(name, problem))
    return findings


def withheld(run: Path) -> frozenset[str]:
    """Paths that a copy leaves out and says so; none in a folder that is whole."""
    return _withheld_by(run, last_entries(run).get(WITHHELD))


def _withheld_by(run: Path, entry: Entry | None) -> frozenset[str]:
    """What `withheld.json` names, where it is as its line says; nothing otherwise."""
    path = run / WITHHELD
    if entry is None or _problem(entry, path if path.exists() else None):
        return frozenset()
    return frozenset(json.loads(path.read_bytes())["paths"])


def _previous_of_last(run: Path) -> str:
    return json.loads((run / CHAIN).read_bytes().splitlines()[-1])["previous"]


def files(run: Path) -> Iterator[Path]:
    """Every path below `run` that is not a folder."""
    return (path for path in run.rglob("*") if path.is_symlink() or not path.is_dir())


def _problem(entry: Entry | None, file: Path | None) -> str | None:
    if file is None:
        return None if entry is None or entry.sha256 is None else "missing"
    if file.is_symlink() or not file.is_file():
        return "not a plain file"
    if entry is None:
        partial = any(part.endswith(PARTIAL) for part in file.parts)
        return "left half-written by a killed process" if partial else "not in the chain"
    if entry.sha256 is None:
        return "removed earlier, and there again"
    if file.stat().st_size != entry.size:
        return f"has {file.stat().st_size} bytes, recorded were {entry.size}"
    return None if digest_file(file) == entry.sha256 else "its content was altered"


def _read(run: Path, *, findings: list[Finding]) -> list[Entry]:
    """Entries of the chain; what is wrong with its lines goes to `findings`."""
    path = run / CHAIN
    if not path.is_file():
        findings.append(Finding(CHAIN, "missing"))
        return []
    entries: list[Entry] = []
    expected: tuple[int, str] | None = (0, "")
    for number, raw in enumerate(path.read_bytes().splitlines(keepends=True), start=1):
        line = _checked(raw)
        if line is None:
            how = "was altered" if raw.endswith(b"\n") else "is incomplete (a killed process?)"
            findings.append(Finding(CHAIN, f"line {number} {how}"))
            expected = None
            continue
        if expected is not None and expected != (line["index"], line["previous"]):
            findings.append(Finding(CHAIN, f"line {number} does not follow from the line before"))
        expected = (line["index"] + 1, line["link"])
        entries.append(Entry(line["path"], line["size"], line["sha256"], line["note"]))
    return entries


def _checked(raw: bytes) -> dict[str, Any] | None:
    """The line, if it is byte for byte what `append` writes; otherwise None."""
    try:
        line = json.loads(raw)
        if not isinstance(line, dict) or set(line) != _FIELDS:
            return None
        exact = canonical_json(line).encode("utf-8", "surrogatepass") + b"\n" == raw
        body = {key: value for key, value in line.items() if key != "link"}
        return line if exact and digest_json(body) == line["link"] else None
    except (ValueError, RecursionError):
        return None
