"""Stages that are a training run: supervised, reinforced, distilled on-policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from verigrad.core.config import Bound
from verigrad.core.recipe import TrainingSection
from verigrad.core.stages import DistillStage, SftStage
from verigrad.core.statistics import mean
from verigrad.pipelines.stages.output import Output, Work
from verigrad.pipelines.stages.rows import merged_data, tasks_on
from verigrad.pipelines.train import train
from verigrad.records.metrics import read_metrics
from verigrad.records.run import RunFolder, latest_checkpoint

_LAST = 5  # steps that these are means of
_MEANS = (("entropy", "entropy/mean"), ("length", "length/mean"), ("liking", "fact/preference"))


def sft(work: Work) -> Output:
    """The warm-up of a run without RL steps, on parents' rows or on worked solutions."""
    stage = work.stage
    assert isinstance(stage, SftStage)
    sections: dict[str, Any] = {"warm_up": stage.supervised}
    own = work.pipeline.recipe_of(stage)
    sections["training"] = TrainingSection(**{**own.training.model_dump(), "steps": 0})
    if work.data():
        sections["task"] = tasks_on(merged_data(work), own)
    return _trained(work, work.bound(**sections))


def rl(work: Work) -> Output:
    """A run of the stage's objective."""
    return _trained(work, work.bound())


def distill(work: Work) -> Output:
    """A run whose reward is the teacher's log-probability of what the student wrote."""
    stage = work.stage
    assert isinstance(stage, DistillStage)
    objective = {"preset": "on_policy_distillation", **stage.objective}
    teacher = {"path": str(work.parents[stage.teacher].model)}
    return _trained(work, work.bound(objective=objective, teacher=teacher))


def _of_training(folder: Path) -> dict[str, float]:
    """What a run of an objective cost, and how its last steps were; nothing without steps.

    `batch_spread`: the share of the groups trained on that teach; `completions` counts all sampled.
    """
    rows = read_metrics(folder)
    if not rows:
        return {}
    sampled = [row["group/count"] for row in rows]
    trained = sum(sampled) - sum(row["group/resampled"] for row in rows)
    teaching = sum(
        row.get("group/spread_share", 0.0) * n for row, n in zip(rows, sampled, strict=True)
    )
    figures = {
        "completions": sum(row["rollouts/count"] for row in rows),
        "batch_spread": teaching / trained if trained else 0.0,
    }
    for name, metric in _MEANS:
        if last := [row[metric] for row in rows[-_LAST:] if metric in row]:
            figures[name] = mean(last)
    return figures


def _trained(work: Work, bound: Bound) -> Output:
    """The run in the stage's folder, begun or gone on with, and its last checkpoint."""
    folder: Path = work.folder
    result = train(
        bound,
        folder,
        resume=folder.exists(),
        listener=work.listener,
        accept_risk=work.accept_risk,
    )
    last = latest_checkpoint(RunFolder.open(folder))
    assert last is not None
    figures = {
        **_of_training(folder),
        "accuracy_before": result.before.accuracy,
        "accuracy": result.after.accuracy,
        "low": result.after.low,
        "high": result.after.high,
    }
    return Output(last.path, None, figures)
