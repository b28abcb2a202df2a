"""What a claim can be held to: its numbers, dates and names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

_MONTHS = ("january", "february", "march", "april", "may", "june", "july", "august", "september",
           "october", "november", "december")  # fmt: skip
_MONTH = {name[:3]: number for number, name in enumerate(_MONTHS, 1)}
_MONTH_NAME = "|".join(sorted({*_MONTHS, *(name[:3] for name in _MONTHS), "sept"}, key=len)[::-1])
_IN_WORDS = rf"(?P<month>{_MONTH_NAME})\.?"
_DAY, _YEAR = r"(?P<day>\d{1,2})(?:st|nd|rd|th)?", r"(?P<year>\d{4})\b"
_DATES = (
    re.compile(rf"\b{_IN_WORDS}\s{_DAY},?\s{_YEAR}", re.IGNORECASE),
    re.compile(rf"\b{_DAY}\s{_IN_WORDS},?\s{_YEAR}", re.IGNORECASE),
    re.compile(r"\b(?P<year>\d{4})-(?P<month>\d{2})-(?P<day>\d{2})\b"),
)
_NUMBER = re.compile(
    r"(?<![\w.])-?(?:\d{1,3}(?:,\d{3}){1,12}(?![\d,]\d)|\d+)(?:\.\d+)?"
    r"(?P<unit>\s?(?:%|percent|thousand|million|billion|trillion))?"
)
_NAME = re.compile(r"(?:[A-Z][\w'.-]*[^\W.]|[A-Z])(?:\s+[A-Z][\w'.-]*[^\W.])*")
_SCALE = {"thousand": 10**3, "million": 10**6, "billion": 10**9, "trillion": 10**12}
_WORDS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten",
          "eleven", "twelve")  # fmt: skip
_NUMBER_WORD = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b", re.IGNORECASE)
_MAX_DIGITS = 40


@dataclass(frozen=True, slots=True)
class Values:
    """Numbers (percentages apart), dates as (year, month, day), names as words in lower case."""

    numbers: frozenset[Fraction]
    percentages: frozenset[Fraction]
    dates: frozenset[tuple[int, int, int]]
    names: frozenset[tuple[str, ...]]

    @property
    def are_none(self) -> bool:
        """Nothing to hold a claim to."""
        return not (self.numbers or self.percentages or self.dates or self.names)


def read_values(text: str) -> Values:
    """The values of a text. Small numbers in words are numbers; a date's parts are not.

    >>> values = read_values("On 5 March 2021 sales of Acme rose 12% to 1.5 million.")
    >>> sorted(values.dates), sorted(map(str, values.percentages)), sorted(map(str, values.numbers))
    ([(2021, 3, 5)], ['12'], ['1500000'])
    """
    dates: set[tuple[int, int, int]] = set()
    for pattern in _DATES:
        for match in pattern.finditer(text):
            dates.add(_date(match))
        text = pattern.sub(" ; ", text)
    numbers, percentages = set(), set()
    for match in _NUMBER.finditer(text):
        digits = match[0].removesuffix(match["unit"] or "").replace(",", "")
        if len(digits) > _MAX_DIGITS:
            continue
        unit = (match["unit"] or "").strip()
        if unit in ("%", "percent"):
            percentages.add(Fraction(digits))
        else:
            numbers.add(Fraction(digits) * _SCALE.get(unit, 1))
    numbers |= {Fraction(_WORDS.index(m[0].lower())) for m in _NUMBER_WORD.finditer(text)}
    names = {tuple(match[0].lower().split()) for match in _NAME.finditer(text)}
    return Values(frozenset(numbers), frozenset(percentages), frozenset(dates), frozenset(names))


def _date(match: re.Match[str]) -> tuple[int, int, int]:
    month = match["month"]
    number = int(month) if month.isdigit() else _MONTH[month[:3].lower()]
    return int(match["year"]), number, int(match["day"])
