r"""All `\boxed{...}` of a text, in one pass."""

from __future__ import annotations

import re
from dataclasses import dataclass

from verigrad.core.verdict import Extracted
from verigrad.verifiers.extract.limits import MAX_MARKERS, TooManyMarkersError

_BOX = re.compile(r"\\(?:boxed|fbox)(?![A-Za-z])[ \t]{0,8}")
_BLANK = re.compile(
    r"(?:\s|~|_|\?|\.\.\.|\\[,;:! _]|\\(?:q?quad|ldots|dots)(?![A-Za-z])"
    r"|\\[hv]?(?:phantom|space)\*?\{[^{}]*\}|\\text\{\s*\})*"
)
_BRACE = re.compile(r"\\.|[{}]", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Boxes:
    """Outermost boxes with content, in order; how many were blank; whether one never closed.

    A box with nothing but space, dots or a phantom in it is a question's blank, not an answer.
    """

    found: tuple[Extracted, ...]
    num_empty: int = 0
    is_malformed: bool = False


def find_boxes(text: str) -> Boxes:
    r"""Every outermost box. A box inside a box belongs to the outer one's content.

    Raises TooManyMarkersError beyond 1,000 boxes.

    >>> [box.text for box in find_boxes(r"\boxed{\frac{1}{2}} or \boxed{3}").found]
    ['\\frac{1}{2}', '3']
    """
    if "\\boxed" not in text and "\\fbox" not in text:
        return Boxes(())
    found: list[Extracted] = []
    num_empty = 0
    position = 0
    while match := _BOX.search(text, position):
        if len(found) + num_empty >= MAX_MARKERS:
            raise TooManyMarkersError
        span = _content(text, match.end())
        if span is None:
            return Boxes(tuple(found), num_empty, is_malformed=True)
        start, end, position = span
        if text[start:end].isalnum() or not _BLANK.fullmatch(text, start, end):
            found.append(Extracted(text[start:end], start, end, "boxed"))
        else:
            num_empty += 1
    return Boxes(tuple(found), num_empty)


def _content(text: str, start: int) -> tuple[int, int, int] | None:
    r"""Content span and where to go on; a lone digit or letter may stand without braces."""
    if text[start : start + 1] == "{":
        close = text.find("}", start)
        if close > 0 and text.find("{", start + 1, close) < 0 and text[close - 1] != "\\":
            return start + 1, close, close + 1
        depth = 0
        for token in _BRACE.finditer(text, start):
            if token.group() == "{":
                depth += 1
            elif token.group() == "}":
                depth -= 1
                if depth == 0:
                    return start + 1, token.start(), token.end()
        return None
    lone = text[start : start + 1].isalnum() and not text[start + 1 : start + 2].isalnum()
    return (start, start + 1, start + 1) if lone else None
