"""Statistics every part shares: intervals, unbiased pass@k. Pure standard library."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

_TINY = 1e-300


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


def clopper_pearson(num_successes: int, num_trials: int, *, confidence: float = 0.95) -> Interval:
    """Exact interval of a proportion (Clopper and Pearson 1934): covers at least at its rate.

    No failure in 30 trials is a rate below 3/30 or so, by the rule of three:

    >>> print(clopper_pearson(0, 30))
    0.000 [0.000, 0.116]
    """
    if not 0 <= num_successes <= num_trials or num_trials == 0:
        raise ValueError(f"need 0 <= successes <= trials > 0, got {num_successes}/{num_trials}")
    k, n, tail = num_successes, num_trials, (1 - confidence) / 2
    low = 0.0 if k == 0 else beta_quantile(tail, k, n - k + 1)
    high = 1.0 if k == n else beta_quantile(1 - tail, k + 1, n - k)
    return Interval(k / n, low, high)


def beta_quantile(share: float, a: float, b: float) -> float:
    """Where the beta distribution's cumulative function reaches `share`, by bisection."""
    low, high = 0.0, 1.0
    for _ in range(60):
        middle = (low + high) / 2
        if incomplete_beta(middle, a, b) < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def incomplete_beta(x: float, a: float, b: float) -> float:
    """The regularised incomplete beta function I_x(a, b), by its continued fraction (DLMF 8.17.22).

    I_x(1, 1) is x, and I_x(2, 1) is x squared:

    >>> round(incomplete_beta(0.3, 2, 1), 12)
    0.09
    """
    if x <= 0.0 or x >= 1.0:
        return float(x >= 1.0)
    if x > (a + 1) / (a + b + 2):
        return 1.0 - incomplete_beta(1.0 - x, b, a)
    log_front = math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b)
    front = math.exp(log_front + a * math.log(x) + b * math.log1p(-x)) / a
    fraction, c, d = 1.0, 1.0, 0.0
    for step in range(1_000):
        m = step // 2
        if step == 0:
            term = 1.0
        elif step % 2 == 0:
            term = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m))
        else:
            term = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
        d = 1.0 / ((1.0 + term * d) or _TINY)
        c = (1.0 + term / c) or _TINY
        fraction *= c * d
        if step and abs(1.0 - c * d) < 1e-14:
            break
    return front * (fraction - 1.0)


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
