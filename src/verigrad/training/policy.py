"""The policy: loaded from a hub id or folder, or built small on the spot, with its tokenizer."""

from __future__ import annotations

import copy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import torch
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, PreTrainedTokenizerFast
from transformers.utils import logging as transformers_logging

from verigrad.core.errors import ConfigError, SetupError
from verigrad.core.recipe import Build, ModelSection

USER, ASSISTANT, SYSTEM, END = "<|user|>", "<|assistant|>", "<|system|>", "<|end|>"
transformers_logging.disable_progress_bar()  # a run has its own display
_UNKNOWN = "<|unknown|>"
CHAT_TEMPLATE = (
    "{%- for message in messages -%}"
    "{{- '<|' + message['role'] + '|>' + message['content'] -}}"
    "{%- if message['role'] == 'assistant' -%}{{- '<|end|>' -}}{%- endif -%}"
    "{%- endfor -%}"
    "{%- if add_generation_prompt -%}{{- '<|assistant|>' -}}{%- endif -%}"
)


@dataclass(frozen=True)
class Policy:
    """A causal language model of transformers and its tokenizer."""

    model: Any
    tokenizer: Any
    origin: str  # the path or hub id, or "built"

    @property
    def num_parameters(self) -> int:
        """Distinct parameters (tied weights count once)."""
        return sum(parameter.numel() for parameter in self.model.parameters())

    @property
    def device(self) -> torch.device:
        """Where the weights are."""
        return next(self.model.parameters()).device

    @property
    def dtype(self) -> torch.dtype:
        """The type of the weights."""
        return next(self.model.parameters()).dtype

    @property
    def max_context(self) -> int:
        """Prompt and response tokens together."""
        return int(self.model.config.max_position_embeddings)


def make_policy(section: ModelSection, *, seed: int) -> Policy:
    """The policy a recipe names."""
    if section.build is not None:
        return build_policy(section.build, seed=seed)
    assert section.path is not None
    return load_policy(section.path)


def build_policy(build: Build, *, seed: int) -> Policy:
    """A new model with random weights, decided by `seed`, and a tokenizer of single characters."""
    tokenizer = character_tokenizer(build.alphabet, max_positions=build.max_positions)
    config = AutoConfig.for_model(
        build.architecture,
        vocab_size=len(tokenizer),
        hidden_size=build.hidden_size,
        num_hidden_layers=build.num_layers,
        num_attention_heads=build.num_heads,
        num_key_value_heads=build.num_kv_heads,
        head_dim=build.hidden_size // build.num_heads,
        intermediate_size=build.intermediate_size,
        max_position_embeddings=build.max_positions,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
    )
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = AutoModelForCausalLM.from_config(config)
    return Policy(model.eval(), tokenizer, "built")


def character_tokenizer(alphabet: str, *, max_positions: int) -> PreTrainedTokenizerFast:
    """One token per character, with a chat template; the end token closes an assistant's turn."""
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers

    characters = sorted(set(alphabet))
    special = [END, _UNKNOWN, USER, ASSISTANT, SYSTEM]
    vocabulary = {token: index for index, token in enumerate([*special, *characters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=_UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token=END,
        pad_token=END,
        unk_token=_UNKNOWN,
        additional_special_tokens=[USER, ASSISTANT, SYSTEM],
        model_max_length=max_positions,
        clean_up_tokenization_spaces=False,
    )
    fast.chat_template = CHAT_TEMPLATE
    return fast


def load_policy(path: str | Path) -> Policy:
    """A checkpoint folder or hub id through transformers' own loading; SetupError if it fails."""
    try:
        tokenizer = AutoTokenizer.from_pretrained(path)
        model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32)
    except (OSError, ValueError, KeyError) as error:
        raise SetupError(
            f"cannot load a model from {str(path)!r}",
            where=str(error).splitlines()[0][:300] if str(error) else type(error).__name__,
            cause="a misspelt path or hub id, an incomplete checkpoint, or no network",
            remedy="give a folder that AutoModelForCausalLM.from_pretrained opens",
        ) from error
    return Policy(model.eval(), tokenizer, str(path))


def load_teacher(path: str | Path, policy: Policy) -> Policy:
    """A frozen model that speaks the policy's own tokens; ConfigError where it does not."""
    teacher = load_policy(path)
    if teacher.tokenizer.get_vocab() != policy.tokenizer.get_vocab():
        raise ConfigError(
            "the teacher has another vocabulary than the policy",
            where=f"teacher.path = {str(path)!r}",
            cause="distillation compares probabilities of the same tokens",
            remedy="use a teacher of the same model family",
        )
    return frozen(teacher)


def frozen(policy: Policy) -> Policy:
    """A copy that no optimizer moves: a reference."""
    model = copy.deepcopy(policy.model)
    for parameter in model.parameters():
        parameter.requires_grad_(requires_grad=False)
    return replace(policy, model=model)
