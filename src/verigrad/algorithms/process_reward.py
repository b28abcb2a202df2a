"""The loss of a process reward model: is the solution still right after this step?

S steps, flat over all rows
"""

from __future__ import annotations

from types import MappingProxyType

import torch
from torch import Tensor
from torch.nn.functional import binary_cross_entropy_with_logits

from verigrad.algorithms.policy_loss import LossOutput


def process_reward_loss(logit_S: Tensor, label_S: Tensor, *, num_steps: int) -> LossOutput:
    """Binary cross-entropy of every step's logit, a mean over the steps of the whole batch.

    Labels are in [0, 1]: a human's or verifier's yes or no ("Let's verify step by step", arXiv
    2305.20050), or the share of continuations that end right (Math-Shepherd, arXiv 2312.08935).

    Logit 0 against label 1: log 2 = 0.6931.

    >>> loss = process_reward_loss(torch.zeros(1), torch.ones(1), num_steps=1).loss
    >>> round(loss.item(), 4)
    0.6931
    """
    total = binary_cross_entropy_with_logits(logit_S, label_S, reduction="sum")
    agrees_S = (logit_S > 0) == (label_S > 0.5)
    statistics = {
        "loss": total.detach() / num_steps,
        "accuracy": agrees_S.to(torch.float32).sum() / num_steps,
    }
    return LossOutput(total / num_steps, MappingProxyType(statistics), MappingProxyType({}))
