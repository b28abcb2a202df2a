"""The table of presets: a name, its parts, its paper, and what differs from the paper's code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

from verigrad.algorithms.objective import Objective
from verigrad.core.errors import ConfigError
from verigrad.core.registry import nearest


@dataclass(frozen=True, slots=True)
class Preset:
    """One row of the table."""

    objective: Objective
    paper: str
    formula: str  # of what is maximised
    differs: str  # from the paper's own code


PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "grpo": Preset(
            Objective(
                baseline="group_mean",
                scaling="group_std",
                ratio="token",
                clipping="clip",
                aggregation="sequence_mean",
                kl_coefficient=0.04,
                kl_estimator="k3",
            ),
            paper="DeepSeekMath, arXiv 2402.03300",
            formula="mean_i 1/|o_i| sum_t min(r A, clip(r) A) - beta k3",
            differs="deviation of the population, nothing added to it; equal rewards give 0",
        ),
        "dr_grpo": Preset(
            Objective(
                baseline="group_mean", ratio="token", clipping="clip", aggregation="constant"
            ),
            paper="Understanding R1-Zero-like training, arXiv 2503.20783",
            formula="mean_i 1/L sum_t min(r A, clip(r) A), A = R - mean(R), L the token limit",
            differs="nothing: its code too divides by the token limit",
        ),
    }
)


def preset(name: str, **changes: Any) -> Objective:
    """The objective of a preset, with single parts changed.

    >>> preset("grpo", kl_coefficient=0.0).has_kl
    False
    """
    if name not in PRESETS:
        raise ConfigError(
            f'unknown preset "{name}"',
            where="objective.preset",
            remedy=f"{nearest(name, sorted(PRESETS))}known: {', '.join(sorted(PRESETS))}",
        )
    known = [field.name for field in fields(Objective)]
    if unknown := sorted(set(changes) - set(known)):
        hints = "; ".join(f'"{part}": {nearest(part, known)}' for part in unknown)
        raise ConfigError(f"unknown parts of an objective: {hints}", where="objective")
    return replace(PRESETS[name].objective, **changes)
