"""Advantages, ratios, losses, KL and aggregation: tensors in, loss and statistics out."""

from verigrad.algorithms.advantages import advantages
from verigrad.algorithms.batch import BatchTotals, TokenBatch
from verigrad.algorithms.objective import Objective
from verigrad.algorithms.policy_loss import LossOutput, merge_statistics, policy_loss
from verigrad.algorithms.presets import PRESETS, Preset, preset

__all__ = [
    "PRESETS",
    "BatchTotals",
    "LossOutput",
    "Objective",
    "Preset",
    "TokenBatch",
    "advantages",
    "merge_statistics",
    "policy_loss",
    "preset",
]
