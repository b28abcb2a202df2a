"""Answers in a tag, behind a task's own pattern, or the last number."""

from __future__ import annotations

import re

from verigrad.core.verdict import Extracted
from verigrad.verifiers.extract.limits import MAX_MARKERS, TooManyMarkersError, bounded

REGEX_WINDOW_CHARS = 4096
_FENCE = re.compile(r"^[ \t]{0,8}```[^`\n]{0,40}$", re.MULTILINE)
_NUMBER = re.compile(
    r"[-+\u2212]?(?:[0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)(?:\.[0-9]+)?%?|[-+\u2212]?\.[0-9]+%?"
)


def find_tags(text: str, tag: str) -> list[Extracted] | None:
    """Content of every `<tag>...</tag>`; None where one never closes."""
    opened, closed = f"<{tag}>", f"</{tag}>"
    found: list[Extracted] = []
    position = 0
    while (start := text.find(opened, position)) >= 0:
        start += len(opened)
        stop = text.find(closed, start)
        if stop < 0:
            return None
        if text[start:stop].strip():
            found.append(Extracted(text[start:stop], start, stop, "tag"))
        position = stop + len(closed)
        if len(found) >= MAX_MARKERS:
            raise TooManyMarkersError
    return found


def find_fences(text: str) -> list[Extracted] | None:
    """Content of every fenced block, without the line of its fence; None where one never closes."""
    found: list[Extracted] = []
    opened: int | None = None
    for fence in bounded(_FENCE.finditer(text)):
        if opened is None:
            opened = min(len(text), fence.end() + 1)
            continue
        start, stop, opened = opened, max(opened, fence.start() - 1), None
        if text[start:stop].strip():
            found.append(Extracted(text[start:stop], start, stop, "fenced"))
    return found if opened is None else None


def find_pattern(text: str, pattern: str) -> list[Extracted]:
    """Group 1 (or the whole) of every match in the last 4,096 characters."""
    begin = max(0, len(text) - REGEX_WINDOW_CHARS)
    found: list[Extracted] = []
    for match in bounded(re.compile(pattern).finditer(text, begin)):
        group = 1 if match.re.groups and match.group(1) is not None else 0
        if match.group(group).strip():
            found.append(Extracted(match.group(group), *match.span(group), "regex"))
    return found


def find_last_number(text: str) -> list[Extracted]:
    """The last number of the last 4,096 characters."""
    last = None
    for last in _NUMBER.finditer(text, max(0, len(text) - REGEX_WINDOW_CHARS)):  # noqa: B007 (keeps the last)
        pass
    return [] if last is None else [Extracted(last.group(), *last.span(), "last_number")]
