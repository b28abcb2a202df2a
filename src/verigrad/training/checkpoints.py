"""Checkpoints: a folder that transformers opens, and beside it what an exact resume needs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import torch

from verigrad.core.errors import DataError
from verigrad.training.adapters import (
    ADAPTER_FOLDER,
    base_weights,
    load_adapter,
    plain_weights,
    save_adapter,
)
from verigrad.training.learner import Learner
from verigrad.training.policy import Policy, load_policy

LEARNER_FILE = "learner.pt"


def save_checkpoint(folder: Path, learner: Learner, *, card: str, base: str = "") -> None:
    """Weights (safetensors), tokenizer, chat template, model card and the learner's state.

    With LoRA the weights have the adapter added in, and `adapter/` holds it alone, on top of the
    model at `base`.
    """
    save_policy(folder, learner.policy, card=card)
    if learner.policy.adapter is not None:
        save_adapter(learner.policy, folder / ADAPTER_FOLDER, base=base)
    torch.save(learner.state(), folder / LEARNER_FILE)


def save_policy(folder: Path, policy: Policy, *, card: str) -> None:
    """What `AutoModelForCausalLM.from_pretrained` and `AutoTokenizer.from_pretrained` open."""
    if policy.adapter is None:
        policy.model.save_pretrained(folder)
    else:
        policy.model.save_pretrained(folder, state_dict=plain_weights(policy.model))
    policy.tokenizer.save_pretrained(folder)
    (folder / "README.md").write_text(card, encoding="utf-8")


def load_start(folder: Path, learner: Learner) -> None:
    """Put the checkpoint a stage began with into `learner`, the base of adapters included."""
    _load_weights(folder, learner.policy)
    _load_rest(folder, learner)


def load_checkpoint(folder: Path, learner: Learner) -> None:
    """Put a checkpoint's weights and optimizer state into `learner`, exactly.

    The base of adapters is left as it is: their sums with it, saved beside them, are rounded.
    Raises DataError where the checkpoint is of another model than the recipe's.
    """
    if learner.policy.adapter is None:
        _load_weights(folder, learner.policy)
    _load_rest(folder, learner)


def _load_rest(folder: Path, learner: Learner) -> None:
    if learner.policy.adapter is not None:
        load_adapter(learner.policy, folder / ADAPTER_FOLDER)
    learner.restore(_load_state(folder / LEARNER_FILE))


def _load_weights(folder: Path, policy: Policy) -> None:
    saved = load_policy(folder)
    inside = base_weights(policy.model)
    mine = {name: tuple(value.shape) for name, value in inside.items()}
    theirs = shapes(saved.model)
    if mine != theirs:
        different = sorted(set(mine.items()) ^ set(theirs.items()))
        raise DataError(
            "the checkpoint does not fit its recipe",
            where=f"{folder}: {different[0][0]} is {theirs.get(different[0][0], 'absent')}, "
            f"the recipe's model has {mine.get(different[0][0], 'none')}",
            cause="the recipe's [model] was changed after the run began",
            remedy="resume with the recipe in the run folder, or start a new run",
        )
    with torch.no_grad():
        for name, value in saved.model.state_dict().items():
            inside[name].copy_(value)


def shapes(model: Any) -> dict[str, tuple[int, ...]]:
    """Shape of every parameter by name."""
    return {name: tuple(value.shape) for name, value in model.state_dict().items()}


def _load_state(path: Path) -> dict[str, Any]:
    try:
        return torch.load(path, weights_only=True)
    except (OSError, RuntimeError) as error:
        raise DataError(
            f"cannot read the learner's state: {error}",
            where=str(path),
            cause="the checkpoint was made by another program, or it was damaged",
            remedy="resume from another checkpoint, or start a new run from these weights",
        ) from error
