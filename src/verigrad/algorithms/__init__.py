"""Advantages, ratios, losses, KL and aggregation: tensors in, loss and statistics out."""

from verigrad.algorithms.advantages import advantages
from verigrad.algorithms.batch import BatchTotals, TokenBatch
from verigrad.algorithms.critic import value_loss
from verigrad.algorithms.logprobs import TokenLogps, token_logps
from verigrad.algorithms.objective import Objective
from verigrad.algorithms.padded import batch_from_padded, pack_padded
from verigrad.algorithms.policy_loss import (
    LossOutput,
    merge_statistics,
    policy_loss,
    token_gradients,
)
from verigrad.algorithms.presets import PRESETS, SUPERVISED, Preset, SupervisedLoss, preset
from verigrad.algorithms.token_advantages import TokenAdvantages, TokenInputs, token_advantages

__all__ = [
    "PRESETS",
    "SUPERVISED",
    "BatchTotals",
    "LossOutput",
    "Objective",
    "Preset",
    "SupervisedLoss",
    "TokenAdvantages",
    "TokenBatch",
    "TokenInputs",
    "TokenLogps",
    "advantages",
    "batch_from_padded",
    "merge_statistics",
    "pack_padded",
    "policy_loss",
    "preset",
    "token_advantages",
    "token_gradients",
    "token_logps",
    "value_loss",
]
