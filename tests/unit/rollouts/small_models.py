"""Small random models of every architecture, and a character tokenizer, for the tests here."""

from __future__ import annotations

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import (
    AutoModelForCausalLM,
    Gemma2Config,
    Gemma3TextConfig,
    GemmaConfig,
    LlamaConfig,
    MistralConfig,
    PreTrainedTokenizerFast,
    Qwen2Config,
    Qwen3Config,
)

VOCAB_SIZE = 100
_SIZES = {
    "vocab_size": VOCAB_SIZE,
    "hidden_size": 48,
    "intermediate_size": 80,
    "num_hidden_layers": 3,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "max_position_embeddings": 256,
    "pad_token_id": 0,
    "bos_token_id": 1,
    "eos_token_id": 2,
}
_WINDOWED = {
    "use_sliding_window": True,
    "sliding_window": 7,
    "layer_types": ["full_attention", "sliding_attention", "full_attention"],
}


def _rope(kind, **rest):
    return {"rope_parameters": {"rope_type": kind, "rope_theta": 10000.0, **rest}}


_LLAMA3 = {
    "factor": 8.0,
    "low_freq_factor": 1.0,
    "high_freq_factor": 4.0,
    "original_max_position_embeddings": 64,
}

CONFIGS = {
    "llama": lambda: LlamaConfig(**_SIZES),
    "llama-tied": lambda: LlamaConfig(**_SIZES, tie_word_embeddings=True),
    "llama-biases": lambda: LlamaConfig(**_SIZES, attention_bias=True, mlp_bias=True),
    "llama-heads-of-own-size": lambda: LlamaConfig(**_SIZES, head_dim=16),
    "llama-one-kv-head": lambda: LlamaConfig(**{**_SIZES, "num_key_value_heads": 1}),
    "llama-no-gqa": lambda: LlamaConfig(**{**_SIZES, "num_key_value_heads": 4}),
    "llama-linear": lambda: LlamaConfig(**_SIZES, **_rope("linear", factor=4.0)),
    "llama-llama3": lambda: LlamaConfig(**_SIZES, **_rope("llama3", **_LLAMA3)),
    "llama-yarn": lambda: LlamaConfig(
        **_SIZES, **_rope("yarn", factor=4.0, original_max_position_embeddings=64)
    ),
    "mistral": lambda: MistralConfig(**_SIZES, sliding_window=None),
    "mistral-window": lambda: MistralConfig(**_SIZES, sliding_window=6),
    "qwen2": lambda: Qwen2Config(**_SIZES),
    "qwen2-window": lambda: Qwen2Config(**_SIZES, **_WINDOWED),
    "qwen3": lambda: Qwen3Config(**_SIZES, head_dim=16),
    "qwen3-heads-of-32": lambda: Qwen3Config(**_SIZES, head_dim=32),  # as vLLM takes them
    "qwen3-tied": lambda: Qwen3Config(**_SIZES, head_dim=16, tie_word_embeddings=True),
    "qwen3-window": lambda: Qwen3Config(**_SIZES, head_dim=16, **_WINDOWED),
    "gemma": lambda: GemmaConfig(**_SIZES, head_dim=16),
    "gemma2": lambda: Gemma2Config(
        **_SIZES, head_dim=16, sliding_window=6, attn_logit_softcapping=5.0, query_pre_attn_scalar=9
    ),
    "gemma3": lambda: Gemma3TextConfig(
        **_SIZES,
        head_dim=16,
        sliding_window=6,
        layer_types=["sliding_attention", "full_attention", "sliding_attention"],
    ),
}


def make_model(name, *, seed=0, spread=0.15):
    """A random model in which every parameter matters: norms and biases are not 1 and 0."""
    torch.manual_seed(seed)
    model = AutoModelForCausalLM.from_config(CONFIGS[name](), attn_implementation="eager").eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * spread)
    model.generation_config.eos_token_id = 2
    return model


def make_tokenizer():
    """One token a character; ids 0 to 2 are padding, beginning and end."""
    characters = [chr(code) for code in range(32, 127)] + ["\n", "é"]
    vocab = {token: i for i, token in enumerate(["<pad>", "<bos>", "<eos>", *characters])}
    inner = Tokenizer(models.WordLevel(vocab, unk_token="<pad>"))
    inner.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    inner.decoder = decoders.Fuse()
    return PreTrainedTokenizerFast(
        tokenizer_object=inner, pad_token="<pad>", bos_token="<bos>", eos_token="<eos>"
    )
