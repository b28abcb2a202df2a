"""Logits and one uniform number a row -> a token a row, by the inverse of the cumulated weights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from verigrad.rollouts.sampling import SamplingParameters

# B rows  V vocabulary

_FIRST_LOOK = 1024
"""How many of the largest weights are sorted before the whole vocabulary is (top-p)."""


@dataclass(frozen=True, slots=True)
class DrawPlan:
    """How each row draws; None where no row needs it. All B x 1."""

    temperature: Tensor | None
    is_greedy: Tensor | None
    top_p: Tensor | None
    top_k: Tensor | None
    max_top_k: int
    are_all_greedy: bool


def plan_draws(rows: Sequence[SamplingParameters], *, device: torch.device) -> DrawPlan:
    """The plan of a batch whose row b samples with `rows[b]`."""

    def column(values: list[float] | list[int] | list[bool]) -> Tensor:
        return torch.tensor(values, device=device).unsqueeze(1)

    distinct = set(rows)
    is_truncated = any(row.is_truncated for row in distinct)
    temperatures = [1.0 if row.is_greedy else row.temperature for row in rows]
    largest = 2**31
    top_ks = [row.top_k if row.top_k and row.is_truncated else largest for row in rows]
    top_ps = [row.top_p if row.is_truncated else 1.0 for row in rows]
    return DrawPlan(
        temperature=column(temperatures) if set(temperatures) != {1.0} else None,
        is_greedy=column([r.is_greedy for r in rows]) if any(r.is_greedy for r in rows) else None,
        top_p=column(top_ps) if is_truncated else None,
        top_k=column(top_ks) if is_truncated else None,
        max_top_k=max(top_ks),
        are_all_greedy=all(row.is_greedy for row in distinct),
    )


def draw(logits_BV: Tensor, uniform_B: Tensor, plan: DrawPlan) -> tuple[Tensor, Tensor]:
    """Tokens (B) and their log-probabilities (B). `logits_BV` (float32) is overwritten.

    The log-probability is that of softmax(logits / temperature), before top-p and top-k and, for
    greedy rows, at temperature 1. Resolution of a draw is 2^-24.
    """
    if plan.temperature is not None:
        logits_BV.div_(plan.temperature)
    weights = logits_BV.sub_(logits_BV.amax(-1, keepdim=True)).exp_()
    if plan.are_all_greedy:
        tokens = weights.argmax(-1, keepdim=True)
        return tokens.squeeze(1), (
            weights.gather(1, tokens) / weights.sum(-1, keepdim=True)
        ).log_()[:, 0]
    cumulated = weights.cumsum(-1)
    total = cumulated[:, -1:]
    if plan.top_p is not None:
        cumulated = _truncated(weights, total, plan).cumsum(-1)
    end = cumulated[:, -1:]
    # below the end also after rounding, so that the token found has a weight of its own
    threshold = torch.minimum(uniform_B.unsqueeze(1) * end, torch.nextafter(end, end - end))
    tokens = torch.searchsorted(cumulated, threshold, right=True)
    tokens.clamp_(max=weights.shape[1] - 1)  # only where weights are NaN, and then so is the logp
    if plan.is_greedy is not None:
        tokens = torch.where(plan.is_greedy, weights.argmax(-1, keepdim=True), tokens)
    return tokens.squeeze(1), (weights.gather(1, tokens) / total).log_().squeeze(1)


def _truncated(weights: Tensor, total: Tensor, plan: DrawPlan) -> Tensor:
    """`weights` with 0 for tokens outside top-k, then top-p; equal weights stay together."""
    largest = _largest(weights, total, plan)
    assert plan.top_p is not None
    assert plan.top_k is not None
    ranks = torch.arange(largest.shape[1], device=weights.device)
    largest = largest.masked_fill(ranks >= plan.top_k, 0.0)
    cumulated = largest.cumsum(-1)
    mass = torch.where(plan.top_k < weights.shape[1], cumulated[:, -1:], total)
    is_kept = (cumulated - largest < plan.top_p * mass) & (largest > 0.0)
    last = is_kept.sum(-1, keepdim=True).sub_(1).clamp_(min=0)
    return weights.masked_fill(weights < largest.gather(1, last), 0.0)


def _largest(weights: Tensor, total: Tensor, plan: DrawPlan) -> Tensor:
    """The largest weights of each row in falling order, as many as decide the truncation."""
    vocab_size = weights.shape[1]
    count = min(plan.max_top_k, _FIRST_LOOK, vocab_size)
    if plan.max_top_k <= vocab_size and plan.max_top_k > count:
        count = plan.max_top_k
    largest = weights.topk(count, sorted=True).values
    if count == min(plan.max_top_k, vocab_size):
        return largest
    assert plan.top_p is not None
    if bool((largest.sum(-1, keepdim=True) >= plan.top_p * total).all()):
        return largest
    return weights.sort(-1, descending=True).values
