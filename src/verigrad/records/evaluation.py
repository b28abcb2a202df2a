"""What an evaluation found, as it is recorded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Self

SCHEMA = "verigrad.evaluation/1"


@dataclass(frozen=True, slots=True)
class Evaluation:
    """Accuracy on `num_problems` problems, with its interval.

    `num_correct` counts full scores; `num_unscored` are the verdicts that abstained or failed
    (they are in `num_problems`, so they count as not right). `low` and `high` bound the accuracy
    at `confidence`. `by_reason` counts verdicts; `step` is the training step it was taken after.
    """

    name: str
    step: int
    num_problems: int
    num_correct: int
    num_unscored: int
    accuracy: float
    low: float
    high: float
    confidence: float
    verifier: str
    verifier_version: str
    verifier_digest: str
    split: str = "held_out"
    by_reason: Mapping[str, int] = field(default_factory=dict)
    by_task: Mapping[str, float] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with its schema."""
        values = {entry.name: getattr(self, entry.name) for entry in fields(self)}
        # not asdict: it rebuilds a Counter from its pairs and so loses the counts
        values |= {"by_reason": dict(self.by_reason), "by_task": dict(self.by_task)}
        return {"schema": SCHEMA, **values}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The evaluation written by `to_json`."""
        return cls(**{key: item for key, item in value.items() if key != "schema"})
