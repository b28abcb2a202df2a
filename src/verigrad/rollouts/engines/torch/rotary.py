"""Rotary position tables, scaled as the checkpoint's configuration says."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from verigrad.core.errors import SetupError

STATIC_KINDS = ("default", "linear", "llama3", "yarn")


class RotaryTables:
    """cos and sin of every position up to `length`, one pair of tables for each kind of layer.

    `tables[kind]` is (cos_TD, sin_TD) with D = head_dim / 2, in float32.
    """

    def __init__(self, config: Any, *, kinds: set[str], length: int, device: torch.device) -> None:
        positions = torch.arange(length, dtype=torch.float32)
        self.tables: dict[str, tuple[Tensor, Tensor]] = {}
        for kind in sorted(kinds):
            frequencies, factor = inverse_frequencies(config, kind)
            angles_TD = positions[:, None] * frequencies
            self.tables[kind] = (
                (angles_TD.cos() * factor).to(device),
                (angles_TD.sin() * factor).to(device),
            )

    def at(self, positions_N: Tensor) -> dict[str, tuple[Tensor, Tensor]]:
        """cos_N1D and sin_N1D at each position, for every kind of layer."""
        return {
            kind: (cos[positions_N].unsqueeze(1), sin[positions_N].unsqueeze(1))
            for kind, (cos, sin) in self.tables.items()
        }


def inverse_frequencies(config: Any, kind: str) -> tuple[Tensor, float]:
    """Inverse frequencies (head_dim / 2) and the factor on cos and sin, for one kind of layer.

    Scalings that change with the length of the text (dynamic, longrope) are refused: a cached key
    would no longer be the one that transformers computes.
    """
    from transformers.modeling_rope_utils import ROPE_INIT_FUNCTIONS

    parameters = config.rope_parameters
    is_nested = kind in parameters
    chosen = parameters[kind] if is_nested else parameters
    scaling = chosen["rope_type"]
    if scaling not in STATIC_KINDS or chosen.get("partial_rotary_factor", 1.0) != 1.0:
        raise SetupError(
            f'the torch engine cannot compute the rotary scaling "{scaling}"',
            where=f"config.json: rope_parameters = {dict(chosen)}",
            cause="a scaling that depends on the length of the text, or rotates part of a head",
            remedy=f"use a checkpoint with one of: {', '.join(STATIC_KINDS)}",
        )
    if scaling != "default":
        layer_type = kind if is_nested else None
        return ROPE_INIT_FUNCTIONS[scaling](config, None, layer_type=layer_type)
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // config.num_attention_heads
    powers = torch.arange(0, head_dim, 2, dtype=torch.float32) / head_dim
    return 1.0 / (chosen["rope_theta"] ** powers), 1.0
