"""A Llama-shaped decoder, forward only: tokens and positions in, last hidden states out.

All tokens lie in one dimension, whichever rows they belong to; only attention knows rows.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor
from torch.nn import functional

from verigrad.rollouts.engines.torch.architecture import Architecture
from verigrad.rollouts.engines.torch.attention import Attend
from verigrad.rollouts.engines.torch.kernels import Kernels, choose_kernels
from verigrad.rollouts.engines.torch.rotary import RotaryTables
from verigrad.rollouts.engines.torch.weights import LayerWeights, Weights

# N tokens  C hidden size  H heads  K kv heads  D head_dim  V vocabulary


class Decoder:
    """Computes with `weights`; `config` is the checkpoint's transformers configuration."""

    def __init__(
        self, architecture: Architecture, weights: Weights, config: Any, *, max_context: int
    ) -> None:
        self.architecture = architecture
        self.weights = weights
        self.dtype = weights.embedding.dtype
        self.device = weights.embedding.device
        self.kernels: Kernels = choose_kernels(
            device=self.device, dtype=self.dtype, activation=architecture.activation
        )
        self._norm_eps = torch.tensor(architecture.norm_eps, device=self.device)
        self.rotary = RotaryTables(
            config, kinds=set(architecture.layer_kinds), length=max_context, device=self.device
        )

    def forward(self, tokens_N: Tensor, positions_N: Tensor, attend: Attend) -> Tensor:
        """Hidden states after the last norm (N x C)."""
        x = functional.embedding(tokens_N, self.weights.embedding)
        if self.architecture.embedding_scale != 1.0:
            x = x * torch.tensor(self.architecture.embedding_scale, dtype=self.dtype)
        rotary = self.rotary.at(positions_N)
        for index, layer in enumerate(self.weights.layers):
            cos, sin = rotary[self.architecture.layer_kinds[index]]
            x = self._attention(x, layer, index, cos=cos, sin=sin, attend=attend)
            x = self._mlp(x, layer)
        return self._norm(x, self.weights.final_norm)

    def logits(self, hidden_NC: Tensor, *, out: Tensor | None = None) -> Tensor:
        """Float32 logits (N x V), in `out` where it is given."""
        logits = self.kernels.linear(hidden_NC, self.weights.head, None)
        logits = logits.float() if out is None else out.copy_(logits)
        cap = self.architecture.logit_softcap
        return logits.div_(cap).tanh_().mul_(cap) if cap else logits

    def _attention(
        self,
        x: Tensor,
        layer: LayerWeights,
        index: int,
        *,
        cos: Tensor,
        sin: Tensor,
        attend: Attend,
    ) -> Tensor:
        architecture = self.architecture
        num_query, num_key = architecture.num_heads, architecture.num_kv_heads
        normed = self._norm(x, layer.attention_norm)
        qkv = self.kernels.linear(normed, layer.qkv, layer.qkv_bias).float()
        qkv = qkv.view(len(x), -1, architecture.head_dim)
        turned = self._rotate(self._norm_heads(qkv[:, : num_query + num_key], layer), cos, sin)
        seen = attend(
            index, turned[:, :num_query], turned[:, num_query:], qkv[:, num_query + num_key :]
        )
        seen = seen.to(self.dtype)
        if layer.attention_post_norm is None:
            return self.kernels.linear_add(seen, layer.output, layer.output_bias, x)
        out = self.kernels.linear(seen, layer.output, layer.output_bias)
        return x + self._norm(out, layer.attention_post_norm)

    def _mlp(self, x: Tensor, layer: LayerWeights) -> Tensor:
        kernels = self.kernels
        normed = self._norm(x, layer.mlp_norm)
        gate = kernels.linear_activate(normed, layer.gate, layer.gate_bias)
        wide = kernels.linear_multiply(normed, layer.up, layer.up_bias, gate)
        if layer.mlp_post_norm is None:
            return kernels.linear_add(wide, layer.down, layer.down_bias, x)
        out = kernels.linear(wide, layer.down, layer.down_bias)
        return x + self._norm(out, layer.mlp_post_norm)

    def _norm(self, x: Tensor, weight: Tensor) -> Tensor:
        """RMS norm over the hidden size, computed in float32."""
        if self.device.type != "cpu" and weight.dtype is x.dtype:
            return functional.rms_norm(x, (x.shape[-1],), weight, self.architecture.norm_eps)
        return self._scaled(x.float()).mul_(weight).to(x.dtype)

    def _norm_heads(self, heads: Tensor, layer: LayerWeights) -> Tensor:
        """Query and key heads (N x (H+K) x D), normalised if the model does; queries scaled."""
        if layer.qk_norm is not None:
            return self._scaled(heads).mul_(layer.qk_norm)
        heads[:, : self.architecture.num_heads].mul_(self.architecture.query_scale)
        return heads

    def _scaled(self, x: Tensor) -> Tensor:
        """`x` (float32) with a mean square of 1 over its last dimension."""
        width = x.shape[-1]
        if self.device.type != "cpu":
            return functional.rms_norm(x, (width,), None, self.architecture.norm_eps)
        # on a processor torch composes rms_norm of more and slower steps than these
        size = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
        return x * torch.addcmul(self._norm_eps, size, size, value=1.0 / width).rsqrt_()

    def _rotate(self, heads: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
        """Turn each pair (i, i + D/2) of every head by its position's angle."""
        halves = heads.unflatten(-1, (2, -1))
        first, second = halves.unbind(-2)
        turned = halves * cos.unsqueeze(-2)
        turned[..., 0, :].addcmul_(second, sin, value=-1)
        turned[..., 1, :].addcmul_(first, sin)
        return turned.flatten(-2)
