"""Answers announced by words: `#### 18`, `A: 18`, "Answer: 18", "the final answer is 18"."""

from __future__ import annotations

import re

from verigrad.core.verdict import Extracted
from verigrad.verifiers.extract.limits import bounded

MAX_CANDIDATE_CHARS = 4096

_HASH = re.compile(r"^[ \t]{0,8}####(?!#)", re.MULTILINE)
_LETTER = re.compile(r"^[ \t]{0,8}(?:\*\*)?A[ \t]{0,4}:", re.MULTILINE)
_ANSWER = re.compile(
    r"\b(final[ \t\n]{1,4})?answer[*_ \t]{0,8}"
    r"(?:is[ \t]{0,4}:?|:|=|equals\b|(?=\n)|$)[*_ \t]{0,8}:?",
    re.IGNORECASE,
)
_UNLIKE = re.compile(  # "the wrong answer is 5", "if the answer is 5"
    r"\b(?:wrong|incorrect|false|erroneous|mistaken|bad|previous|earlier|old|original|another|other"
    r"|alternative|tempting|possible|partial|intermediate|naive|no|not(?: the| an)?"
    r"|(?:if|whether|when|unless|suppose|assume|assuming|say)(?: that)?(?: the| an| our| my)?)"
    r"[*_ \t]{1,4}(?:final )?$",
    re.IGNORECASE,
)
_SENTENCE_END = re.compile(r"(?<![ap]\.m)\.(?=\s|\**$|\"|\$\s)", re.IGNORECASE)
_CLAUSE_END = re.compile(r"[,;]?\s\(?(?:because|since|so that|as shown)\b", re.IGNORECASE)
_NEGATED = re.compile(
    r"^\W{0,8}(?:\w{1,20} ){0,2}(?:not|isn't|never|neither)\b|^(?:n't|unknown|unclear)\b",
    re.IGNORECASE,
)


def find_hashes(text: str) -> list[Extracted]:
    """Every `####` line with something on it."""
    if "####" not in text:
        return []
    return _trimmed(text, [m.end() for m in bounded(_HASH.finditer(text))], how="hash")


def find_anchors(text: str) -> list[Extracted]:
    """Hash lines, else "final answer" phrases, else "answer" phrases and `A:` lines."""
    if hashes := find_hashes(text):
        return hashes
    phrases = [m for m in bounded(_ANSWER.finditer(text)) if not _is_unlike(text, m.start())]
    final = _trimmed(text, [m.end() for m in phrases if m.group(1)], how="anchor")
    if final:
        return final
    letters = bounded(_LETTER.finditer(text))
    ends = sorted([m.end() for m in phrases] + [m.end() for m in letters])
    return _trimmed(text, ends, how="anchor")


def _is_unlike(text: str, start: int) -> bool:
    """Whether the words before "answer" say that it is not the one given."""
    return _UNLIKE.search(text, max(0, start - 32), start) is not None


def is_negated(text: str) -> bool:
    """True for "not 42" and "definitely not 42": said of what follows an anchor."""
    return _NEGATED.search(text) is not None


def _trimmed(text: str, starts: list[int], *, how: str) -> list[Extracted]:
    spans = (_after(text, start) for start in starts)
    return [Extracted(text[a:b], a, b, how) for a, b in spans if b > a]


def _after(text: str, start: int) -> tuple[int, int]:
    """The rest of the line after an anchor (or the next line that says something)."""
    for _ in range(4):
        stop = text.find("\n", start, start + MAX_CANDIDATE_CHARS + 1)
        stop = min(len(text), start + MAX_CANDIDATE_CHARS + 1) if stop < 0 else stop
        a, b = _shrink(text, start, stop)
        if b > a and text[a:b] in ("$$", "\\["):  # display mathematics over several lines
            return _display(text, a, b)
        if b > a:
            return _first_sentence(text, a, b)
        start = stop + 1
    return start, start


def _display(text: str, opened: int, start: int) -> tuple[int, int]:
    closer = "$$" if text[opened:start] == "$$" else "\\]"
    stop = text.find(closer, start, start + MAX_CANDIDATE_CHARS)
    return _shrink(text, start, stop) if stop >= 0 else (start, start)


def _first_sentence(text: str, start: int, stop: int) -> tuple[int, int]:
    for boundary in (_SENTENCE_END, _CLAUSE_END):
        if match := boundary.search(text, start, stop):
            stop = match.start()
    return _shrink(text, start, stop)


def _shrink(text: str, start: int, stop: int) -> tuple[int, int]:
    """Without white space and markdown emphasis at both ends, nor a closing full stop."""
    while start < stop and (text[start].isspace() or text[start] in "*_`#"):
        start += 1
    while stop > start and (text[stop - 1].isspace() or text[stop - 1] in "*_`."):
        stop -= 1
    return start, stop
