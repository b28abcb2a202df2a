"""Telling reasoning from answer: what stands inside `<think>` is never an answer."""

from __future__ import annotations

import re

_TAG = re.compile(
    r"<(/?)(?:think|thinking|thought|reasoning)>|<\|(begin|end)_of_thought\|>", re.IGNORECASE
)


def blank_reasoning(response: str) -> str:
    """The response with reasoning replaced by newlines, same length, so that spans still hold.

    A closing tag without an opening one (templates that open it in the prompt) ends a reasoning
    that began with the text; an opening tag without a closing one makes the rest reasoning.

    >>> blank_reasoning("<think>5?</think>6").strip()
    '6'
    >>> blank_reasoning("<think>cut off").strip()
    ''
    """
    if "<" not in response:
        return response
    spans: list[tuple[int, int]] = []
    open_at: int | None = None
    for tag in _TAG.finditer(response):
        closes = tag.group(1) == "/" or (tag.group(2) or "").lower() == "end"
        if not closes:
            open_at = tag.start() if open_at is None else open_at
        elif open_at is None:  # began before the text did
            spans = [(0, tag.end())]
        else:
            spans.append((open_at, tag.end()))
            open_at = None
    if open_at is not None:
        spans.append((open_at, len(response)))
    return _blanked(response, spans) if spans else response


def _blanked(response: str, spans: list[tuple[int, int]]) -> str:
    pieces: list[str] = []
    kept = 0
    for start, end in spans:
        pieces += [response[kept:start], "\n" * (end - start)]
        kept = end
    pieces.append(response[kept:])
    return "".join(pieces)
