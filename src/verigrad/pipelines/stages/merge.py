"""Experts into one: the weighted average of their weights (model soups, arXiv 2203.05482)."""

from __future__ import annotations

import torch

from verigrad.core.errors import ConfigError
from verigrad.core.stages import MergeStage
from verigrad.pipelines.stages.output import Output, Work
from verigrad.records.atomic import new_folder
from verigrad.training.checkpoints import save_policy, shapes
from verigrad.training.policy import load_policy


def merge(work: Work) -> Output:
    """The average of the parents' models; ConfigError where they are not of one shape."""
    stage = work.stage
    assert isinstance(stage, MergeStage)
    models = [work.parents[name].model for name in stage.parents]
    if any(model is None for model in models):
        raise ConfigError("a merge needs a model from each of `from`", where=f"stage {stage.name}")
    policies = [load_policy(model) for model in models if model is not None]
    first = policies[0]
    if any(shapes(policy.model) != shapes(first.model) for policy in policies):
        raise ConfigError(
            "these models have different shapes: their weights have no average",
            where=f"stage {stage.name}: {', '.join(stage.parents)}",
            remedy="merge them by distillation: a `reject` of each, then one `sft` on all of them",
        )
    given = stage.weights or (1.0,) * len(policies)
    shares = [weight / sum(given) for weight in given]
    states = [policy.model.state_dict() for policy in policies]
    with torch.no_grad():
        for name, value in first.model.state_dict().items():
            if value.is_floating_point():
                parts = [s * state[name].double() for s, state in zip(shares, states, strict=True)]
                value.copy_(torch.stack(parts).sum(0))
    with new_folder(work.folder) as folder:
        save_policy(folder / "model", first, card=f"merge of {', '.join(stage.parents)}\n")
    return Output(work.folder / "model")
