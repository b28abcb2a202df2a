"""A judge's calibration: how often it was wrong on labelled answers, bound to model and rubric."""

from __future__ import annotations

import json
from collections.abc import Iterable
from pathlib import Path

from pydantic import BaseModel, ConfigDict, Field

from verigrad.core.errors import ConfigError
from verigrad.core.statistics import wilson
from verigrad.core.types import Problem
from verigrad.core.verdict import Status, Verdict


class Calibration(BaseModel):
    """Counts on answers that people labelled. `judge` is the digest of what was asked of whom."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    judge: str
    true_positives: int = Field(ge=0)
    false_positives: int = Field(ge=0)
    true_negatives: int = Field(ge=0)
    false_negatives: int = Field(ge=0)
    unjudged: int = Field(default=0, ge=0)

    @property
    def false_positive_bound(self) -> float:
        """The upper end of the 95 % interval of the rate of wrong answers that pass; 1 unseen."""
        wrong = self.false_positives + self.true_negatives
        return wilson(self.false_positives, wrong).high if wrong else 1.0

    @property
    def kappa(self) -> float:
        """Cohen's agreement beyond chance; 0 where it is not defined.

        40 + 40 agreements and 10 + 10 disagreements: (0.8 - 0.5) / 0.5 = 0.6.
        """
        a, b = self.true_positives, self.false_positives
        c, d = self.false_negatives, self.true_negatives
        total = a + b + c + d
        if not total:
            return 0.0
        chance = ((a + b) * (a + c) + (c + d) * (b + d)) / total**2
        return ((a + d) / total - chance) / (1 - chance) if chance < 1 else 0.0

    def require(self, *, judge: str, most_false_positives: float) -> None:
        """ConfigError where this is not the judge's, or the judge passes too much."""
        if self.judge != judge:
            raise ConfigError(
                "the calibration is of another judge",
                cause=f"model, rubric or prompt changed: {self.judge} is not {judge}",
                remedy="calibrate again with verigrad.verifiers.judges.calibrate",
            )
        if self.false_positive_bound > most_false_positives:
            raise ConfigError(
                f"the judge may pass {self.false_positive_bound:.1%} of wrong answers",
                cause=f"{self.false_positives} of {self.false_positives + self.true_negatives} did",
                remedy="label more answers, take a better judge, or raise most_false_positives",
            )


def read_calibration(path: Path) -> Calibration:
    """The record of a file; ConfigError where there is none."""
    try:
        return Calibration.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise ConfigError(
            f"no calibration record at {path}",
            cause=str(error)[:200],
            remedy="make one with verigrad.verifiers.judges.calibrate",
        ) from None


def count(judge: str, labelled: Iterable[tuple[Verdict, bool]]) -> Calibration:
    """The record of (verdict, is right) pairs."""
    tally = {(True, True): 0, (True, False): 0, (False, False): 0, (False, True): 0}
    unjudged = 0
    for verdict, is_right in labelled:
        if verdict.status is Status.SCORED:
            tally[verdict.is_correct, is_right] += 1
        else:
            unjudged += 1
    return Calibration(
        judge=judge,
        true_positives=tally[True, True],
        false_positives=tally[True, False],
        true_negatives=tally[False, False],
        false_negatives=tally[False, True],
        unjudged=unjudged,
    )


Labelled = Iterable[tuple[Problem, str, bool]]
