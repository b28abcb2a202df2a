"""JSON that brings back what JSON has no form for: tuples, sets, any keys, fractions, dates.

For records of other libraries, whose own code needs the very types it wrote.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from fractions import Fraction
from typing import Any

_MARK = "__type__"


class UntaggableError(Exception):
    """A value that is neither plain nor one of the tagged types."""


def to_tagged(value: Any) -> Any:
    """A JSON value from which `from_tagged` builds an equal one; UntaggableError for others.

    Numbers and texts of numpy (and other subclasses) become plain ones.

    >>> to_tagged({1: (2, 3)})
    {'__type__': 'dict', 'items': [[1, {'__type__': 'tuple', 'items': [2, 3]}]]}
    """
    plain = _scalar(value)
    if plain is not None or value is None:
        return plain
    if isinstance(value, dict):
        if all(isinstance(key, str) for key in value) and _MARK not in value:
            return {str(key): to_tagged(item) for key, item in value.items()}
        return _tag("dict", [[to_tagged(key), to_tagged(item)] for key, item in value.items()])
    if isinstance(value, list):
        return [to_tagged(item) for item in value]
    if isinstance(value, tuple):
        return _tag("tuple", [to_tagged(item) for item in value])
    if isinstance(value, set | frozenset):
        return _tag("set", [to_tagged(item) for item in sorted(value, key=repr)])
    for name, (kind, write, _) in _TEXTS.items():
        if type(value) is kind:
            return _tag(name, write(value))
    raise UntaggableError(f"a {type(value).__name__} has no JSON form")


def from_tagged(value: Any) -> Any:
    """What `to_tagged` was given.

    >>> from_tagged(to_tagged({1: (2, {3})}))
    {1: (2, {3})}
    """
    if isinstance(value, list):
        return [from_tagged(item) for item in value]
    if not isinstance(value, dict):
        return value
    kind = value.get(_MARK)
    if kind is None:
        return {key: from_tagged(item) for key, item in value.items()}
    if kind in _TEXTS:
        return _TEXTS[kind][2](value["items"])
    items = [from_tagged(item) for item in value["items"]]
    if kind == "dict":
        return {_hashable(key): item for key, item in items}
    return tuple(items) if kind == "tuple" else set(items)


# types whose own text says all of them
_TEXTS: dict[str, tuple[type, Callable[[Any], str], Callable[[str], Any]]] = {
    "fraction": (Fraction, str, Fraction),
    "decimal": (Decimal, str, Decimal),
    "datetime": (datetime, datetime.isoformat, datetime.fromisoformat),
    "date": (date, date.isoformat, date.fromisoformat),
}


def _tag(kind: str, items: list[Any] | str) -> dict[str, Any]:
    return {_MARK: kind, "items": items}


def _hashable(key: Any) -> Any:
    return tuple(key) if isinstance(key, list) else key


def _scalar(value: Any) -> Any:
    """A plain bool, int, float or str; None for anything else."""
    if isinstance(value, bool):
        return value
    for kind in (int, float, str):
        if isinstance(value, kind):
            return kind(value)
    if type(value).__module__ == "numpy" and hasattr(value, "item"):
        return value.item()
    return None
