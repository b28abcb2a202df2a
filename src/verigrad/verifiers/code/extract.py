"""Find the code in a response: one program, or nothing.

Works on lines, in linear time, and never parses the model's text. Without a fence the whole
response is the code; with fences exactly one block must fit, or the response is ambiguous. Text
inside `<think>` does not count, an unclosed fence or thought is a response cut short.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from verigrad.core.verdict import Extracted, Reason

_FENCE = re.compile(r" {0,3}(`{3,32}|~{3,32})[ \t]{0,8}([^`]{0,200})$")
_FILE = re.compile(
    r"(?:#|//)[ \t]{0,4}(?:file(?:name)?:[ \t]{0,4})?([\w./-]{1,200}\.\w{1,8})[ \t]*$"
)
_FILE_IN_INFO = re.compile(r"(?:^|[\s:=\"'])([\w./-]{1,200}\.\w{1,8})[\"']?[ \t]*$")
_THOUGHT_END = "</think>"
LANGUAGES = {
    "python": frozenset({"", "python", "python3", "py", "py3"}),
    "cpp": frozenset({"", "cpp", "c++", "cc", "cxx"}),
    "c": frozenset({"", "c"}),
    "javascript": frozenset({"", "javascript", "js", "node"}),
    "rust": frozenset({"", "rust", "rs"}),
    "shell": frozenset({"", "bash", "sh", "shell"}),
}


@dataclass(frozen=True, slots=True)
class Block:
    """A fenced block: its first info word in lower case, the file it names, its text's span."""

    language: str
    file: str | None
    text: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Found:
    """The code of a response: its entry text, and further files by name."""

    extracted: Extracted
    files: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class NotFound:
    """Why there is no code: a reason of the response's own."""

    reason: Reason
    why: str


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a problem's tests want found.

    entry_point: a name the code must define; None for programs.
    main: the entry file of a multi-file solution; None where one text is the solution.
    """

    language: str = "python"
    entry_point: str | None = None
    main: str | None = None
    block: Literal["only", "last"] = "only"


def find_code(response: str, wanted: Wanted, *, max_chars: int) -> Found | NotFound:
    r"""The one program of `response`, or why there is none.

    >>> find_code("So:\n```python\nx = 1\n```", Wanted(), max_chars=99).extracted.text
    'x = 1\n'
    """
    if len(response) > 4 * max_chars:
        return NotFound(Reason.OVER_LIMIT, f"the response is longer than {4 * max_chars}")
    offset = response.rfind(_THOUGHT_END) + len(_THOUGHT_END) if _THOUGHT_END in response else 0
    if "<think>" in response[offset:]:
        return NotFound(Reason.NO_ANSWER, "the thought does not end")
    visible = response[offset:]
    blocks = find_blocks(visible, offset)
    if blocks is None:
        return NotFound(Reason.MALFORMED, "a fence does not end: the response was cut short")
    found = _choose(visible, offset, blocks, wanted)
    if isinstance(found, NotFound):
        return found
    texts = [found.extracted.text, *[text for _, text in found.files]]
    if sum(map(len, texts)) > max_chars:
        return NotFound(Reason.OVER_LIMIT, f"the code is longer than {max_chars} characters")
    if not any(text.strip() for text in texts):
        return NotFound(Reason.NO_ANSWER, "there is no code")
    if any("\0" in text for text in texts):
        return NotFound(Reason.MALFORMED, "the code holds a NUL character")
    return found


def find_blocks(text: str, offset: int = 0) -> list[Block] | None:
    """All fenced blocks, in order; None where one does not end."""
    blocks: list[Block] = []
    mark, info, start, at = "", "", 0, 0
    for line in text.split("\n"):
        match = _FENCE.match(line)
        if match and not mark:
            mark, info, start = match[1], match[2].strip(), at + len(line) + 1
        elif match and match[1].startswith(mark) and not match[2].strip():
            blocks.append(_block(text, info, start, at, offset))
            mark = ""
        at += len(line) + 1
    return None if mark else blocks


def _block(text: str, info: str, start: int, end: int, offset: int) -> Block:
    body = text[start:end]
    language = re.split(r"[\s:{=]", info, maxsplit=1)[0].lower()
    first = body.split("\n", 1)[0]
    named = _FILE_IN_INFO.search(info) or _FILE.match(first)
    file = named[1] if named else None
    language = "" if file and language == file.lower() else language
    return Block(language, file, body, offset + start, offset + end)


def _choose(text: str, offset: int, blocks: list[Block], wanted: Wanted) -> Found | NotFound:
    fitting = [
        b for b in blocks if b.language in LANGUAGES.get(wanted.language, {"", wanted.language})
    ]
    if wanted.main is not None:
        return _files(fitting, wanted.main)
    if not blocks:
        whole = Extracted(text, offset, offset + len(text), "whole")
        return Found(whole)
    if wanted.entry_point is not None:
        fitting = [b for b in fitting if defines(b.text, wanted.entry_point)]
    if not fitting:
        return NotFound(Reason.NO_ANSWER, "no fenced block fits")
    texts = {block.text for block in fitting}
    if len(texts) > 1 and wanted.block == "only":
        return NotFound(Reason.AMBIGUOUS, f"{len(texts)} different fenced blocks fit")
    last = fitting[-1]
    return Found(Extracted(last.text, last.start, last.end, "fence"))


def _files(blocks: list[Block], main: str) -> Found | NotFound:
    """A multi-file solution: every fitting block names its file, none twice."""
    named = {block.file: block for block in blocks if block.file}
    if len(named) != len(blocks):
        return NotFound(Reason.AMBIGUOUS, "a block names no file, or two name the same")
    if main not in named:
        return NotFound(Reason.NO_ANSWER, f"no block is the file {main}")
    if any(name.startswith("/") or ".." in name.split("/") for name in named):
        return NotFound(Reason.MALFORMED, "a file's name leads outside")
    entry = named.pop(main)
    files = tuple((name, block.text) for name, block in sorted(named.items()))
    return Found(Extracted(entry.text, entry.start, entry.end, "files"), files)


def defines(text: str, name: str) -> bool:
    r"""Whether a line of `text` defines `name` (its first part) at the left margin.

    >>> defines("def add(a, b):\n    ...", "add"), defines("add(1, 2)", "add")
    (True, False)
    """
    head = re.escape(name.split(".", maxsplit=1)[0])
    pattern = (
        rf"^(?:async[ \t]{{1,8}})?(?:def|class)[ \t]{{1,8}}{head}\b|^{head}[ \t]{{0,8}}(?::|=(?!=))"
    )
    return re.search(pattern, text, re.MULTILINE) is not None
