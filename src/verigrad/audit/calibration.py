"""Calibration: how often a verifier is wrong, from labelled responses, and what that costs.

Rates have Clopper-Pearson intervals (Clopper and Pearson 1934), which hold at least at their
nominal rate for every sample size. A policy improves in expectation where the true-positive rate
is above the false-positive rate: Youden's J = TPR - FPR (Youden 1950) must be above 0.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from verigrad.core.statistics import Interval, clopper_pearson


@dataclass(frozen=True, slots=True)
class Labelled:
    """A response whose label is known, and what the verifier said. `strata` name its kinds."""

    is_right: bool
    is_paid: bool
    strata: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Rates:
    """Counts of labelled responses: right and paid, right and refused, wrong and paid, ..."""

    right_paid: int = 0
    right_refused: int = 0
    wrong_paid: int = 0
    wrong_refused: int = 0

    @property
    def num_right(self) -> int:
        """Right by their label."""
        return self.right_paid + self.right_refused

    @property
    def num_wrong(self) -> int:
        """Wrong by their label."""
        return self.wrong_paid + self.wrong_refused

    def false_positives(self, *, confidence: float = 0.95) -> Interval:
        """Share of wrong responses that are paid; ValueError where none is labelled wrong."""
        return clopper_pearson(self.wrong_paid, self.num_wrong, confidence=confidence)

    def false_negatives(self, *, confidence: float = 0.95) -> Interval:
        """Share of right responses that are refused; ValueError where none is labelled right."""
        return clopper_pearson(self.right_refused, self.num_right, confidence=confidence)

    def youden(self, *, confidence: float = 0.95) -> Interval:
        """J = 1 - false negatives - false positives; both bounds at (1 + confidence) / 2, so that
        together they hold at `confidence` (Bonferroni).

        >>> Rates(right_paid=90, right_refused=10, wrong_paid=5, wrong_refused=95).youden().value
        0.85
        """
        each = (1 + confidence) / 2
        missed = self.false_negatives(confidence=each)
        paid = self.false_positives(confidence=each)
        value = round(1 - missed.value - paid.value, 12)
        return Interval(value, 1 - missed.high - paid.high, 1 - missed.low - paid.low)

    def wrong_among_paid(self, solve_rate: float) -> float:
        """Share of rewarded answers that are wrong where a policy is right at `solve_rate`.

        Bayes: FPR (1 - p) / (FPR (1 - p) + TPR p). With a false-positive rate of 5 % and a
        true-positive rate of 90 %, a policy that is right 10 % of the time:

        >>> round(Rates(90, 10, 5, 95).wrong_among_paid(0.1), 3)
        0.333
        """
        paid_wrong = self.wrong_paid / self.num_wrong * (1 - solve_rate)
        paid_right = self.right_paid / self.num_right * solve_rate
        total = paid_wrong + paid_right
        return paid_wrong / total if total else 0.0

    def labels_to_settle(self, *, most: int = 100_000) -> int | None:
        """Labels of each class at which J's lower bound would be above 0 were the rates what they
        are now; 0 where it is, None where J itself is not or `most` are not enough.
        """
        youden = self.youden()
        if youden.low > 0:
            return 0
        if youden.value <= 0:
            return None
        refused = self.right_refused / self.num_right
        paid = self.wrong_paid / self.num_wrong
        count = 2
        while count <= most:
            r, w = round(refused * count), round(paid * count)
            if Rates(count - r, r, w, count - w).youden().low > 0:
                return count
            count = max(count + 1, count * 5 // 4)
        return None

    def to_json(self) -> dict[str, Any]:
        """Counts, and the rates where there are any."""
        found: dict[str, Any] = {
            "right_paid": self.right_paid,
            "right_refused": self.right_refused,
            "wrong_paid": self.wrong_paid,
            "wrong_refused": self.wrong_refused,
        }
        if self.num_wrong:
            found["false_positives"] = _three(self.false_positives())
        if self.num_right:
            found["false_negatives"] = _three(self.false_negatives())
        if self.num_right and self.num_wrong:
            found["youden"] = _three(self.youden())
        return found


@dataclass(frozen=True, slots=True)
class Calibration:
    """Rates overall and by stratum. `of` says where the labels came from."""

    of: str
    overall: Rates
    strata: Mapping[str, Rates] = field(default_factory=dict)
    solve_rate: float | None = None

    @property
    def is_whole(self) -> bool:
        """Both classes are there: J can be computed."""
        return self.overall.num_right > 0 and self.overall.num_wrong > 0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        found: dict[str, Any] = {
            "of": self.of,
            "overall": self.overall.to_json(),
            "strata": {name: rates.to_json() for name, rates in self.strata.items()},
        }
        if self.is_whole:
            found["labels_to_settle"] = self.overall.labels_to_settle()
            if self.solve_rate is not None:
                found["solve_rate"] = self.solve_rate
                found["wrong_among_paid"] = self.overall.wrong_among_paid(self.solve_rate)
        return found


def calibrate(
    labelled: Iterable[Labelled], *, of: str, solve_rate: float | None = None
) -> Calibration:
    """Count; `solve_rate` is how often the policy is right at present."""
    labelled = list(labelled)
    names = dict.fromkeys(name for one in labelled for name in one.strata)
    strata = {name: _rates([one for one in labelled if name in one.strata]) for name in names}
    return Calibration(of, _rates(labelled), strata, solve_rate)


def _rates(labelled: Sequence[Labelled]) -> Rates:
    def count(*, is_right: bool, is_paid: bool) -> int:
        return sum(one.is_right is is_right and one.is_paid is is_paid for one in labelled)

    return Rates(
        count(is_right=True, is_paid=True),
        count(is_right=True, is_paid=False),
        count(is_right=False, is_paid=True),
        count(is_right=False, is_paid=False),
    )


def _three(interval: Interval) -> list[float]:
    return [interval.value, interval.low, interval.high]
