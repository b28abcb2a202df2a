"""The policy: loaded from a hub id or folder, or built small on the spot, with its tokenizer."""

from __future__ import annotations

import copy
from collections.abc import Sequence
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
    adapter: Any = None  # peft's model around it, where adapters are trained
    speaks_without_adapter: bool = False  # a reference: the same weights, the adapter left out

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
    """The policy a recipe names, on its device."""
    if section.build is not None:
        policy = build_policy(section.build, seed=seed)
    else:
        assert section.path is not None
        policy = load_policy(section.path)
    policy.model.to(pick_device(section.device))
    return policy


def pick_device(name: str) -> torch.device:
    """A device by name; "auto" is the first accelerator, or the processor where there is none.

    SetupError where the device named is not there.
    """
    found = torch.accelerator.current_accelerator() if torch.accelerator.is_available() else None
    if name == "auto":
        return torch.device("cpu") if found is None else torch.device(found.type, 0)
    device = torch.device(name)
    if device.type != "cpu" and (found is None or found.type != device.type):
        raise SetupError(
            f"there is no device {name!r} here",
            where="model.device",
            cause=f"torch {torch.__version__} sees {found.type if found else 'the processor'} only",
            remedy='use device = "auto"',
        )
    return device


def build_policy(build: Build, *, seed: int) -> Policy:
    """A new model with random weights, decided by `seed`, and a tokenizer of single characters."""
    tokenizer = character_tokenizer(
        build.alphabet, max_positions=build.max_positions, pieces=build.pieces
    )
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


def character_tokenizer(
    alphabet: str, *, max_positions: int, pieces: Sequence[str] = ()
) -> PreTrainedTokenizerFast:
    """One token per character and for each of `pieces`, with a chat template; the end token closes
    an assistant's turn.
    """
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    characters = sorted(set(alphabet))
    special = [END, _UNKNOWN, USER, ASSISTANT, SYSTEM]
    vocabulary = {token: index for index, token in enumerate([*special, *characters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=_UNKNOWN))
    tokenizer.pre_tokenizer = pre_tokenizers.Split("", "isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.add_tokens([AddedToken(piece, normalized=False) for piece in pieces])
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
    teacher.model.to(policy.device)
    if teacher.tokenizer.get_vocab() != policy.tokenizer.get_vocab():
        raise ConfigError(
            "the teacher has another vocabulary than the policy",
            where=f"teacher.path = {str(path)!r}",
            cause="distillation compares probabilities of the same tokens",
            remedy="use a teacher of the same model family",
        )
    return frozen(teacher)


def frozen(policy: Policy) -> Policy:
    """The policy as it is now, unmoved by any optimizer: a reference.

    A copy, or, where the policy has an adapter, the same weights without it.
    """
    if policy.adapter is not None:
        return replace(policy, speaks_without_adapter=True)
    model = copy.deepcopy(policy.model)
    for parameter in model.parameters():
        parameter.requires_grad_(requires_grad=False)
    return replace(policy, model=model)
