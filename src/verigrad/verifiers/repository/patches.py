r"""Patches in the unified format of `diff -u` and git: read, applied and written, exactly.

A hunk is applied where it says, or, where that place does not fit, at the only place after the
hunk before it that does: line numbers are what models get wrong. Context must match to the
character and the counts of a hunk must be right; nothing is guessed.

    --- a/shop.py
    +++ b/shop.py
    @@ -1,2 +1,2 @@
     def total(prices):
    -    return prices[0]
    +    return sum(prices)
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath

from verigrad.verifiers.repository.snapshot import is_inside

NOTHING = "/dev/null"
_HUNK = re.compile(r"@@ -(\d{1,9})(?:,(\d{1,9}))? \+(\d{1,9})(?:,(\d{1,9}))? @@")
_NO_NEWLINE = "\\ No newline at end of file"
_REFUSED = ("rename ", "copy ", "GIT binary patch", "Binary files ", "old mode ", "new mode ")
_NEW = ("new file mode ", "deleted file mode ")
_PLAIN_MODES = ("100644", "100755")


class BadPatch(Exception):  # noqa: N818 (becomes a verdict)
    """The text is no patch that can be applied: a sentence says why."""


@dataclass(slots=True)
class Hunk:
    """`old` lines at line `start` (from 0) become `new`; each line with its end, if it has one."""

    start: int
    old: list[str] = field(default_factory=list)
    new: list[str] = field(default_factory=list)


@dataclass(slots=True)
class FilePatch:
    """The hunks of one file. `before` is None for a new file, `after` for one that is deleted."""

    before: str | None
    after: str | None
    hunks: list[Hunk] = field(default_factory=list)

    @property
    def path(self) -> str:
        """The file it is about."""
        return self.after or self.before or ""


def read_patch(text: str) -> list[FilePatch]:
    """The file patches of `text`; BadPatch where it is not one from its first line to its last."""
    lines = text.split("\n")
    while lines and not lines[-1]:
        lines.pop()
    found: dict[str, FilePatch] = {}
    at = 0
    while at < len(lines):
        at = _skip_headers(lines, at)
        if at == len(lines):
            break
        if not lines[at].startswith("--- ") or not lines[at + 1 : at + 2]:
            raise BadPatch(f"line {at + 1} belongs to no hunk: {lines[at][:60]!r}")
        patch = FilePatch(_name(lines[at], "--- ", "a/"), _name(lines[at + 1], "+++ ", "b/"))
        at = _read_hunks(lines, at + 2, patch)
        _check(patch)
        if patch.path in found:
            raise BadPatch(f"{patch.path!r} is patched twice")
        found[patch.path] = patch
    if not found:
        raise BadPatch("there is no file in the patch")
    return list(found.values())


def _skip_headers(lines: list[str], at: int) -> int:
    """Past git's own lines of a file; BadPatch for what is not applied here."""
    while at < len(lines):
        line = lines[at]
        if line.startswith(_REFUSED):
            raise BadPatch(f"this kind of change is not applied: {line[:60]!r}")
        if line.startswith(_NEW) and not line.endswith(_PLAIN_MODES):
            raise BadPatch(f"only plain files can be made or deleted: {line[:60]!r}")
        if not line.startswith(("diff --git ", "index ", *_NEW)) and line.strip():
            break
        at += 1
    return at


def _name(line: str, mark: str, prefix: str) -> str | None:
    if not line.startswith(mark):
        raise BadPatch(f"a line beginning with {mark!r} is missing before {line[:60]!r}")
    name = line.removeprefix(mark).split("\t")[0].rstrip()
    if name == NOTHING:
        return None
    name = name.removeprefix(prefix)
    if not is_inside(name):
        raise BadPatch(f"{name[:80]!r} is no path inside the repository")
    return name


def _check(patch: FilePatch) -> None:
    if patch.before is None and patch.after is None:
        raise BadPatch("a patch from nothing to nothing")
    if patch.before and patch.after and patch.before != patch.after:
        raise BadPatch(f"a file is renamed: {patch.before!r} to {patch.after!r}")


def _read_hunks(lines: list[str], at: int, patch: FilePatch) -> int:
    while at < len(lines) and (head := _HUNK.match(lines[at])):
        start, old, _, new = (int(number or "1") for number in head.groups())
        hunk = Hunk(max(0, start - 1) if old else start)
        at = _read_lines(lines, at + 1, hunk, old=old, new=new)
        patch.hunks.append(hunk)
    if not patch.hunks:
        raise BadPatch(f"no hunk for {patch.path!r}")
    return at


def _read_lines(lines: list[str], at: int, hunk: Hunk, *, old: int, new: int) -> int:
    """The lines of a hunk, as many as its head says; the line after them."""
    last: list[list[str]] = []
    while at < len(lines) and (len(hunk.old) < old or len(hunk.new) < new):
        line = lines[at] or " "  # an empty context line whose space was lost on the way
        sides = {" ": [hunk.old, hunk.new], "-": [hunk.old], "+": [hunk.new]}.get(line[0])
        if sides is None and line.startswith("\\"):
            _drop_newline(last)
            at += 1
            continue
        if sides is None:
            raise BadPatch(f"line {at + 1} of the patch begins with none of ' +-\\': {line[:60]!r}")
        for side in sides:
            side.append(line[1:] + "\n")
        last = sides
        at += 1
    if len(hunk.old) != old or len(hunk.new) != new:
        raise BadPatch(
            f"a hunk says {old} old and {new} new lines and has {len(hunk.old)} and {len(hunk.new)}"
        )
    if at < len(lines) and lines[at].startswith("\\"):
        _drop_newline(last)
        at += 1
    return at


def _drop_newline(sides: list[list[str]]) -> None:
    for side in sides:
        side[-1] = side[-1].removesuffix("\n")


def apply_patch(files: Mapping[str, str], patches: list[FilePatch]) -> dict[str, str]:
    r"""The files after the patches; BadPatch where one does not fit.

    >>> patch = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-one\n+two\n"
    >>> apply_patch({"x": "one\n"}, read_patch(patch))
    {'x': 'two\n'}
    """
    changed = dict(files)
    for patch in patches:
        if patch.before is None:
            if patch.path in changed:
                raise BadPatch(f"{patch.path!r} is to be made and exists")
            changed[patch.path] = "".join(line for hunk in patch.hunks for line in hunk.new)
            continue
        if patch.before not in changed:
            raise BadPatch(f"there is no file {patch.before!r}")
        text = _applied(changed[patch.before], patch)
        if patch.after is not None:
            changed[patch.path] = text
        elif text:
            raise BadPatch(f"{patch.path!r} is to be deleted and would keep text")
        else:
            del changed[patch.path]
    folders = {str(folder) for path in changed for folder in PurePosixPath(path).parents}
    if both := sorted(folders & set(changed)):
        raise BadPatch(f"{both[0]!r} would be a file and a folder")
    return changed


def _applied(text: str, patch: FilePatch) -> str:
    lines = _split(text)
    result: list[str] = []
    places: dict[str, list[int]] = {}
    at = shift = 0
    for hunk in patch.hunks:
        place = _stated_place(lines, hunk, at=at, shift=shift)
        if place is None:
            if not places:
                for number, line in enumerate(lines):
                    places.setdefault(line, []).append(number)
            place = _only_place(lines, hunk, places, at=at, path=patch.path)
        result += [*lines[at:place], *hunk.new]
        at = place + len(hunk.old)
        shift = place - hunk.start
    return "".join([*result, *lines[at:]])


def _split(text: str) -> list[str]:
    """Lines by line feeds alone, as git sees them."""
    *whole, rest = text.split("\n")
    return [*(line + "\n" for line in whole), *([rest] if rest else [])]


def _stated_place(lines: list[str], hunk: Hunk, *, at: int, shift: int) -> int | None:
    """Where the hunk says it goes, by the file's lines or moved as the hunk before it was."""
    for start in (hunk.start, hunk.start + shift):
        if at <= start <= len(lines) and lines[start : start + len(hunk.old)] == hunk.old:
            return start
    return None


def _only_place(
    lines: list[str], hunk: Hunk, places: Mapping[str, list[int]], *, at: int, path: str
) -> int:
    """The one place after `at` where the hunk fits, looked for where its rarest line stands."""
    found = []
    if hunk.old:
        anchor = min(range(len(hunk.old)), key=lambda k: len(places.get(hunk.old[k], ())))
        starts = (number - anchor for number in places.get(hunk.old[anchor], ()))
        found = [n for n in starts if n >= at and lines[n : n + len(hunk.old)] == hunk.old]
    if len(found) != 1:
        where = "nowhere" if not found else f"at {len(found)} places"
        raise BadPatch(f"the hunk at line {hunk.start + 1} of {path!r} fits {where}")
    return found[0]


def write_patch(before: Mapping[str, str], after: Mapping[str, str]) -> str:
    r"""What turns `before` into `after`, as git writes it; "" where they are equal.

    >>> print(write_patch({"x": "1\n"}, {"x": "2\n"}), end="")
    diff --git a/x b/x
    --- a/x
    +++ b/x
    @@ -1 +1 @@
    -1
    +2
    """
    return "".join(_written(before, after))


def _written(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[str]:
    for path in sorted({*before, *after}):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        yield f"diff --git a/{path} b/{path}\n"
        if old is None:
            yield "new file mode 100644\n"
        if new is None:
            yield "deleted file mode 100644\n"
        names = (NOTHING if old is None else f"a/{path}", NOTHING if new is None else f"b/{path}")
        for line in difflib.unified_diff(
            _split(old or ""), _split(new or ""), *names, lineterm="\n"
        ):
            yield line if line.endswith("\n") else f"{line}\n{_NO_NEWLINE}\n"
