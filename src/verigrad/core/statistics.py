"""Statistics every part shares: intervals, unbiased pass@k. Pure standard library."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist


@dataclass(frozen=True, slots=True)
class Interval:
    """A point estimate with its lower and upper bound."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.3f} [{self.low:.3f}, {self.high:.3f}]"


def wilson(num_successes: int, num_trials: int, *, confidence: float = 0.95) -> Interval:
    """Wilson score interval of a proportion (Wilson 1927; Brown, Cai and DasGupta 2001).

    >>> print(wilson(8, 10))
    0.800 [0.490, 0.943]
    """
    if not 0 <= num_successes <= num_trials or num_trials == 0:
        raise ValueError(f"need 0 <= successes <= trials > 0, got {num_successes}/{num_trials}")
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = num_successes / num_trials
    shrink = 1 + z * z / num_trials
    centre = (share + z * z / (2 * num_trials)) / shrink
    variance = share * (1 - share) / num_trials + z * z / (4 * num_trials**2)
    half = z * math.sqrt(variance) / shrink
    low = 0.0 if num_successes == 0 else centre - half
    high = 1.0 if num_successes == num_trials else centre + half
    return Interval(share, max(0.0, low), min(1.0, high))


def mean(values: Sequence[float]) -> float:
    """Arithmetic mean with exact summation; ValueError on nothing."""
    if not values:
        raise ValueError("the mean of no values is undefined")
    return math.fsum(values) / len(values)


def bootstrap(
    values: Sequence[float],
    statistic: Callable[[Sequence[float]], float] = mean,
    *,
    seed: int = 0,
    num_resamples: int = 1000,
    confidence: float = 0.95,
) -> Interval:
    """Percentile bootstrap interval of `statistic` (Efron 1979), deterministic in `seed`.

    >>> print(bootstrap([1.0, 1.0, 1.0]))
    1.000 [1.000, 1.000]
    """
    value = statistic(values)
    rng = random.Random(seed)
    draws = sorted(statistic(rng.choices(values, k=len(values))) for _ in range(num_resamples))
    tail = (1 - confidence) / 2
    last = num_resamples - 1
    return Interval(value, draws[math.floor(tail * last)], draws[math.ceil((1 - tail) * last)])


def pass_at_k(num_samples: int, num_correct: int, k: int) -> float:
    """Unbiased pass@k: 1 - C(n-c, k) / C(n, k) (Chen et al. 2021, eq. 1).

    >>> pass_at_k(4, 1, 2)
    0.5
    """
    if not (0 <= num_correct <= num_samples and 1 <= k <= num_samples):
        raise ValueError(
            f"need 0 <= c <= n and 1 <= k <= n, got n={num_samples}, c={num_correct}, k={k}"
        )
    if num_samples - num_correct < k:
        return 1.0
    return 1.0 - math.comb(num_samples - num_correct, k) / math.comb(num_samples, k)
