"""Estimated pass rates: counts of right and wrong answers, older ones fading."""

from __future__ import annotations

import math
import random
from dataclasses import dataclass

from verigrad.core.statistics import Interval, beta_quantile

PRIOR = 0.5  # Jeffreys: half a right and half a wrong answer


@dataclass(frozen=True, slots=True)
class PassRate:
    """Right and wrong answers of the policy to one problem; fractions once evidence fades.

    >>> PassRate(6, 2).mean  # 6.5 of 9
    0.7222222222222222
    """

    right: float = 0.0
    wrong: float = 0.0

    @property
    def mean(self) -> float:
        """Of the posterior Beta(right + 1/2, wrong + 1/2)."""
        return (self.right + PRIOR) / (self.right + self.wrong + 2 * PRIOR)

    def interval(self, *, confidence: float = 0.95) -> Interval:
        """Equal-tailed, of the posterior (Jeffreys interval; Brown, Cai and DasGupta 2001).

        >>> print(PassRate(8, 0).interval())
        0.944 [0.738, 1.000]
        """
        tail = (1 - confidence) / 2
        a, b = self.right + PRIOR, self.wrong + PRIOR
        low = 0.0 if self.right == 0 else beta_quantile(tail, a, b)
        high = 1.0 if self.wrong == 0 else beta_quantile(1 - tail, a, b)
        return Interval(self.mean, low, high)

    def seen(self, right: int, total: int, *, keep: float = 1.0) -> PassRate:
        """After `right` of `total` more answers; `keep` of what was known before counts.

        >>> PassRate(4, 4).seen(3, 4, keep=0.5)
        PassRate(right=5.0, wrong=3.0)
        """
        return PassRate(keep * self.right + right, keep * self.wrong + total - right)

    def draw(self, rng: random.Random) -> float:
        """A pass rate from the posterior."""
        value = rng.betavariate(self.right + PRIOR, self.wrong + PRIOR)
        return min(1.0, max(0.0, value)) if math.isfinite(value) else self.mean
