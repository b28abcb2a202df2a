"""Dates and times of day, to fields that compare."""

from __future__ import annotations

import re

from verigrad.verifiers.math.nodes import Moment
from verigrad.verifiers.math.wording import plain

_MONTHS = {
    name: number
    for number, names in enumerate(
        [
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ],
        start=1,
    )
    for name in names.split()
}
_WEEKDAY = re.compile(
    r"^(?:on )?(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?,? "
)
_MONTH_FIRST = re.compile(r"([a-z]{3,9})\.? (\d{1,2})(?:st|nd|rd|th)?(?:,? (\d{4}))?")
_DAY_FIRST = re.compile(
    r"(?:the )?(\d{1,2})(?:st|nd|rd|th)?(?: of)? ([a-z]{3,9})\.?(?:,? (\d{4}))?"
)
_MONTH_YEAR = re.compile(r"([a-z]{3,9})\.?(?: of|,)? (\d{4})")
_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})")
_SLASHED = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_TIME = re.compile(r"(\d{1,2})(?::(\d{2}))?(?::(\d{2}))? ?(a\.?m\.?|p\.?m\.?|noon|midnight)?")
MAX_CHARS = 64
_LONGEST = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def read_moment(text: str) -> Moment | None:
    """A date, or a time with minutes or with a.m./p.m.; None for anything else."""
    if len(text) > 4 * MAX_CHARS:
        return None
    bare = plain(text).casefold()
    if len(bare) > MAX_CHARS:
        return None
    bare = _WEEKDAY.sub("", bare)
    return _date(bare) or _time(bare)


def _date(bare: str) -> Moment | None:
    if match := _MONTH_FIRST.fullmatch(bare):
        month, day, year = match.groups()
        return _checked(int(year or 0), _MONTHS.get(month, 0), int(day))
    if match := _DAY_FIRST.fullmatch(bare):
        day, month, year = match.groups()
        return _checked(int(year or 0), _MONTHS.get(month, 0), int(day))
    if (match := _MONTH_YEAR.fullmatch(bare)) and match[1] in _MONTHS:
        return Moment("date", (int(match[2]), _MONTHS[match[1]], 0))
    if match := _ISO.fullmatch(bare):
        year, month, day = map(int, match.groups())
        return _checked(year, month, day)
    if match := _SLASHED.fullmatch(bare):
        first, second, year = map(int, match.groups())
        if first > 12:
            return _checked(year, second, first)
        if second > 12 or first == second:
            return _checked(year, first, second)
    return None


def _checked(year: int, month: int, day: int) -> Moment | None:
    valid = 1 <= month <= 12 and 1 <= day <= _LONGEST[month - 1]
    return Moment("date", (year, month, day)) if valid else None


def _time(bare: str) -> Moment | None:
    if bare in ("noon", "12 noon"):
        return Moment("time", (720, 0))
    if bare in ("midnight", "12 midnight"):
        return Moment("time", (0, 0))
    match = _TIME.fullmatch(bare)
    if match is None or (match.group(2) is None and match.group(4) is None):
        return None
    hours, minutes, seconds = (int(part or 0) for part in match.group(1, 2, 3))
    half = (match.group(4) or "")[:1]
    if hours > 24 or minutes > 59 or seconds > 59 or (half and not 1 <= hours <= 12):
        return None
    if half in ("a", "m"):
        hours %= 12
    elif half == "p" or (half == "n" and hours != 12):
        hours = hours % 12 + 12
    total = hours * 60 + minutes
    kind = "time" if half else "hours" if hours > 12 or hours == 0 else "clock"
    return Moment(kind, (total, seconds))
