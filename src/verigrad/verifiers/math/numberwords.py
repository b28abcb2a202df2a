"""Numbers in English words, whole answers only: `forty-two`, `three fourths`, `fifth`."""

from __future__ import annotations

import re

from flint import fmpq

from verigrad.verifiers.math.nodes import Node, Number, Quantity
from verigrad.verifiers.math.units import ORDINAL
from verigrad.verifiers.math.wording import plain

_UNDER_TWENTY = [
    "zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
    "eleven", "twelve", "thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen",
    "nineteen",
]  # fmt: skip
_TENS = {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "seventy": 70,
         "eighty": 80, "ninety": 90}  # fmt: skip
_SMALL = {word: value for value, word in enumerate(_UNDER_TWENTY)}
_SCALES = {"thousand": 10**3, "million": 10**6, "billion": 10**9}
_ORDINALS = {
    "first": 1, "second": 2, "third": 3, "fourth": 4, "fifth": 5, "sixth": 6, "seventh": 7,
    "eighth": 8, "ninth": 9, "tenth": 10, "eleventh": 11, "twelfth": 12, "thirteenth": 13,
    "fourteenth": 14, "fifteenth": 15, "sixteenth": 16, "seventeenth": 17, "eighteenth": 18,
    "nineteenth": 19, "twentieth": 20,
}  # fmt: skip
_PARTS = {"half": 2, "halves": 2, "quarter": 4, "quarters": 4, "hundredth": 100, "hundredths": 100,
          **{word: n for word, n in _ORDINALS.items() if n > 2},
          **{f"{word}s": n for word, n in _ORDINALS.items() if n > 2}}  # fmt: skip
MAX_CHARS = 120
_LETTERS = re.compile(r"[A-Za-z \-]+")


def read_number_words(text: str) -> Node | None:
    r"""The number that a whole answer spells; None where it is anything else.

    >>> read_number_words(r"\text{forty-two}").value, read_number_words("two thirds").value
    (42, 2/3)
    >>> read_number_words("seventy apples") is None
    True
    """
    if len(text) > 4 * MAX_CHARS:
        return None
    bare = plain(text).casefold()
    if len(bare) > MAX_CHARS or _LETTERS.fullmatch(bare) is None:
        return None
    words = bare.replace("-", " ").split()
    sign = 1
    if words and words[0] in ("minus", "negative"):
        sign, words = -1, words[1:]
    if len(words) == 1 and words[0] in _ORDINALS:
        return Quantity(Number(fmpq(_ORDINALS[words[0]])), ORDINAL) if sign > 0 else None
    value = _value(words)
    return None if value is None else Number(sign * value)


def _value(words: list[str]) -> fmpq | None:
    """A whole number, a fraction, or both joined by `and`."""
    whole = _whole(words)
    if whole is not None:
        return fmpq(whole)
    fraction = _fraction(words)
    if fraction is not None:
        return fraction
    for at in range(len(words) - 2, 0, -1):  # the last `and` parts a fraction off
        if words[at] == "and":
            left, right = _whole(words[:at]), _fraction(words[at + 1 :])
            return None if left is None or right is None or right >= 1 else left + right
    return None


def _fraction(words: list[str]) -> fmpq | None:
    if len(words) < 2 or words[-1] not in _PARTS:
        return None
    below = _PARTS[words[-1]]
    above = 1 if words[:-1] in (["a"], ["one"]) else _whole(words[:-1])
    if above is None or (above == 1) is words[-1].endswith(("s", "ves")):
        return None
    return fmpq(above, below)


def _whole(words: list[str]) -> int | None:
    """`two hundred and five thousand one`, strictly from large to small."""
    total, limit, group = 0, 10**12, None
    rest = list(words)
    while rest:
        word = rest.pop(0)
        if word in _SCALES:
            if group is None or _SCALES[word] >= limit:
                return None
            limit = _SCALES[word]
            total, group = total + group * limit, None
            continue
        if group is not None:
            return None
        if word == "and":  # only within a number: after hundreds or a scale
            if not total or not rest:
                return None
            word = rest.pop(0)
        group = _below_thousand(word, rest)
        if group is None:
            return None
    if group is None:
        return total if total else None
    return total + group


def _below_thousand(word: str, rest: list[str]) -> int | None:
    """One to three digits from `word` and as much of `rest` as belongs to them."""
    group = _below_hundred(word, rest)
    if group is None or not rest or rest[0] != "hundred":
        return group
    if not 0 < group < 10:
        return None
    rest.pop(0)
    group *= 100
    if len(rest) > 1 and rest[0] == "and" and (rest[1] in _SMALL or rest[1] in _TENS):
        rest.pop(0)
    if rest and (rest[0] in _SMALL or rest[0] in _TENS):
        more = _below_hundred(rest.pop(0), rest)
        return None if not more else group + more
    return group


def _below_hundred(word: str, rest: list[str]) -> int | None:
    if word in _TENS:
        if rest and 0 < _SMALL.get(rest[0], 0) < 10:
            return _TENS[word] + _SMALL[rest.pop(0)]
        return _TENS[word]
    return _SMALL.get(word)
