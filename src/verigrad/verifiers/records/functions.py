"""Functions of the rule language: on exact values, total, nothing true for want of items."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from itertools import pairwise
from typing import Any

from verigrad.core.digests import canonical_json

_TIME = re.compile(r"([01]?[0-9]|2[0-3]):([0-5][0-9])", re.ASCII)


class ValueFaultError(Exception):
    """A value of the wrong kind for what a rule does with it."""


@dataclass(frozen=True, slots=True)
class Function:
    """How many arguments it takes, and what it gives."""

    arity: int
    apply: Callable[..., Any]


def numbers(values: Any) -> list[Fraction]:
    """A list of numbers."""
    items = listed(values)
    if not all(isinstance(item, Fraction) for item in items):
        raise ValueFaultError("not all of them are numbers")
    return items


def listed(values: Any) -> list[Any]:
    """A list."""
    if not isinstance(values, list):
        raise ValueFaultError(f"a list is needed, not {kind_of(values)}")
    return values


def filled(values: Any) -> list[Any]:
    """A list with something in it."""
    if not (items := listed(values)):
        raise ValueFaultError("the list is empty")
    return items


def text(value: Any) -> str:
    """A text."""
    if not isinstance(value, str):
        raise ValueFaultError(f"a text is needed, not {kind_of(value)}")
    return value


def kind_of(value: Any) -> str:
    """What a value is, in the words of JSON."""
    names = {bool: "true or false", Fraction: "a number", str: "a text", list: "a list"}
    return "null" if value is None else names.get(type(value), "an object")


def key_of(value: Any) -> str:
    """Equal for equal values, so that sets of them take linear time."""
    return canonical_json(_plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, Fraction):
        return ["#", str(value)]
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {k: _plain(v) for k, v in value.items()} if isinstance(value, dict) else value


def _count(values: Any) -> Fraction:
    if not isinstance(values, list | dict | str):
        raise ValueFaultError(f"{kind_of(values)} has no length")
    return Fraction(len(values))


def _unique(values: Any) -> bool:
    items = filled(values)
    return len({key_of(item) for item in items}) == len(items)


def _same_items(a: Any, b: Any) -> bool:
    left, right = (sorted(map(key_of, filled(each))) for each in (a, b))
    return left == right


def _increasing(values: Any) -> bool:
    items = filled(values)
    if not (all(isinstance(i, Fraction) for i in items) or all(isinstance(i, str) for i in items)):
        raise ValueFaultError("only numbers, or only texts, are in an order")
    return all(a < b for a, b in pairwise(items))


def _absolute(value: Any) -> Fraction:
    return abs(numbers([value])[0])


def _date(value: Any) -> Fraction:
    try:
        return Fraction(dt.date.fromisoformat(text(value)).toordinal())
    except ValueError:
        raise ValueFaultError("a date is written YYYY-MM-DD") from None


def _minutes(value: Any) -> Fraction:
    match = _TIME.fullmatch(text(value))
    if match is None:
        raise ValueFaultError("a time is written HH:MM")
    return Fraction(60 * int(match.group(1)) + int(match.group(2)))


def _keys(value: Any) -> list[str]:
    if not isinstance(value, dict):
        raise ValueFaultError(f"an object is needed, not {kind_of(value)}")
    return list(value)


FUNCTIONS: dict[str, Function] = {
    "sum": Function(1, lambda values: sum(numbers(values), Fraction(0))),
    "count": Function(1, _count),
    "min": Function(1, lambda values: min(numbers(filled(values)))),
    "max": Function(1, lambda values: max(numbers(filled(values)))),
    "abs": Function(1, _absolute),
    "unique": Function(1, _unique),
    "same_items": Function(2, _same_items),
    "increasing": Function(1, _increasing),
    "date": Function(1, _date),
    "minutes": Function(1, _minutes),
    "keys": Function(1, _keys),
    "is_whole": Function(1, lambda value: isinstance(value, Fraction) and value.denominator == 1),
    "is_text": Function(1, lambda value: isinstance(value, str)),
    "is_list": Function(1, lambda value: isinstance(value, list)),
}
