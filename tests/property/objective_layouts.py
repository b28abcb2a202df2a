"""The same batch laid out otherwise: each check gives pairs (got, expected) of loss and gradient."""

import random
from dataclasses import replace

import torch
from objective_cases import (
    LIMIT,
    contiguous,
    interleaved,
    nested,
    pack,
    random_logps,
    random_rows,
    with_foreign_tokens,
)
from textbook import TEXTBOOK

from verigrad.algorithms import PRESETS, BatchTotals, policy_loss
from verigrad.algorithms.logprobs import token_logps
from verigrad.algorithms.padded import pack_padded


def case(name, seed):
    rows = random_rows(seed)
    logp = random_logps(rows, seed)
    return rows, logp, PRESETS[name].objective


def outcome(loss, logp):
    return loss.detach(), torch.autograd.grad(loss, logp, retain_graph=True)[0]


def loss_of(rows, logp, places, objective):
    batch, totals = pack(rows, logp, places, objective)
    return policy_loss(batch, objective, totals=totals).loss


def plain(name, seed):
    rows, logp, objective = case(name, seed)
    return outcome(loss_of(rows, logp, contiguous(rows), objective), logp)


def textbook(name, seed):
    rows, logp, _ = case(name, seed)
    limit = {"limit": LIMIT} if name == "dr_grpo" else {}
    expected = outcome(TEXTBOOK[name](rows, nested(logp, rows), **limit), logp)
    return list(zip(plain(name, seed), expected, strict=True))


def packing(name, seed):
    """Tokens of all rows interleaved; environment tokens (holding NaN) among them."""
    rows, logp, objective = case(name, seed)
    expected, pairs = plain(name, seed), []
    for places in (interleaved(rows), with_foreign_tokens(contiguous(rows), random.Random(seed))):
        got = outcome(loss_of(rows, logp, places, objective), logp)
        pairs += zip(got, expected, strict=True)
    return pairs


def permutation(name, seed):
    """Rows within each group, and the groups themselves, in another order."""
    rows, logp, objective = case(name, seed)
    order = random.Random(seed).sample(range(len(rows)), len(rows))
    index = {place: n for n, place in enumerate(contiguous(rows))}
    moved = [rows[i] for i in order]
    source = torch.tensor([index[order[i], t] for i, t in contiguous(moved)])
    permuted = logp.detach()[source].requires_grad_()
    loss, gradient = outcome(loss_of(moved, permuted, contiguous(moved), objective), permuted)
    back = torch.empty_like(gradient).index_copy(0, source, gradient)
    return list(zip((loss, back), plain(name, seed), strict=True))


def micro_batches(name, seed):
    rows, logp, objective = case(name, seed)
    expected, pairs, draw = plain(name, seed), [], random.Random(seed)
    for pieces in (2, 5, len(rows)):
        batch, totals = pack(rows, logp, interleaved(rows), objective)
        order = draw.sample(range(len(rows)), len(rows))
        total = sum(
            policy_loss(batch.select(order[start::pieces]), objective, totals=totals).loss
            for start in range(pieces)
        )
        pairs += zip(outcome(total, logp), expected, strict=True)
    return pairs


def ranks(name, seed):
    """Two ranks, whole groups each, numbered for itself; a rank knows the other's counts only."""
    rows, logp, objective = case(name, seed)
    batch, _ = pack(rows, logp, contiguous(rows), objective)
    parts, totals = [], []
    for groups in ([0], [1, 2]):
        part = batch.select([i for i, row in enumerate(rows) if row.group in groups])
        local = torch.tensor([groups.index(g) for g in part.group_B.tolist()])
        parts.append(replace(part, group_B=local))
        totals.append(BatchTotals.of(part.mask_T, part.row_T, group_B=local, max_tokens=LIMIT))
    loss = (
        policy_loss(parts[0], objective, totals=totals[0].with_ranks([totals[1]])).loss
        + policy_loss(parts[1], objective, totals=totals[1].with_ranks([totals[0]])).loss
    )
    return list(zip(outcome(loss, logp), plain(name, seed), strict=True))


def padding(name, seed):
    """Padded left or right (padding holds NaN), then packed."""
    rows, logp, objective = case(name, seed)
    batch, totals = pack(rows, logp, contiguous(rows), objective)
    expected, pairs = plain(name, seed), []
    names = ("logp_T", "old_logp_T", "reference_logp_T", "behaviour_logp_T", "advantage_T")
    for side in ("left", "right"):
        present, places = padded_places(rows, side)
        wide = [pad(getattr(batch, field), present, places) for field in names]
        packed = pack_padded(present, *wide)
        assert torch.equal(packed.row_T, batch.row_T)
        other = replace(batch, **dict(zip(names, packed.values, strict=True)))
        loss = policy_loss(other, objective, totals=totals).loss
        pairs += zip(outcome(loss, logp), expected, strict=True)
    return pairs


def padded_places(rows, side):
    width = max(len(row.tokens) for row in rows) + 2
    start = [width - len(row.tokens) if side == "left" else 0 for row in rows]
    places = [(i, start[i] + t) for i, t in contiguous(rows)]
    present = torch.zeros(len(rows), width, dtype=torch.bool)
    present[tuple(torch.tensor(places).T)] = True
    return present, tuple(torch.tensor(places).T)


def pad(value, present, places):
    return value.new_full(present.shape, float("nan")).index_put(places, value)


def chunk_size(name, seed):
    """From hidden states through the objective: chunked against the full softmax."""
    rows, objective = random_rows(seed), PRESETS[name].objective
    places = contiguous(rows)
    generator = torch.Generator().manual_seed(seed)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    hidden, weight = draw(len(places), 5).requires_grad_(), draw(11, 5).requires_grad_()
    targets = torch.randint(11, (len(places),), generator=generator)
    full = (hidden @ weight.T).log_softmax(-1).gather(1, targets[:, None]).squeeze(1)
    shift = 0.2 * draw(len(places))
    for (i, t), old in zip(places, (full + shift).tolist(), strict=True):
        token = replace(rows[i].tokens[t], old=old, reference=old + 0.3)
        rows[i].tokens[t] = token

    def gradients(logp):
        loss = loss_of(rows, logp, places, objective)
        return torch.autograd.grad(loss, [hidden, weight], retain_graph=True)

    expected, pairs = gradients(full), []
    for size in (1, 7, 1000):
        chunked = token_logps(hidden, weight, targets, chunk_size=size).logp_T
        pairs += zip(gradients(chunked), expected, strict=True)
    return pairs


CHECKS = {
    check.__name__: check
    for check in (
        textbook, packing, permutation, micro_batches, ranks, padding, chunk_size,
    )
}  # fmt: skip


def deviation(pairs):
    """Largest difference relative to the largest entry of what is expected."""
    return max(
        ((got - expected).abs().max() / expected.abs().max().clamp(min=1e-12)).item()
        for got, expected in pairs
    )
