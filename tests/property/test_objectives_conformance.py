"""Every preset: equal to its textbook formula, and the same gradient however the batch is laid out."""

import random

import pytest
import torch
from objective_cases import (
    LIMIT,
    assert_same,
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

NAMES = sorted(PRESETS)
SEEDS = [1, 2, 3]


def loss_and_gradient(rows, logp, places, objective):
    batch, totals = pack(rows, logp, places, objective)
    loss = policy_loss(batch, objective, totals=totals).loss
    return loss.detach(), torch.autograd.grad(loss, logp)[0]


def plain(name, seed):
    rows = random_rows(seed)
    logp = random_logps(rows, seed)
    return rows, logp, *loss_and_gradient(rows, logp, contiguous(rows), PRESETS[name].objective)


def test_every_preset_has_a_textbook():
    assert sorted(TEXTBOOK) == NAMES


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_equals_the_textbook(name, seed):
    rows, logp, loss, gradient = plain(name, seed)
    limit = {"limit": LIMIT} if name == "dr_grpo" else {}
    expected = TEXTBOOK[name](rows, nested(logp, rows), **limit)
    assert_same(loss, expected.detach())
    assert_same(gradient, torch.autograd.grad(expected, logp)[0])
    assert gradient.abs().max() > 0


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_packing_order_and_foreign_tokens_change_nothing(name, seed):
    rows, logp, loss, gradient = plain(name, seed)
    draw = random.Random(seed)
    for places in (interleaved(rows), with_foreign_tokens(contiguous(rows), draw)):
        other_loss, other = loss_and_gradient(rows, logp, places, PRESETS[name].objective)
        assert_same(other_loss, loss)
        assert_same(other, gradient)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_order_of_the_rows_changes_nothing(name, seed):
    """A permutation within each group, and of the groups themselves."""
    rows, logp, loss, gradient = plain(name, seed)
    order = random.Random(seed).sample(range(len(rows)), len(rows))
    index = {place: n for n, place in enumerate(contiguous(rows))}
    moved = [rows[i] for i in order]
    source = torch.tensor([index[order[i], t] for i, t in contiguous(moved)])
    permuted = logp.detach()[source].requires_grad_()
    other_loss, other = loss_and_gradient(
        moved, permuted, contiguous(moved), PRESETS[name].objective
    )
    assert_same(other_loss, loss)
    assert_same(torch.empty_like(other).index_copy(0, source, other), gradient)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", NAMES)
def test_micro_batches_add_up(name, seed):
    rows, logp, loss, gradient = plain(name, seed)
    objective, draw = PRESETS[name].objective, random.Random(seed)
    for pieces in (1, 2, 5, len(rows)):
        batch, totals = pack(rows, logp, interleaved(rows), objective)
        order = draw.sample(range(len(rows)), len(rows))
        outputs = [
            policy_loss(batch.select(order[start::pieces]), objective, totals=totals)
            for start in range(pieces)
        ]
        total = sum(output.loss for output in outputs)
        assert_same(total.detach(), loss)
        assert_same(torch.autograd.grad(total, logp)[0], gradient)


@pytest.mark.parametrize("name", NAMES)
def test_two_ranks_add_up(name):
    """Whole groups a rank, numbered for itself; each rank knows the other's counts only."""
    rows, logp, loss, gradient = plain(name, 1)
    objective = PRESETS[name].objective
    batch, _ = pack(rows, logp, contiguous(rows), objective)
    ranks = []
    for groups in ([0], [1, 2]):
        part = batch.select([i for i, row in enumerate(rows) if row.group in groups])
        local = torch.tensor([groups.index(g) for g in part.group_B.tolist()])
        object.__setattr__(part, "group_B", local)
        ranks.append(
            (part, BatchTotals.of(part.mask_T, part.row_T, group_B=local, max_tokens=LIMIT))
        )
    (first, a), (second, b) = ranks
    total = (
        policy_loss(first, objective, totals=a.with_ranks([b])).loss
        + policy_loss(second, objective, totals=b.with_ranks([a])).loss
    )
    assert_same(total.detach(), loss)
    assert_same(torch.autograd.grad(total, logp)[0], gradient)


@pytest.mark.parametrize("side", ["left", "right"])
@pytest.mark.parametrize("name", NAMES)
def test_padding_side_changes_nothing(name, side):
    rows, logp, loss, gradient = plain(name, 2)
    objective = PRESETS[name].objective
    batch, totals = pack(rows, logp, contiguous(rows), objective)
    width = max(len(row.tokens) for row in rows) + 2
    start = [width - len(row.tokens) if side == "left" else 0 for row in rows]
    column = torch.tensor([start[i] + t for i, t in contiguous(rows)])
    present = torch.zeros(len(rows), width, dtype=torch.bool)
    present[batch.row_T, column] = True

    def padded(value):
        filled = value.new_full((len(rows), width), float("nan"))
        return filled.index_put((batch.row_T, column), value)

    names = ("logp_T", "old_logp_T", "reference_logp_T", "behaviour_logp_T", "advantage_T")
    packed = pack_padded(present, *[padded(getattr(batch, n)) for n in names])
    assert torch.equal(packed.row_T, batch.row_T)
    for field, value in zip(names, packed.values, strict=True):
        object.__setattr__(batch, field, value)
    other = policy_loss(batch, objective, totals=totals).loss
    assert_same(other.detach(), loss)
    assert_same(torch.autograd.grad(other, logp)[0], gradient)


@pytest.mark.parametrize("chunk_size", [1, 7, 1000])
@pytest.mark.parametrize("name", NAMES)
def test_chunk_size_of_the_logps_changes_nothing(name, chunk_size):
    """From hidden states through the objective: chunked against the full softmax."""
    rows, objective = random_rows(4), PRESETS[name].objective
    places = contiguous(rows)
    generator = torch.Generator().manual_seed(4)
    hidden = torch.randn(len(places), 5, generator=generator, dtype=torch.float64).requires_grad_()
    weight = torch.randn(11, 5, generator=generator, dtype=torch.float64).requires_grad_()
    targets = torch.randint(11, (len(places),), generator=generator)
    full = (hidden @ weight.T).log_softmax(-1).gather(1, targets[:, None]).squeeze(1)
    shift = 0.2 * torch.randn(len(places), generator=generator, dtype=torch.float64)
    for (i, t), old in zip(places, (full + shift).tolist(), strict=True):
        rows[i].tokens[t].old = old
        rows[i].tokens[t].reference = old + 0.3
    gradients = []
    for logp in (full, token_logps(hidden, weight, targets, chunk_size=chunk_size).logp_T):
        batch, totals = pack(rows, logp, places, objective)
        loss = policy_loss(batch, objective, totals=totals).loss
        gradients.append(torch.autograd.grad(loss, [hidden, weight]))
    for expected, got in zip(*gradients, strict=True):
        assert_same(got, expected)
