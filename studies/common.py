"""What the studies share: runs from one warm start, and a README with a generated part."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from generated_part import write_generated
from learning_cells import run_from_warm_start, warm_start

from verigrad.core.statistics import mean
from verigrad.records.run import RunFolder

__all__ = [
    "SHARED",
    "accuracies",
    "run_from_warm_start",
    "shares",
    "warm_start",
    "write_generated",
]
STEPS = 30
SHARED = (
    f"training.steps={STEPS}",
    "training.problems_per_step=32",
    "training.evaluate_every=0",
    "evaluation.problems=512",
)


def accuracies(path: Path) -> tuple[float, float]:
    """Held-out accuracy before and after, by the task's own verifier."""
    found = RunFolder.open(path).evaluations()
    return found["before"].accuracy, found["after"].accuracy


def shares(values: Iterable[float]) -> str:
    """Percent of every seed, and their mean."""
    values = list(values)
    return f"{', '.join(f'{value:.1%}' for value in values)} (mean {mean(values):.1%})"
