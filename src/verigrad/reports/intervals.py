"""Intervals that a report needs beyond those of `core.statistics`."""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist, mean, stdev

from verigrad.core.statistics import Interval


def clustered(groups: Sequence[Sequence[float]], *, confidence: float = 0.95) -> Interval | None:
    """Mean over all values, with an interval that knows that values of one group go together.

    The standard error is that of the mean of group means (normal approximation; with groups of
    unequal size the mean of group means is also the centre). None where there is no value; with
    a single group the interval is the whole line, for one group says nothing about others.

    >>> print(clustered([[1.0, 1.0], [0.0, 0.0], [1.0, 0.0]]))
    0.500 [-0.066, 1.066]
    """
    means = [mean(group) for group in groups if group]
    if not means:
        return None
    centre = mean(means)
    if len(means) == 1:
        return Interval(centre, -math.inf, math.inf)
    half = NormalDist().inv_cdf(0.5 + confidence / 2) * stdev(means) / math.sqrt(len(means))
    return Interval(centre, centre - half, centre + half)


def difference(before: Interval, after: Interval) -> Interval:
    """after - before, from two score intervals (Newcombe 1998, method 10).

    Taken as unpaired, which is wider than needed where both were measured on the same problems.
    """
    change = after.value - before.value
    low = math.hypot(after.value - after.low, before.high - before.value)
    high = math.hypot(after.high - after.value, before.value - before.low)
    return Interval(change, change - low, change + high)
