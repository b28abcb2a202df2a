"""Fields of a row by name, with dots into objects and lists."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from verigrad.core.errors import DataError
from verigrad.core.registry import nearest

Row = Mapping[str, Any]


def get_field(row: Row, name: str, *, where: str = "") -> Any:
    """The value at a dotted name; a name with dots of its own wins over a path.

    Digits step into lists: `response.0`. DataError names the fields there are and the nearest.

    >>> get_field({"reward_model": {"ground_truth": "18"}}, "reward_model.ground_truth")
    '18'
    """
    found = list(_follow(row, name.split(".")))
    if not found:
        names = field_names(row)
        raise DataError(
            f'there is no field "{name}"',
            where=where,
            cause="another name in this file, or a field that only some rows have",
            remedy=f"{nearest(name, names)}fields here: {', '.join(names)}",
        )
    return found[0]


def has_field(row: Row, name: str) -> bool:
    """True where `get_field` finds something."""
    return any(True for _ in _follow(row, name.split(".")))


def field_names(row: Row) -> list[str]:
    """The names of a row, with the dotted names of objects inside it.

    >>> field_names({"question": "?", "gpt": {"solution": "", "is_correct": True}})
    ['question', 'gpt.solution', 'gpt.is_correct']
    """
    names: list[str] = []
    for name, value in row.items():
        inner = field_names(value) if isinstance(value, Mapping) else []
        names += [f"{name}.{each}" for each in inner] or [name]
    return names


def _follow(value: Any, parts: list[str]) -> Iterator[Any]:
    """Every value the path leads to, longest literal names first."""
    if not parts:
        yield value
    elif isinstance(value, Mapping):
        for length in range(len(parts), 0, -1):
            name = ".".join(parts[:length])
            if name in value:
                yield from _follow(value[name], parts[length:])
    elif isinstance(value, list | tuple) and parts[0].isdecimal() and int(parts[0]) < len(value):
        yield from _follow(value[int(parts[0])], parts[1:])
