# ruff: noqa: SIM905 (a word list)
"""Words, sentences, paragraphs and lines of a text: one stated definition each, linear in time."""

from __future__ import annotations

import re
import unicodedata
from itertools import pairwise

# vowel signs and other marks belong to words, and so do the joiners of Persian and Indic scripts;
# Python's own \w leaves them out and would cut Hindi words into letters
_MARKS = "\u200c\u200d" + "".join(
    chr(code) for code in range(0x300, 0xFFFF) if unicodedata.category(chr(code))[0] == "M"
)
_WORD = re.compile(rf"[\w{_MARKS}]+")
_PIECE = rf"(?:[^\W_]|[{_MARKS}])+"
_PLAIN_WORD = re.compile(rf"{_PIECE}(?:['\u2019-]{_PIECE})*")
_END = re.compile(
    r"[.!?\u2026]+[\"'\u201d\u2019)\]*_]*(?=\s|$)|[\u3002\uff01\uff1f\u0964\u06d4]+[\"\u201d\u300d\uff09]*"
)
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st sr jr inc ltd co corp vs etc e.g i.e cf al fig no vol approx dept est "
    "gen gov hon jan feb mar apr jun jul aug sep sept oct nov dec a.m p.m u.s u.k ph.d".split()
)
_LAST_TOKEN = 24
PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~"
_NO_PUNCTUATION = str.maketrans("", "", PUNCTUATION)


def word_tokens(text: str) -> list[str]:
    r"""Runs of letters, digits, marks and `_`, the counting unit of IFEval: "don't" is two.

    >>> word_tokens("Don't stop.")
    ['Don', 't', 'stop']
    """
    return _WORD.findall(text)


def plain_words(text: str) -> list[str]:
    """Words as people count them: "don't" and "well-known" are one each.

    >>> plain_words("Don't stop: it's well-known.")
    ["Don't", 'stop', "it's", 'well-known']
    """
    return _PLAIN_WORD.findall(text)


def bare_words(text: str) -> list[str]:
    """Pieces between white space, without ASCII punctuation; what that leaves empty is dropped."""
    return text.translate(_NO_PUNCTUATION).split()


def sentences(text: str) -> list[str]:
    """Pieces that end in . ! ? (or their likes), with a letter or digit in each.

    An abbreviation, an initial and a number with a point do not end one.

    >>> sentences("Dr. A. Smith paid 3.50. Why? He had to!")
    ['Dr. A. Smith paid 3.50.', 'Why?', 'He had to!']
    """
    ends = [match.end() for match in _END.finditer(text) if not _goes_on(text, match)]
    pieces = [text[a:b].strip() for a, b in pairwise([0, *ends, len(text)])]
    return [piece for piece in pieces if any(map(str.isalnum, piece))]


def _goes_on(text: str, match: re.Match[str]) -> bool:
    """Whether a full stop belongs to an abbreviation, an initial or the number of a list item."""
    if match.group() != ".":
        return False
    start = max(0, match.start() - _LAST_TOKEN)
    before = ("x" + text[start : match.start()]).split(" ")[-1].split("\n")[-1]
    last = before.removeprefix("x").lstrip("(\"'[*_")
    if last.lower() in _ABBREVIATIONS or (len(last) == 1 and last.isupper() and last != "I"):
        return True
    line_start = text.rfind("\n", max(0, match.start() - 4), match.start()) + 1
    at_line_start = line_start > 0 or match.start() <= 4
    return last.isdigit() and at_line_start and text[line_start : match.start()].strip() == last


def paragraphs(text: str) -> list[str]:
    """Pieces between blank lines, those with nothing but white space left out."""
    return [piece.strip() for piece in re.split(r"\n[ \t]*\n", text) if piece.strip()]


def lines(text: str) -> list[str]:
    """Lines with something on them, as they stand."""
    return [line for line in text.split("\n") if line.strip()]


def count_word(text: str, word: str) -> int:
    """How often `word` (taken literally, any case) stands as a word of its own, without overlap.

    >>> count_word("Art, the art of party", "art")
    2
    """
    text, word = text.casefold(), word.casefold()
    count, at = 0, text.find(word)
    while at >= 0:
        end = at + len(word)
        joined = _joins(text, at - 1, word[0]) or _joins(text, end, word[-1])
        count += not joined
        at = text.find(word, at + 1 if joined else end)
    return count


def _joins(text: str, index: int, neighbour: str) -> bool:
    """Whether the character at `index` continues a word that `neighbour` belongs to."""
    if not 0 <= index < len(text):
        return False
    return _is_of_word(text[index]) and _is_of_word(neighbour)


def _is_of_word(character: str) -> bool:
    return _WORD.match(character) is not None
