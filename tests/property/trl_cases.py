"""A tiny model, random rows and both libraries' ways to read them, for the tests against TRL."""

import random
from types import SimpleNamespace

import pytest
import torch
from tokenizers import Tokenizer, models
from transformers import PreTrainedTokenizerFast, Qwen3Config, Qwen3ForCausalLM

from verigrad.algorithms import BatchTotals, TokenBatch
from verigrad.algorithms.logprobs import token_logps

VOCABULARY, LIMIT, ROWS, PER_GROUP = 32, 16, 6, 3
RELATIVE = 1e-5


def tokenizer():
    words = {"<pad>": 0, "<eos>": 1, **{f"w{i}": i for i in range(2, VOCABULARY)}}
    backend = Tokenizer(models.WordLevel(words, unk_token="<pad>"))
    return PreTrainedTokenizerFast(tokenizer_object=backend, pad_token="<pad>", eos_token="<eos>")


def tiny_model(kind=Qwen3ForCausalLM, seed=0):
    torch.manual_seed(seed)
    config = Qwen3Config(
        vocab_size=VOCABULARY,
        hidden_size=16,
        intermediate_size=32,
        num_hidden_layers=2,
        num_attention_heads=2,
        num_key_value_heads=1,
        head_dim=8,
        max_position_embeddings=64,
        pad_token_id=0,
        eos_token_id=1,
        initializer_range=0.3,
        num_labels=1,
        tie_word_embeddings=False,
    )
    return kind(config).double()


def random_rows():
    """Six rows of unequal prompts and completions, with everything an objective reads."""
    draw = random.Random(5)

    def ids(low, high):
        return [draw.randrange(2, VOCABULARY) for _ in range(draw.randint(low, high))]

    return [SimpleNamespace(prompt=ids(1, 4), completion=ids(1, 8)) for _ in range(ROWS)]


def settings(path):
    """What every TRL trainer here is told."""
    return {
        "output_dir": str(path),
        "use_cpu": True,
        "bf16": False,
        "report_to": [],
        "gradient_checkpointing": False,
    }


def padded(lists, *, side, fill=0.0, dtype=torch.float64):
    width = max(map(len, lists))
    rows = [
        [fill] * (width - len(x)) + list(x)
        if side == "left"
        else list(x) + [fill] * (width - len(x))
        for x in lists
    ]
    return torch.tensor(rows, dtype=dtype)


def logps_and_entropy(model, rows):
    """Our path: each row alone, without padding, through the chunked log-probabilities."""
    hidden, targets = [], []
    for row in rows:
        states = model.model(torch.tensor([row.prompt + row.completion])).last_hidden_state[0]
        hidden.append(states[len(row.prompt) - 1 : -1])
        targets += row.completion
    return token_logps(
        torch.cat(hidden),
        model.lm_head.weight,
        torch.tensor(targets),
        chunk_size=5,
        want_entropy=True,
    )


def jitter(logp, seed, size):
    generator = torch.Generator().manual_seed(seed)
    return logp.detach() + size * torch.randn(len(logp), generator=generator, dtype=torch.float64)


def split(flat, rows):
    return [piece.tolist() for piece in torch.split(flat, [len(row.completion) for row in rows])]


def gradients(loss, model):
    grads = torch.autograd.grad(loss, list(model.parameters()), allow_unused=True)
    return torch.cat([g.flatten() for g in grads if g is not None])


def assert_equal(ours, theirs, model):
    assert ours.item() == pytest.approx(theirs.item(), rel=RELATIVE, abs=1e-7)
    mine, other = gradients(ours, model), gradients(theirs, model)
    assert other.abs().max() > 1e-6
    assert (mine - other).abs().max() <= RELATIVE * other.abs().max()


def padded_inputs(rows):
    prompts, completions = [r.prompt for r in rows], [r.completion for r in rows]

    def integers(lists, side):
        return padded(lists, side=side, dtype=torch.int64)

    return {
        "prompt_ids": integers(prompts, "left"),
        "prompt_mask": integers([[1] * len(p) for p in prompts], "left"),
        "completion_ids": integers(completions, "right"),
        "completion_mask": integers([[1] * len(c) for c in completions], "right"),
    }


def packed(rows, logp, *, advantage, old=None, reference=None, entropy=None):
    row = torch.repeat_interleave(
        torch.arange(len(rows)), torch.tensor([len(r.completion) for r in rows])
    )
    group, mask = torch.arange(len(rows)) // PER_GROUP, torch.ones(len(logp), dtype=torch.bool)
    batch = TokenBatch(
        logp_T=logp,
        mask_T=mask,
        row_T=row,
        group_B=group,
        old_logp_T=old,
        reference_logp_T=reference,
        advantage_B=advantage,
        entropy_T=entropy,
    )
    return batch, BatchTotals.of(mask, row, group_B=group, max_tokens=LIMIT)
