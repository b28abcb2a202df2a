"""A model with one number for every token: the critic, and what reward models are made of."""

# T packed tokens  N predicted tokens  D width

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn
from transformers import AutoModelForSequenceClassification

from verigrad.algorithms import BatchTotals, LossOutput, Objective, value_loss
from verigrad.training.batch import PolicyBatch
from verigrad.training.forward import hidden_states
from verigrad.training.options import CriticOptions
from verigrad.training.packing import PackedBatch
from verigrad.training.policy import Policy


def make_value_model(policy: Policy) -> Any:
    """The policy's layers, copied, with a head of one output that starts at 0.

    It is transformers' own sequence classifier of that architecture with one label, so that
    `save_pretrained` writes what `AutoModelForSequenceClassification` opens.
    """
    settings = policy.model.config.to_dict()
    settings |= {"id2label": {0: "value"}, "label2id": {"value": 0}}  # one label
    config = type(policy.model.config).from_dict(settings)
    config.pad_token_id = policy.tokenizer.pad_token_id
    with torch.random.fork_rng(devices=[]):
        model = AutoModelForSequenceClassification.from_config(config)
    model.to(device=policy.device, dtype=policy.dtype)
    model.model.load_state_dict(policy.model.model.state_dict())
    nn.init.zeros_(model.score.weight)
    return model.eval()


def make_critic(policy: Policy, options: CriticOptions | None) -> Any:
    """The critic of a learner: a head, a model of its own, or None."""
    if options is None:
        return None
    if options.is_shared:
        return make_value_head(policy)
    model = make_value_model(policy)
    start_critic(model.score)
    return model


def start_critic(head: nn.Linear) -> None:
    """A normal draw of deviation 1 / sqrt(width + 1), as InstructGPT's code; always the same one.

    A head of 0 gives the layers below no gradient, so that the critic learns a constant first: on
    addition its values had a deviation of 0.004 after 44 steps, drawn ones 0.1 after 22.
    """
    draw = torch.Generator().manual_seed(0)
    drawn = torch.randn(head.weight.shape, generator=draw) * (head.in_features + 1) ** -0.5
    with torch.no_grad():
        head.weight.copy_(drawn)


def make_value_head(policy: Policy) -> nn.Linear:
    """A head of one output on the policy's hidden states."""
    head = nn.Linear(policy.model.config.hidden_size, 1, bias=False)
    start_critic(head)
    return head.to(device=policy.device, dtype=policy.dtype)


def read_values(head: nn.Linear, hidden_ND: Tensor) -> Tensor:
    """The head's number for every hidden state, (N,), in the head's own precision."""
    return nn.functional.linear(hidden_ND.to(head.weight.dtype), head.weight).squeeze(-1)


def token_values(
    model: Any, packed: PackedBatch, *, dtype: torch.dtype, recompute: bool = False
) -> Tensor:
    """A value model's number before every predicted token, (N,)."""
    hidden_TD = hidden_states(model, packed, dtype=dtype, recompute=recompute)
    return read_values(model.score, hidden_TD.index_select(0, packed.source_N))


def batch_value_loss(
    value_N: Tensor, batch: PolicyBatch, objective: Objective, *, totals: BatchTotals
) -> LossOutput:
    """The critic's loss on its values of `batch`, which holds the returns and the old values."""
    assert batch.returns is not None
    assert batch.values is not None
    return value_loss(
        value_N,
        torch.cat(batch.returns).to(value_N),
        mask_T=torch.ones(len(value_N), dtype=torch.bool, device=value_N.device),
        totals=totals,
        old_value_T=torch.cat(batch.values).to(value_N),
        clip=objective.value_clip,
    )
