"""Several processes that train one policy: torch FSDP2 over their weights, sums over their losses.

Every rank holds whole groups of the batch, numbered for itself. Gradients are summed, not
averaged, because losses are divided by the totals of the whole batch (docs/decisions/070).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MethodType
from typing import Any

import torch
from torch import Tensor
from torch import distributed as dist

from verigrad.algorithms import BatchTotals
from verigrad.training.forward import SHARDED, packed_layer, packed_pass


@dataclass(frozen=True, slots=True)
class Ranks:
    """One process among the others; `Ranks()` is alone and communicates with nobody."""

    rank: int = 0
    count: int = 1

    @staticmethod
    def of_group() -> Ranks:
        """The default process group of torch.distributed, which must have been initialised."""
        return Ranks(dist.get_rank(), dist.get_world_size())

    def shard(self, model: Any) -> None:
        """Spread the model's weights over the ranks, in place, each layer a unit (FSDP2).

        The packed pass does not go through the modules' own `forward`, so FSDP is shown the
        methods to gather weights for.
        """
        if self.count == 1:
            return
        from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method

        for layer in model.model.layers:
            _spread(fully_shard(layer))
            setattr(layer, SHARDED, MethodType(packed_layer, layer))
            register_fsdp_forward_method(layer, SHARDED)
        _spread(fully_shard(model))
        setattr(model, SHARDED, MethodType(packed_pass, model))
        register_fsdp_forward_method(model, SHARDED)

    def totals(self, own: BatchTotals) -> BatchTotals:
        """Totals over all ranks, as this rank needs them."""
        if self.count == 1:
            return own
        everyone: list[Any] = [None] * self.count
        dist.all_gather_object(everyone, own)
        return own.with_ranks([other for rank, other in enumerate(everyone) if rank != self.rank])

    def largest(self, value: int) -> int:
        """The largest over all ranks."""
        return int(self.merge({}, {"value": float(value)})["value"])

    def total(self, value: int) -> int:
        """The sum over all ranks."""
        return int(self.merge({"value": float(value)}, {})["value"])

    def merge(self, sums: Mapping[str, float], maxima: Mapping[str, float]) -> dict[str, float]:
        """Sums and maxima over all ranks. A rank may lack names that others have."""
        if self.count == 1:
            return {**sums, **maxima}
        everyone: list[Any] = [None] * self.count
        dist.all_gather_object(everyone, (dict(sums), dict(maxima)))
        merged: dict[str, float] = {}
        for own_sums, own_maxima in everyone:
            for name, value in own_sums.items():
                merged[name] = merged.get(name, 0.0) + value
            for name, value in own_maxima.items():
                merged[name] = max(merged.get(name, -torch.inf), value)
        return merged


def whole(tensor: Tensor) -> Tensor:
    """All of a tensor that is spread over ranks; every rank must ask. Others as they are."""
    full = getattr(tensor, "full_tensor", None)
    return tensor if full is None else full()


def _spread(module: Any) -> None:
    module.set_gradient_divide_factor(1.0)
    module.set_force_sum_reduction_for_comms(True)
