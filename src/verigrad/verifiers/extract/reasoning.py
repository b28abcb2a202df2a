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
    pieces: list[str] = []
    end_of_kept = 0  # everything before is in `pieces`
    open_at: int | None = None
    for tag in _TAG.finditer(response):
        closes = tag.group(1) == "/" or (tag.group(2) or "").lower() == "end"
        if not closes:
            if open_at is None:
                open_at = tag.start()
        elif open_at is None:  # began before the text did
            pieces = ["\n" * tag.end()]
            end_of_kept = tag.end()
        else:
            pieces += [response[end_of_kept:open_at], "\n" * (tag.end() - open_at)]
            end_of_kept, open_at = tag.end(), None
    if open_at is not None:
        pieces += [response[end_of_kept:open_at], "\n" * (len(response) - open_at)]
        end_of_kept = len(response)
    pieces.append(response[end_of_kept:])
    return "".join(pieces)
