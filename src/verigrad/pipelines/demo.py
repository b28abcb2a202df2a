"""The demo: the quickstart recipe, and its control with rewards drawn at random beside it."""

from __future__ import annotations

import time
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

from verigrad.core.config import Bound, bind
from verigrad.core.errors import SetupError
from verigrad.core.recipe import Recipe
from verigrad.pipelines.progress import Listener
from verigrad.pipelines.train import RunResult, train
from verigrad.reports.report import write_report

RECIPE = "quickstart.toml"


@dataclass(frozen=True, slots=True)
class DemoResult:
    """What the demo found. `beside` is the run of the other kind with the same seed, if any."""

    run: RunResult
    control: str
    beside: Path | None
    total_seconds: float

    def to_json(self) -> dict[str, Any]:
        """The figures of this run, as the issue names them."""
        before, after = self.run.before, self.run.after
        return {
            "accuracy_before": before.accuracy,
            "accuracy_after": after.accuracy,
            "n": after.num_problems,
            "interval_before": [before.low, before.high],
            "interval_after": [after.low, after.high],
            "train_seconds": round(self.run.train_seconds, 2),
            "total_seconds": round(self.total_seconds, 2),
            "control": self.control,
            "beside": None if self.beside is None else str(self.beside),
            "run": str(self.run.path),
        }

    def text(self) -> str:
        """A few plain lines: what happened and where to look."""
        before, after = self.run.before, self.run.after
        rewarded = (
            "a coin (the control): its rewards say nothing"
            if self.control == "random"
            else "the math verifier, which compared its final answers with the references"
        )
        beside = f"Beside it, in the same report: {self.beside}\n" if self.beside else ""
        return (
            f"A language model was rewarded by {rewarded}.\n"
            f"Before: right on {before.accuracy:.1%} of {before.num_problems} held-out problems "
            f"(95 % interval {before.low:.1%} to {before.high:.1%}).\n"
            f"After:  right on {after.accuracy:.1%} "
            f"(95 % interval {after.low:.1%} to {after.high:.1%}).\n"
            f"{beside}"
            f"Look at {self.run.path / 'report.html'}: every reward, and why it was given.\n"
            f"The model is in {self.run.path / 'checkpoints'}; transformers opens it."
        )


def quickstart(*, seed: int, control: str, steps: int | None = None) -> Bound:
    """The quickstart recipe with a seed and a control."""
    overrides = [f"seed={seed}", f'training.control="{control}"']
    if steps is not None:
        overrides.append(f"training.steps={steps}")
    return bind(Recipe, recipe_text(RECIPE), name=RECIPE, overrides=overrides)


def recipe_text(name: str) -> str:
    """A recipe that ships: inside the installed package, or in `recipes/` of the checkout."""
    installed = resources.files("verigrad").joinpath("recipes", name)
    checkout = Path(__file__).parents[3] / "recipes" / name
    for place in (installed, checkout):
        if place.is_file():
            return place.read_text(encoding="utf-8")
    raise SetupError(
        f"the recipe {name} is not here",
        where=str(checkout),
        cause="an incomplete installation",
        remedy="install the package again, or run from a checkout",
    )


def demo(
    *,
    seed: int,
    control: str = "none",
    out: Path = Path("runs"),
    steps: int | None = None,
    listener: Listener | None = None,
    started: float | None = None,
) -> DemoResult:
    """Run it into `out`; `started` is the `time.perf_counter()` that the total counts from."""
    start = time.perf_counter() if started is None else started
    bound = quickstart(seed=seed, control=control, steps=steps)
    result = train(bound, run_path(out, seed=seed, control=control), listener=listener)
    other = run_path(out, seed=seed, control="none" if control == "random" else "random")
    beside = other if (other / "record.json").is_file() else None
    if beside is not None:
        write_report(result.path, control=beside)
        if control == "random":
            write_report(beside, control=result.path)
    return DemoResult(result, control, beside, time.perf_counter() - start)


def run_path(out: Path, *, seed: int, control: str) -> Path:
    """A folder name that is free: demo-seed0, or with a number where that is taken."""
    return out / f"demo-seed{seed}{'-random' if control == 'random' else ''}"
