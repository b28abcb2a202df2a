"""A decoder's weights: named as transformers names them, fused where one product does for three.

Query, key and value weights of a layer lie in one matrix, of which the three are slices. A model
can be made to live in this storage (`adopt`): its optimizer's steps are then seen here at once,
without a copy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor, nn

from verigrad.core.errors import DataError
from verigrad.rollouts.engines.torch.architecture import Architecture
from verigrad.rollouts.engines.torch.kernels import computed_type

_FUSED = ("q_proj", "k_proj", "v_proj")


@dataclass(slots=True)
class LayerWeights:
    """One layer. `*_norm` are as stored; `refresh` derives from them what is computed with."""

    qkv: Tensor
    qkv_bias: Tensor | None
    output: Tensor
    output_bias: Tensor | None
    gate: Tensor
    gate_bias: Tensor | None
    up: Tensor
    up_bias: Tensor | None
    down: Tensor
    down_bias: Tensor | None
    attention_norm: Tensor
    mlp_norm: Tensor
    attention_post_norm: Tensor | None = None
    mlp_post_norm: Tensor | None = None
    qk_norm: Tensor | None = None  # (heads + kv heads) x head_dim, query scale included


class Weights:
    """All weights of one decoder, in `dtype` on `device`.

    With `is_copied=False` tensors of `source` that have that type and device already are taken as
    they are (all but query, key and value weights).

    `named` maps transformers' parameter names to the tensors computed with; those of query, key
    and value are slices of the fused matrices.
    """

    def __init__(
        self,
        architecture: Architecture,
        source: Mapping[str, Tensor],
        *,
        dtype: torch.dtype,
        device: torch.device,
        is_copied: bool = True,
    ) -> None:
        self.architecture = architecture
        self.named: dict[str, Tensor] = {}
        self._fused: dict[str, Tensor] = {}
        self._derived_norms: list[tuple[Tensor, Tensor]] = []
        self._computed_type = computed_type(dtype, device=device)
        self._copies: dict[int, tuple[Tensor, Tensor]] = {}  # by address: stored, computed with
        source = self._without_tied_head(source)
        with torch.inference_mode(mode=False), torch.no_grad():
            for index in range(architecture.num_layers):
                prefix = f"model.layers.{index}.self_attn."
                self._fuse(source, prefix, "weight", dtype=dtype, device=device)
                if f"{prefix}q_proj.bias" in source:
                    self._fuse(source, prefix, "bias", dtype=dtype, device=device)
            for name, tensor in source.items():
                if name not in self.named:
                    own = tensor.detach().to(device=device, dtype=dtype, copy=is_copied)
                    self.named[name] = own.contiguous()
            self.layers = [self._layer(index) for index in range(architecture.num_layers)]
            self.embedding = self._computed(self._get("model.embed_tokens.weight"))
            self.head = (
                self.embedding
                if architecture.is_tied
                else self._computed(self._get("lm_head.weight"))
            )
            self.final_norm = self._norm("model.norm.weight")
        self.refresh()

    def load(self, source: Mapping[str, Tensor]) -> None:
        """Copy `source` into place; a tensor that already is this storage costs nothing."""
        source = self._without_tied_head(source)
        missing = sorted(self.named.keys() - source.keys())
        unknown = sorted(source.keys() - self.named.keys())
        wrong = [
            n for n in self.named.keys() & source.keys() if not _fits(self.named[n], source[n])
        ]
        if missing or unknown or wrong:
            raise DataError(
                "these weights do not fit the engine's model",
                where=f"missing: {missing[:3]}, unknown: {unknown[:3]}, other shape: {wrong[:3]}",
                cause="weights of another model, or of a wrapped one (LoRA, FSDP)",
                remedy="give the full state dict of the architecture the engine was built with",
            )
        with torch.inference_mode(mode=False), torch.no_grad():
            for name, target in self.named.items():
                if source[name].data_ptr() != target.data_ptr():
                    target.copy_(source[name])
        self.refresh()

    def adopt(self, model: nn.Module) -> None:
        """Make `model`'s parameters live in this storage. Their identity does not change, so an
        optimizer that holds them goes on; type and device must be the engine's.
        """
        parameters = dict(model.named_parameters())
        self.load({name: parameter.data for name, parameter in parameters.items()})
        for name, parameter in parameters.items():
            target = self.named.get(name)
            if target is None:
                continue
            if parameter.dtype != target.dtype or parameter.device != target.device:
                raise DataError(
                    "weights can be shared only in one type on one device",
                    where=f"{name}: model {parameter.dtype} on {parameter.device}, "
                    f"engine {target.dtype} on {target.device}",
                    remedy="give the engine the model's type and device, or share nothing and "
                    "call load() after every step",
                )
            parameter.data = target

    @torch.no_grad()
    def fingerprint(self) -> Tensor:
        """One number of every weight, the sum of its bits: an optimizer's step changes them."""
        kinds = {2: torch.int16, 4: torch.int32}
        bits = [t.view(kinds[t.element_size()]) for t in self.named.values()]
        return torch.stack([b.sum(dtype=torch.int64) for b in bits])

    @torch.no_grad()
    def refresh(self) -> None:
        """Derive what is computed with but not stored (norms with an offset, the joint query-key
        norm, all weights where another type is faster). Needed after weights changed in place.
        """
        for stored, computed in self._copies.values():
            computed.copy_(stored)
        for norm, stored in self._derived_norms:
            norm.copy_(stored).add_(self.architecture.norm_offset)
        if not self.architecture.has_qk_norm:
            return
        heads, offset = self.architecture.num_heads, self.architecture.norm_offset
        for index, layer in enumerate(self.layers):
            assert layer.qk_norm is not None
            prefix = f"model.layers.{index}.self_attn."
            query = self._get(f"{prefix}q_norm.weight").float() + offset
            layer.qk_norm[:heads].copy_(query * self.architecture.query_scale)
            layer.qk_norm[heads:].copy_(self._get(f"{prefix}k_norm.weight").float() + offset)

    def _without_tied_head(self, source: Mapping[str, Tensor]) -> Mapping[str, Tensor]:
        if not self.architecture.is_tied:
            return source
        return {name: tensor for name, tensor in source.items() if name != "lm_head.weight"}

    def _fuse(
        self,
        source: Mapping[str, Tensor],
        prefix: str,
        kind: str,
        *,
        dtype: torch.dtype,
        device: torch.device,
    ) -> None:
        names = [f"{prefix}{part}.{kind}" for part in _FUSED]
        parts = [_required(source, name).detach() for name in names]
        fused = torch.cat(parts).to(device=device, dtype=dtype)
        self._fused[f"{prefix}{kind}"] = fused
        for name, view in zip(names, fused.split([len(p) for p in parts]), strict=True):
            self.named[name] = view

    def _get(self, name: str) -> Tensor:
        return _required(self.named, name)

    def _computed(self, stored: Tensor) -> Tensor:
        """`stored` itself, or the copy in the type computed in that `refresh` fills."""
        if stored.dtype is self._computed_type:
            return stored
        known = self._copies.get(stored.data_ptr())
        if known is None:
            known = (stored, torch.empty_like(stored, dtype=self._computed_type))
            self._copies[stored.data_ptr()] = known
        return known[1]

    def _matrix(self, name: str) -> Tensor:
        return self._computed(self._get(name))

    def _bias(self, name: str) -> Tensor | None:
        stored = self.named.get(name)
        return None if stored is None else self._computed(stored)

    def _norm(self, name: str) -> Tensor:
        """The stored norm itself, or with an offset a tensor that `refresh` fills."""
        stored = self._get(name)
        if not self.architecture.norm_offset:
            return self._computed(stored)
        derived = torch.empty_like(stored, dtype=torch.float32)
        self._derived_norms.append((derived, stored))
        return derived

    def _layer(self, index: int) -> LayerWeights:
        architecture = self.architecture
        prefix = f"model.layers.{index}."
        attention, mlp = f"{prefix}self_attn.", f"{prefix}mlp."
        has_post = architecture.has_post_norms
        before_mlp = "pre_feedforward_layernorm" if has_post else "post_attention_layernorm"
        num_qk = architecture.num_heads + architecture.num_kv_heads
        device = self._get("model.embed_tokens.weight").device
        joint_bias = self._fused.get(f"{attention}bias")
        return LayerWeights(
            qkv=self._computed(self._fused[f"{attention}weight"]),
            qkv_bias=None if joint_bias is None else self._computed(joint_bias),
            output=self._matrix(f"{attention}o_proj.weight"),
            output_bias=self._bias(f"{attention}o_proj.bias"),
            gate=self._matrix(f"{mlp}gate_proj.weight"),
            gate_bias=self._bias(f"{mlp}gate_proj.bias"),
            up=self._matrix(f"{mlp}up_proj.weight"),
            up_bias=self._bias(f"{mlp}up_proj.bias"),
            down=self._matrix(f"{mlp}down_proj.weight"),
            down_bias=self._bias(f"{mlp}down_proj.bias"),
            attention_norm=self._norm(f"{prefix}input_layernorm.weight"),
            mlp_norm=self._norm(f"{prefix}{before_mlp}.weight"),
            attention_post_norm=self._norm(f"{prefix}post_attention_layernorm.weight")
            if has_post
            else None,
            mlp_post_norm=self._norm(f"{prefix}post_feedforward_layernorm.weight")
            if has_post
            else None,
            qk_norm=torch.empty(num_qk, architecture.head_dim, device=device)
            if architecture.has_qk_norm
            else None,
        )


def _fits(target: Tensor, source: Tensor) -> bool:
    return target.shape == source.shape


def _required(tensors: Mapping[str, Tensor], name: str) -> Tensor:
    if name not in tensors:
        raise DataError(
            f'the weights lack "{name}"',
            cause="weights of another architecture than the configuration says",
            remedy="give a complete checkpoint of the configured architecture",
        )
    return tensors[name]
