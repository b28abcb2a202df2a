"""Round numbers for axes, and fewer points where there are more than a screen can show."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import mean

MAX_POINTS = 400


def ticks(low: float, high: float, *, count: int = 5, whole: bool = False) -> list[float]:
    """Round numbers inside [low, high], about `count` of them, in steps of 1, 2 or 5.

    >>> ticks(0, 97)
    [0.0, 20.0, 40.0, 60.0, 80.0]
    """
    if not high > low:
        return [low]
    raw = (high - low) / count
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    if whole:
        step = max(1.0, step)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [index * step for index in range(first, last + 1)]


def extent(values: Sequence[float], *, from_zero: bool) -> tuple[float, float]:
    """A range that holds the finite values with a little air, never empty."""
    finite = [value for value in values if math.isfinite(value)]
    low, high = (min(finite), max(finite)) if finite else (0.0, 1.0)
    if from_zero:
        low, high = min(low, 0.0), max(high, 0.0)
    air = (high - low) * 0.06 or abs(high) * 0.1 or 1.0
    return (low if from_zero and low == 0.0 else low - air), high + air


def bins(count: int, *, limit: int = MAX_POINTS) -> list[range]:
    """Neighbouring indices to show as one point, so that at most `limit` points are left.

    >>> bins(5, limit=3)
    [range(0, 2), range(2, 4), range(4, 5)]
    """
    width = max(1, math.ceil(count / limit))
    return [range(start, min(start + width, count)) for start in range(0, count, width)]


def thinned(points: Sequence[Sequence[float]]) -> list[tuple[float, ...]]:
    """Points (x, y, ...) with neighbours averaged where there are more than MAX_POINTS."""
    return [
        tuple(mean(points[index][axis] for index in group) for axis in range(len(points[0])))
        for group in bins(len(points))
    ]


def number(value: float) -> str:
    """A short form for people: three significant digits below 1000, thousands spaced above.

    >>> number(0.0012345), number(2.0), number(999.0)
    ('0.00123', '2', '999')
    """
    if value < 0:
        return "\u2212" + number(-value)
    if value >= 1000:
        return f"{value:,.0f}".replace(",", "\u202f")
    return f"{value:.3g}"
