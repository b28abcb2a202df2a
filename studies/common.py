"""What the studies share: runs from one warm start, and a README with a generated part."""

from __future__ import annotations

import sys
from collections.abc import Iterable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1] / "benchmarks"))
from learning_cells import run_from_warm_start, warm_start  # noqa: F401 (for the studies)

from verigrad.core.statistics import mean
from verigrad.records.atomic import write_text
from verigrad.records.run import RunFolder

MARKS = ("<!-- generated -->", "<!-- end -->")
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


def write_generated(readme: Path, text: str) -> None:
    """Replace what stands between the marks."""
    before, _, rest = readme.read_text("utf-8").partition(MARKS[0])
    after = rest.partition(MARKS[1])[2]
    write_text(readme, f"{before}{MARKS[0]}\n{text}\n{MARKS[1]}{after}")


def shares(values: Iterable[float]) -> str:
    """Percent of every seed, and their mean."""
    values = list(values)
    return f"{', '.join(f'{value:.1%}' for value in values)} (mean {mean(values):.1%})"
