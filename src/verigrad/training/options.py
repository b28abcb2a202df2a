"""How a learner computes its steps."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class CriticOptions:
    """The critic's. `is_shared`: a head on the policy's own hidden states; else its own model.

    Its learning rate is `rate_multiple` times the policy's. One of its own takes `passes` steps
    for every step of the policy.
    """

    is_shared: bool = False
    rate_multiple: float = 1.0
    passes: int = 1


@dataclass(frozen=True, slots=True)
class LearnerOptions:
    """How a step is computed. `precision` is that of activations; weights stay as they are.

    `recompute_layers` keeps only each layer's input and computes the layer again in the backward
    pass: less memory for a third more time.
    """

    precision: str = "float32"
    optimizer: str = "adamw"
    beta1: float = 0.9
    beta2: float = 0.95
    weight_decay: float = 0.0
    max_gradient_norm: float = 1.0
    tokens_per_micro_batch: int = 16384
    recompute_layers: bool = False
    critic: CriticOptions | None = None
    reference_decay: float | None = None  # None: the reference stays as it is
