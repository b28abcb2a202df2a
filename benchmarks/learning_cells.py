"""One cell of the learning table: a preset and a seed, from the seed's warm start."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

NUM_STEPS, NUM_PROBLEMS, NUM_ROLLOUTS = 40, 32, 8
HELD_OUT = 1024
FIRST = "dr_grpo"  # its last policy teaches "on_policy_distillation"

# What every cell shares: the quickstart recipe with these. The budget is 40 x 32 x 8 completions.
SHARED = (
    f"training.steps={NUM_STEPS}",
    f"training.problems_per_step={NUM_PROBLEMS}",
    f"rollouts.num_rollouts={NUM_ROLLOUTS}",
    "training.evaluate_every=0",
    "training.learning_rate=1e-4",
    f"evaluation.problems={HELD_OUT}",
)


@dataclass(frozen=True)
class Setting:
    """What a preset is given beside the shared settings, and why; chosen beforehand, not tuned."""

    overrides: tuple[str, ...]
    reason: str


SETTINGS: Mapping[str, Setting] = MappingProxyType(
    {
        "dapo": Setting(
            ("training.problems_per_step=24", "training.resample_groups=1"),
            "groups without spread are drawn again once, so it starts from fewer problems to "
            "stay within the budget",
        ),
        "grpo_process": Setting(
            ('task.0.steps={ kind = "worked" }',),
            "process supervision needs the score of every step of the worked sum",
        ),
        "on_policy_distillation": Setting(
            (),
            f"the teacher is the last policy of the seed's own {FIRST} run; no verdict is read",
        ),
        "ppo": Setting(
            ("critic.learning_rate=1e-3",),
            "the critic starts from nothing and has 40 steps to learn",
        ),
    }
)


def presets() -> list[str]:
    """All that the loop runs, the teacher first."""
    from verigrad.algorithms import PRESETS

    return [FIRST, *(name for name in PRESETS if name != FIRST)]


def warm_start(folder: Path, seed: int) -> Path:
    """The checkpoint that all cells of a seed start from; made once."""
    from verigrad.core.config import bind
    from verigrad.core.recipe import Recipe
    from verigrad.pipelines.demo import RECIPE, recipe_text

    overrides = (f"seed={seed}", "training.steps=0", f"evaluation.problems={HELD_OUT}")
    bound = bind(Recipe, recipe_text(RECIPE), name=RECIPE, overrides=overrides)
    path = finished_run(bound, folder / f"warm-seed{seed}")
    return path / "checkpoints" / "step_000000"


def cell_path(folder: Path, preset: str, seed: int) -> Path:
    return folder / f"{preset}-seed{seed}"


def run_from_warm_start(
    folder: Path, name: str, seed: int, *, overrides: Sequence[str], accept_risk: str | None = None
) -> Path:
    """The quickstart with `overrides`, from the seed's warm start, into `folder/name`.

    A run that is finished is kept, one that was cut is resumed.
    """
    from verigrad.core.config import bind
    from verigrad.core.recipe import Recipe
    from verigrad.pipelines.demo import RECIPE, recipe_text

    start = warm_start(folder, seed).resolve()
    text = re.sub(
        r"\[model\.build\].*?(?=\n\[\[task\]\])", "", recipe_text(RECIPE), flags=re.DOTALL
    )
    own = (f"seed={seed}", f"name={name}", f'model.path="{start}"', "warm_up.steps=0")
    bound = bind(Recipe, text, name=RECIPE, overrides=[*own, *overrides])
    return finished_run(bound, folder / name, accept_risk=accept_risk)


def run_cell(folder: Path, preset: str, seed: int, *, steps: int | None = None) -> Path:
    """Train the cell of the table."""
    overrides = [
        f"objective.preset={preset}",
        *SHARED,
        *(SETTINGS[preset].overrides if preset in SETTINGS else ()),
    ]
    if preset == "on_policy_distillation":
        teacher = cell_path(folder, FIRST, seed) / "checkpoints" / f"step_{NUM_STEPS:06d}"
        overrides.append(f'teacher.path="{teacher.resolve()}"')
    if steps is not None:
        overrides.append(f"training.steps={steps}")
    name = cell_path(folder, preset, seed).name
    return run_from_warm_start(folder, name, seed, overrides=overrides)


def finished_run(bound, path: Path, *, accept_risk: str | None = None) -> Path:
    from verigrad.pipelines.train import train
    from verigrad.records.run import RunFolder

    resume = (path / "resolved.json").is_file()
    if resume:
        record = RunFolder.open(path).record()
        if record is not None and record.ending == "finished":
            return path
    train(bound, path, resume=resume, accept_risk=accept_risk)
    return path
