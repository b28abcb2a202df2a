"""Small changes of input values, of the same type, to see whether two functions differ."""

from __future__ import annotations

import random
from typing import Any


def vary(value: Any, rng: random.Random) -> Any:
    """A neighbour of a plain value: a number nudged, an item dropped, doubled, moved or varied.

    >>> vary(True, random.Random(0)) in (True, False)
    True
    """
    if isinstance(value, bool):
        return rng.random() < 0.5
    if isinstance(value, int):
        return value + rng.choice([-1, 0, 1, 2, -value, value])
    if isinstance(value, float):
        return value + rng.choice([-1.0, 0.0, 0.5, 1.0, -value])
    if isinstance(value, str):
        return "".join(_sequence(list(value), rng, lambda text: rng.choice("ab 1" + text)))
    if isinstance(value, (list, tuple)):
        return type(value)(_sequence(list(value), rng, lambda item: vary(item, rng)))
    if isinstance(value, dict):
        return {key: vary(item, rng) for key, item in value.items()}
    return value


def _sequence(items: list[Any], rng: random.Random, change: Any) -> list[Any]:
    if not items:
        return items
    at, kind = rng.randrange(len(items)), rng.choice(["drop", "double", "swap", "change", "cut"])
    if kind == "drop":
        return items[:at] + items[at + 1 :]
    if kind == "double":
        return [*items[:at], items[at], *items[at:]]
    if kind == "swap":
        items[at], items[0] = items[0], items[at]
    elif kind == "change":
        items[at] = change(items[at])
    return items[: at + 1] if kind == "cut" else items
