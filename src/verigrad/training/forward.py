"""The forward pass of a transformers model over a packed batch, up to the last hidden state.

Llama-, Qwen2-, Qwen3- and Mistral-shaped models run here on packed tokens, straight from the
weights of the transformers module (so a checkpoint is always transformers' own). Any other
architecture goes through its own `forward`, padded.
"""

# T packed tokens  D width  R rows  L padded length  Q query heads  K key/value heads  H head width

from __future__ import annotations

from functools import partial
from typing import Any

import torch
from torch import Tensor
from torch.nn import functional
from torch.nn.attention.bias import causal_lower_right
from torch.utils.checkpoint import checkpoint

from verigrad.training.kernels import rms_norm, rotate, swiglu
from verigrad.training.packing import Bucket, PackedBatch

SHARDED = "packed_pass"  # the method that FSDP watches, on a model and on its layers
_PACKED_ARCHITECTURES = frozenset({"llama", "mistral", "qwen2", "qwen3"})


def can_pack(model: Any, *, longest: int = 0) -> bool:
    """True where the packed pass computes exactly what transformers would.

    Adapters other than plain LoRA, and a sliding window shorter than the `longest` sequence, are
    left to transformers.
    """
    config = model.config
    adapters = getattr(model, "peft_config", {}).values()
    if config.model_type not in _PACKED_ARCHITECTURES or not all(map(_is_plain, adapters)):
        return False
    window = getattr(config, "sliding_window", None)
    slides = "sliding_attention" in (getattr(config, "layer_types", None) or [])
    slides = slides or config.model_type == "mistral"
    return config.hidden_act == "silu" and not (slides and window and window < longest)


def hidden_states(
    model: Any,
    batch: PackedBatch,
    *,
    dtype: torch.dtype = torch.float32,
    recompute: bool = False,
) -> Tensor:
    """Last hidden states after the final norm, (T, D), in `dtype`.

    `recompute` keeps only each layer's input and computes the layer again in the backward pass.
    """
    longest = int(batch.positions_T.max()) + 1
    if not can_pack(model, longest=longest):
        return _padded(model, batch, dtype=dtype)
    whole = getattr(model, SHARDED, None)  # the same, gathering its weights over the ranks
    if whole is not None:
        return whole(batch, dtype=dtype, recompute=recompute)
    return packed_pass(model, batch, dtype=dtype, recompute=recompute)


def packed_pass(model: Any, batch: PackedBatch, *, dtype: torch.dtype, recompute: bool) -> Tensor:
    """The pass itself, layer after layer."""
    core = model.model
    count = len(batch.tokens_T)
    spare = 0
    if dtype == torch.bfloat16 and batch.tokens_T.device.type == "cpu":
        spare = rounded_up(count) - count
    tokens_T, positions_T = (
        functional.pad(index_T, (0, spare)) for index_T in (batch.tokens_T, batch.positions_T)
    )
    hidden = core.embed_tokens.weight.to(dtype).index_select(0, tokens_T)
    cosine, sine = core.rotary_emb(hidden, positions_T[None])
    rotation = (cosine[0][:, None], sine[0][:, None])
    for layer in core.layers:
        step = getattr(layer, SHARDED, None) or partial(packed_layer, layer)
        if recompute:
            hidden = checkpoint(step, hidden, rotation, batch, use_reentrant=False)
        else:
            hidden = step(hidden, rotation, batch)
    return rms_norm(hidden[:count], core.norm.weight.to(dtype), core.norm.variance_epsilon)


def rounded_up(count: int) -> int:
    """`count`, up to the next of sixteen sizes an octave (at most 1/16 more).

    oneDNN keeps generated code, some 0.2 to 0.7 MB, for every number of rows that a bfloat16
    product was ever given, and lengths differ from step to step: without this, 47 warm-up steps of
    the quickstart grew the process from 0.7 to 1.3 GB, and on; with it, it stays at 0.75 GB.

    >>> [rounded_up(count) for count in (5, 64, 65, 5000, 8193)]
    [64, 64, 128, 5120, 8704]
    """
    step = max(64, 1 << max(0, count.bit_length() - 5))
    return -(-count // step) * step


def packed_layer(
    layer: Any, hidden: Tensor, rotation: tuple[Tensor, Tensor], batch: PackedBatch
) -> Tensor:
    """One decoder layer on packed tokens."""
    norm = layer.input_layernorm
    inner = rms_norm(hidden, norm.weight.to(hidden.dtype), norm.variance_epsilon)
    hidden = hidden + _attention(layer.self_attn, inner, rotation, batch)
    norm = layer.post_attention_layernorm
    inner = rms_norm(hidden, norm.weight.to(hidden.dtype), norm.variance_epsilon)
    mlp = layer.mlp
    return hidden + _linear(swiglu(_linear(inner, mlp.gate_proj, mlp.up_proj)), mlp.down_proj)


def _linear(x_TD: Tensor, *projections: Any) -> Tensor:
    """One matrix product for projections that read the same input, their outputs side by side."""
    bases = [getattr(p, "base_layer", p) for p in projections]
    weight = torch.cat([base.weight for base in bases]).to(x_TD.dtype)
    bias = None
    if bases[0].bias is not None:
        bias = torch.cat([base.bias for base in bases]).to(x_TD.dtype)
    out = functional.linear(x_TD, weight, bias)
    if any(hasattr(p, "lora_A") and not p.disable_adapters for p in projections):
        return out + torch.cat([_adapted(x_TD, p) for p in projections], dim=-1)
    return out


def _adapted(x_TD: Tensor, projection: Any) -> Tensor:
    """What the adapters of one projection add; 0 where it has none."""
    if not hasattr(projection, "lora_A"):
        return x_TD.new_zeros(len(x_TD), projection.out_features)
    out = x_TD.new_zeros(())
    for name in projection.active_adapters:
        down, up = projection.lora_A[name].weight, projection.lora_B[name].weight
        low = functional.linear(x_TD, down.to(x_TD.dtype))
        out = out + projection.scaling[name] * functional.linear(low, up.to(x_TD.dtype))
    return out


def _is_plain(adapter: Any) -> bool:
    """LoRA as it was printed: no dropout, no bias, no whole modules beside it."""
    switches = ("lora_dropout", "use_dora", "lora_bias", "modules_to_save")
    return str(getattr(adapter, "peft_type", "")).endswith("LORA") and not any(
        getattr(adapter, name, None) for name in switches
    )


def _attention(
    attention: Any, x_TD: Tensor, rotation: tuple[Tensor, Tensor], batch: PackedBatch
) -> Tensor:
    width = attention.head_dim
    num_queries = attention.q_proj.out_features // width
    num_keys = attention.k_proj.out_features // width
    mixed = _linear(x_TD, attention.q_proj, attention.k_proj, attention.v_proj)
    mixed = mixed.view(len(x_TD), num_queries + 2 * num_keys, width)
    turned, value_TKH = mixed.split([num_queries + num_keys, num_keys], dim=1)
    if hasattr(attention, "q_norm"):
        weight = torch.cat(
            [
                attention.q_norm.weight.expand(num_queries, -1),
                attention.k_norm.weight.expand(num_keys, -1),
            ]
        )
        turned = rms_norm(turned, weight.to(x_TD.dtype), attention.q_norm.variance_epsilon)
    turned = rotate(turned, *rotation)
    if turned.device.type == "cpu" and turned.dtype == torch.bfloat16:
        # torch's bfloat16 attention is six times slower backwards
        turned, value_TKH = turned.float(), value_TKH.float()
    query_TQH, key_TKH = turned.split([num_queries, num_keys], dim=1)
    pieces = [
        _attend(bucket, query_TQH, key_TKH, value_TKH, attention.scaling)
        for bucket in batch.buckets
    ]
    spare = len(x_TD) - sum(map(len, pieces))  # rows that only round their number up
    if spare:
        pieces.append(value_TKH.new_zeros(spare, num_queries, width))
    return _linear(torch.cat(pieces).flatten(1).to(x_TD.dtype), attention.o_proj)


def _attend(bucket: Bucket, query: Tensor, key: Tensor, value: Tensor, scaling: float) -> Tensor:
    """Attention of one bucket: (stop - start, Q, H), in packed order."""
    key_RLKH, value_RLKH = (_pad(x, bucket.pad_RL) for x in (key, value))
    if bucket.prompt_MP is not None and bucket.parent_R is not None:
        key_RLKH, value_RLKH = (
            torch.cat([_pad(x, bucket.prompt_MP).index_select(0, bucket.parent_R), own], dim=1)
            for x, own in ((key, key_RLKH), (value, value_RLKH))
        )
    group, mask = query.shape[1] // key.shape[1], bucket.mask
    if mask is not None and len(mask) == 1 and _has_flash_attention(query):
        # prompts of one length: the mask is plain causality, aligned to the last token
        mask = causal_lower_right(*mask.shape[2:])
    elif group > 1 and mask is not None and query.is_cuda:
        # no fused kernel there takes a mask and shared heads together; plain ones hold R*Q*L*L
        key_RLKH, value_RLKH = (x.repeat_interleave(group, 2) for x in (key_RLKH, value_RLKH))
        group = 1
    out = functional.scaled_dot_product_attention(
        _pad(query, bucket.pad_RL).transpose(1, 2),
        key_RLKH.transpose(1, 2),
        value_RLKH.transpose(1, 2),
        attn_mask=mask,
        is_causal=mask is None,
        scale=scaling,
        enable_gqa=group > 1,
    )
    return out.transpose(1, 2).flatten(0, 1).index_select(0, bucket.unpad)


def _has_flash_attention(query: Tensor) -> bool:
    return query.is_cuda and query.dtype in (torch.bfloat16, torch.float16)


def _pad(x_THd: Tensor, index_RL: Tensor) -> Tensor:
    return x_THd.index_select(0, index_RL.flatten()).unflatten(0, index_RL.shape)


def _padded(model: Any, batch: PackedBatch, *, dtype: torch.dtype) -> Tensor:
    """Through transformers' own forward: only for batches packed without shared prompts."""
    if any(bucket.parent_R is not None for bucket in batch.buckets):
        raise ValueError(f"{model.config.model_type} needs pack(..., share_prompts=False)")
    pieces = []
    for bucket in batch.buckets:
        length = bucket.pad_RL.shape[1]
        real = torch.zeros(bucket.pad_RL.numel(), dtype=torch.long, device=bucket.unpad.device)
        real[bucket.unpad] = 1
        is_half = dtype in (torch.bfloat16, torch.float16)
        with torch.autocast(bucket.unpad.device.type, dtype if is_half else None, enabled=is_half):
            out = model.base_model(
                input_ids=batch.tokens_T[bucket.pad_RL],
                attention_mask=real.view(-1, length),
                use_cache=False,
            ).last_hidden_state
        pieces.append(out.flatten(0, 1).index_select(0, bucket.unpad))
    return torch.cat(pieces).to(dtype)
