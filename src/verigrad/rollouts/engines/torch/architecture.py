"""What shape a checkpoint has, read from its transformers configuration."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verigrad.core.errors import SetupError

SUPPORTED = ("llama", "mistral", "qwen2", "qwen3", "gemma", "gemma2", "gemma3_text")
_ACTIVATIONS = {"silu": "silu", "gelu_pytorch_tanh": "gelu_tanh", "gelu": "gelu"}


@dataclass(frozen=True, slots=True)
class Architecture:
    """Sizes and switches of a decoder.

    `layer_kinds` names each layer's rotary table and `windows` how many tokens it sees, itself
    included (None: all). `norm_offset` is added to norm weights (Gemma: 1). With `has_post_norms`
    what attention and MLP return is normalised before it joins the residual (Gemma 2, 3).
    """

    model_type: str
    vocab_size: int
    hidden_size: int
    num_layers: int
    num_heads: int
    num_kv_heads: int
    head_dim: int
    max_context: int
    norm_eps: float
    activation: str
    query_scale: float
    is_tied: bool
    layer_kinds: tuple[str, ...]
    windows: tuple[int | None, ...]
    has_qk_norm: bool = False
    has_post_norms: bool = False
    norm_offset: float = 0.0
    embedding_scale: float = 1.0
    attention_softcap: float | None = None
    logit_softcap: float | None = None


def read_architecture(config: Any) -> Architecture:
    """The architecture of a transformers configuration; SetupError for one we cannot compute."""
    model_type = config.model_type
    if model_type not in SUPPORTED:
        raise SetupError(
            f'the torch engine cannot compute models of type "{model_type}"',
            where="config.json: model_type",
            cause="an architecture that is not Llama-shaped",
            remedy=f"use one of: {', '.join(SUPPORTED)}",
        )
    hidden_act = getattr(config, "hidden_activation", None) or config.hidden_act
    if hidden_act not in _ACTIVATIONS:
        raise SetupError(
            f'the torch engine does not know the activation "{hidden_act}"',
            where="config.json: hidden_act",
            remedy=f"use one of: {', '.join(_ACTIVATIONS)}",
        )
    heads = config.num_attention_heads
    head_dim = getattr(config, "head_dim", None) or config.hidden_size // heads
    is_gemma = model_type.startswith("gemma")
    kinds, windows = _layers(config)
    return Architecture(
        model_type=model_type,
        vocab_size=config.vocab_size,
        hidden_size=config.hidden_size,
        num_layers=config.num_hidden_layers,
        num_heads=heads,
        num_kv_heads=getattr(config, "num_key_value_heads", None) or heads,
        head_dim=head_dim,
        max_context=config.max_position_embeddings,
        norm_eps=config.rms_norm_eps,
        activation=_ACTIVATIONS[hidden_act],
        query_scale=(getattr(config, "query_pre_attn_scalar", None) or head_dim) ** -0.5,
        is_tied=bool(config.tie_word_embeddings),
        layer_kinds=kinds,
        windows=windows,
        has_qk_norm=model_type in ("qwen3", "gemma3_text"),
        has_post_norms=model_type in ("gemma2", "gemma3_text"),
        norm_offset=1.0 if is_gemma else 0.0,
        embedding_scale=config.hidden_size**0.5 if is_gemma else 1.0,
        attention_softcap=getattr(config, "attn_logit_softcapping", None),
        logit_softcap=getattr(config, "final_logit_softcapping", None),
    )


def _layers(config: Any) -> tuple[tuple[str, ...], tuple[int | None, ...]]:
    """Each layer's kind and window. Mistral windows every layer, the others those they name."""
    window = getattr(config, "sliding_window", None)
    named = getattr(config, "layer_types", None)
    default = "sliding_attention" if window and config.model_type == "mistral" else "full_attention"
    kinds = tuple(named or [default] * config.num_hidden_layers)
    unknown = set(kinds) - {"sliding_attention", "full_attention"}
    if unknown:
        raise SetupError(
            f"the torch engine does not know layers of type {', '.join(sorted(unknown))}",
            where="config.json: layer_types",
            remedy="use a model with full or sliding attention",
        )
    return kinds, tuple(window if kind == "sliding_attention" else None for kind in kinds)
