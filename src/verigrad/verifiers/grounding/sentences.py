"""Sentences of a response with the documents they cite and the passages they quote."""

from __future__ import annotations

import re
from dataclasses import dataclass

_CITATION = re.compile(r"\[([^\[\]\n]{1,80})\]")
_END = re.compile(r"(?<=[.!?])[\"'\u201d]?(?:\s*\[[^\[\]\n]{1,80}\])*\s+|\n+")
_QUOTE = re.compile(r"\"([^\"\n]{1,600})\"|\u201c([^\u201d\n]{1,600})\u201d")
_ABBREVIATION = re.compile(r"(?:\b(?:Mr|Mrs|Ms|Dr|St|Prof|No|vs|etc|cf|al|e\.g|i\.e)|\b[A-Z])\.$")
_LEAST_QUOTED_WORDS = 3


@dataclass(frozen=True, slots=True)
class Sentence:
    """`response[start:end]`; `claim` is its text without citations."""

    start: int
    end: int
    claim: str
    cited: tuple[str, ...]
    quotes: tuple[str, ...]


def read_sentences(text: str) -> list[Sentence]:
    """The sentences of `text`; citations behind a full stop belong to the sentence before it.

    >>> [(s.claim, s.cited) for s in read_sentences("It rained.[1] Dr. Hall left [2, 3].")]
    [('It rained.', ('1',)), ('Dr. Hall left .', ('2', '3'))]
    """
    found: list[Sentence] = []
    begin = 0
    for match in _END.finditer(text):
        so_far = text[begin : match.start()].rstrip("\"'\u201d")
        if "\n" not in match[0] and _ABBREVIATION.search(so_far[-12:]):
            continue
        found += _sentence(text, begin, match.end())
        begin = match.end()
    return found + _sentence(text, begin, len(text))


def _sentence(text: str, begin: int, end: int) -> list[Sentence]:
    piece = text[begin:end]
    if not piece.strip():
        return []
    cited = [part.strip() for match in _CITATION.finditer(piece) for part in match[1].split(",")]
    claim = " ".join(_CITATION.sub(" ", piece).split())
    quotes = tuple(
        quote
        for match in _QUOTE.finditer(piece)
        if len((quote := match[1] or match[2]).split()) >= _LEAST_QUOTED_WORDS
    )
    if not any(sign.isalnum() for sign in claim) and not cited:
        return []
    return [Sentence(begin, end, claim, tuple(dict.fromkeys(cited)), quotes)]
