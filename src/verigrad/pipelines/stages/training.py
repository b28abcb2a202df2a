"""Stages that are a training run: supervised, reinforced, distilled on-policy."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from verigrad.core.config import Bound
from verigrad.core.recipe import TrainingSection
from verigrad.core.stages import DistillStage, SftStage
from verigrad.pipelines.stages.output import Output, Work
from verigrad.pipelines.stages.rows import merged_data, tasks_on
from verigrad.pipelines.train import train
from verigrad.records.run import RunFolder, latest_checkpoint


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
        "accuracy_before": result.before.accuracy,
        "accuracy": result.after.accuracy,
        "low": result.after.low,
        "high": result.after.high,
    }
    return Output(last.path, None, figures)
