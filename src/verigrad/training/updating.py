"""Gradients -> a step: clip, check, apply one of torch's optimizers."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import torch
from torch import Tensor
from torch.optim import Optimizer

from verigrad.core.errors import HaltedError
from verigrad.training.options import LearnerOptions
from verigrad.training.ranks import whole

Named = tuple[str, Tensor]


class Updater:
    """The optimizers of some named parameters.

    Weight decay applies to matrices only. `multiples` holds, by prefix of a parameter's name, what
    the learning rate is multiplied by for it (a critic's, say).
    """

    def __init__(
        self,
        named: Iterable[Named],
        options: LearnerOptions,
        *,
        multiples: Mapping[str, float] | None = None,
    ) -> None:
        self.options = options
        self.steps_taken = 0
        trained = [(name, p) for name, p in named if p.requires_grad]
        self.parameters = [parameter for _, parameter in trained]
        groups = _groups(trained, options.weight_decay, multiples or {})
        self.optimizers = OPTIMIZERS[options.optimizer](groups, options)

    def apply(self, learning_rate: float) -> float:
        """One step; returns the gradient norm before clipping.

        Raises HaltedError, and leaves the weights as they are, where the gradient is not finite.
        """
        norm = float(whole(self._clip()))
        if not math.isfinite(norm):
            self.clear()
            raise HaltedError(
                f"the gradient is {norm} in optimizer step {self.steps_taken + 1}",
                cause="the step diverged: a learning rate too high, or a broken batch",
                remedy="resume from the last checkpoint with a lower learning rate",
            )
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = learning_rate * group["multiple"]
            optimizer.step()
        self.clear()
        self.steps_taken += 1
        return norm

    def _clip(self) -> Tensor:
        return torch.nn.utils.clip_grad_norm_(self.parameters, self.options.max_gradient_norm)

    def clear(self) -> None:
        """Drop the gradients."""
        for parameter in self.parameters:
            parameter.grad = None

    def state(self) -> dict[str, Any]:
        """With the weights, all that the next step depends on."""
        return {
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "steps_taken": self.steps_taken,
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up `state`."""
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(copy.deepcopy(saved))  # it would share tensors
        self.steps_taken = state["steps_taken"]


def _groups(
    named: Sequence[Named], weight_decay: float, multiples: Mapping[str, float]
) -> list[dict[str, Any]]:
    """Parameter groups by (multiple of the rate, whether they decay), in order of first mention."""
    groups: dict[tuple[float, bool], list[Named]] = {}
    for name, parameter in named:
        multiple = next((m for prefix, m in multiples.items() if name.startswith(prefix)), 1.0)
        groups.setdefault((multiple, parameter.dim() > 1), []).append((name, parameter))
    ordered = sorted(groups.items(), key=lambda item: (item[0][0], not item[0][1]))
    return [
        {
            "params": [parameter for _, parameter in members],
            "names": [name for name, _ in members],
            "weight_decay": weight_decay if decays else 0.0,
            "multiple": multiple,
        }
        for (multiple, decays), members in ordered
    ]


def _unnamed(groups: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return [{key: value for key, value in group.items() if key != "names"} for group in groups]


def _adamw(groups: list[dict[str, Any]], options: LearnerOptions) -> list[Optimizer]:
    betas = (options.beta1, options.beta2)
    return [torch.optim.AdamW(_unnamed(groups), lr=0.0, betas=betas, fused=True)]


def _sgd(groups: list[dict[str, Any]], options: LearnerOptions) -> list[Optimizer]:
    return [torch.optim.SGD(_unnamed(groups), lr=0.0, momentum=options.beta1)]


def _adafactor(groups: list[dict[str, Any]], _options: LearnerOptions) -> list[Optimizer]:
    return [torch.optim.Adafactor(_unnamed(groups), lr=0.0)]


def _muon(groups: list[dict[str, Any]], options: LearnerOptions) -> list[Optimizer]:
    """Muon for the matrices inside the layers, AdamW for embeddings, heads and vectors.

    Muon's steps are scaled to AdamW's size (`match_rms_adamw`), so that one rate does for both.
    """
    inner: list[dict[str, Any]] = []
    outer: list[dict[str, Any]] = []
    for group in groups:
        pairs = list(zip(group["names"], group["params"], strict=True))
        for target, wanted in ((inner, True), (outer, False)):
            members = [p for name, p in pairs if _is_inner_matrix(name, p) is wanted]
            if members:
                target.append({**group, "params": members})
    optimizers = _adamw(outer, options) if outer else []
    if inner:
        momentum, adjust = options.beta2, "match_rms_adamw"
        optimizers.append(
            torch.optim.Muon(_unnamed(inner), lr=0.0, momentum=momentum, adjust_lr_fn=adjust)
        )
    return optimizers


def _is_inner_matrix(name: str, parameter: Tensor) -> bool:
    return parameter.dim() == 2 and "layers." in name


OPTIMIZERS: Mapping[str, Callable[[list[dict[str, Any]], LearnerOptions], list[Optimizer]]] = (
    MappingProxyType({"adamw": _adamw, "adafactor": _adafactor, "sgd": _sgd, "muon": _muon})
)
