"""Critic, preference pairs, process rewards, distillation: by hand and over splits."""

import math

import pytest
import torch
from torch.nn.functional import kl_div, logsigmoid

from verigrad.algorithms import SUPERVISED, BatchTotals, value_loss
from verigrad.algorithms.distillation import (
    chunked_distillation_loss,
    distillation_loss,
    divergence,
)
from verigrad.algorithms.preference import dpo_loss, reward_model_loss
from verigrad.algorithms.process_reward import process_reward_loss
from verigrad.core.registry import Registry


def totals(num_tokens):
    return BatchTotals(1, 1, num_tokens=num_tokens, max_tokens=9, tokens_in_group=(num_tokens,))


def test_value_loss_by_hand_and_over_splits():
    value = torch.tensor([1.0, 2.0, 9.0], dtype=torch.float64, requires_grad=True)
    returns = torch.tensor([0.0, 4.0, 0.0], dtype=torch.float64)
    mask = torch.tensor([True, True, False])
    out = value_loss(value, returns, mask_T=mask, totals=totals(2))
    assert out.loss.item() == pytest.approx((1 + 4) / 2 / 2)
    [whole] = torch.autograd.grad(out.loss, value)
    assert whole.tolist() == [0.5, -1.0, 0.0]
    parts = [
        value_loss(value[i], returns[i], mask_T=mask[i], totals=totals(2)).loss
        for i in (slice(0, 1), slice(1, 3))
    ]
    assert torch.autograd.grad(sum(parts), value)[0].tolist() == whole.tolist()


def test_value_clip_takes_the_larger_error():
    # old 0, clip 0.2: value 1 is held at 0.2. Return 1: errors 0 and 0.64, no gradient.
    # Return -1: errors 4 and 1.44, the unclipped one counts.
    value = torch.tensor([1.0, 1.0], requires_grad=True)
    out = value_loss(
        value,
        torch.tensor([1.0, -1.0]),
        mask_T=torch.tensor([True, True]),
        totals=totals(2),
        old_value_T=torch.zeros(2),
        clip=0.2,
    )
    assert out.loss.item() == pytest.approx((0.64 + 4) / 2 / 2)
    assert torch.autograd.grad(out.loss, value)[0].tolist() == [0.0, 1.0]
    assert out.statistics["value_clip_share"].item() == 0.5


def pairs():
    generator = torch.Generator().manual_seed(0)
    row = torch.tensor([0, 0, 1, 2, 2, 2, 3])
    logp, reference = torch.randn(2, 7, generator=generator, dtype=torch.float64)
    return logp.requires_grad_(), reference, row


def test_dpo_in_plain_loops():
    logp, reference, row = pairs()
    mask = torch.tensor([True, True, True, False, True, True, True])
    pair, chosen = torch.tensor([0, 1, 1, 0]), torch.tensor([True, False, True, False])
    out = dpo_loss(
        logp, reference, mask_T=mask, row_T=row, pair_B=pair, chosen_B=chosen, num_pairs=2, beta=0.5
    )
    ratio = [
        sum(logp[t] - reference[t] for t in range(7) if row[t] == i and mask[t]) for i in range(4)
    ]
    expected = (
        -(logsigmoid(0.5 * (ratio[0] - ratio[3])) + logsigmoid(0.5 * (ratio[2] - ratio[1]))) / 2
    )
    torch.testing.assert_close(out.loss, expected)
    torch.testing.assert_close(
        torch.autograd.grad(out.loss, logp)[0], torch.autograd.grad(expected, logp)[0]
    )


def test_pairs_split_over_micro_batches_add_up():
    score = torch.tensor([1.0, 0.2, -0.4, 0.9], dtype=torch.float64)
    first = {"pair_B": torch.tensor([0, 0]), "chosen_B": torch.tensor([True, False])}
    both = {"pair_B": torch.tensor([0, 0, 1, 1]), "chosen_B": torch.tensor([True, False] * 2)}
    whole = reward_model_loss(score, num_pairs=2, centre_coefficient=0.01, **both).loss
    parts = [
        reward_model_loss(piece, num_pairs=2, centre_coefficient=0.01, **first).loss
        for piece in score.split(2)
    ]
    torch.testing.assert_close(sum(parts), whole)


@pytest.mark.parametrize("chosen", [[True, True], [False, False]])
def test_broken_pairs_are_refused(chosen):
    with pytest.raises(ValueError, match="exactly one chosen"):
        reward_model_loss(
            torch.zeros(2), pair_B=torch.tensor([0, 0]), chosen_B=torch.tensor(chosen), num_pairs=1
        )


def test_process_reward_by_hand():
    # sigmoid(ln 3) = 3/4: -log(3/4) for a right step, -log(1/4) for a wrong one
    out = process_reward_loss(torch.full((2,), math.log(3)), torch.tensor([1.0, 0.0]), num_steps=2)
    assert out.loss.item() == pytest.approx((-math.log(0.75) - math.log(0.25)) / 2)
    assert out.statistics["accuracy"].item() == 0.5


def logits():
    generator = torch.Generator().manual_seed(1)
    return torch.randn(2, 6, 9, generator=generator, dtype=torch.float64).unbind()


def test_divergences_against_torch():
    student, teacher = (x.log_softmax(-1) for x in logits())
    forward = kl_div(student, teacher, reduction="none", log_target=True).sum(-1)
    reverse = kl_div(teacher, student, reduction="none", log_target=True).sum(-1)
    torch.testing.assert_close(divergence(student, teacher, kind="forward"), forward)
    torch.testing.assert_close(divergence(student, teacher, kind="reverse"), reverse)
    jensen = divergence(student, teacher, kind="jensen_shannon", mix=0.5)
    torch.testing.assert_close(jensen, divergence(teacher, student, kind="jensen_shannon", mix=0.5))
    assert bool((jensen <= math.log(2)).all())
    with pytest.raises(ValueError, match="sideways"):
        divergence(student, teacher, kind="sideways")


def test_the_mixture_weighs_the_teacher_by_mix():
    # teacher sure of the first, student of the second (nearly): m = (1/4, 3/4) for mix 1/4, so
    # 1/4 KL(teacher||m) + 3/4 KL(student||m) = 1/4 log 4 + 3/4 log(4/3) = 0.5623
    student = torch.tensor([[-60.0, 0.0]]).log_softmax(-1)
    teacher = torch.tensor([[0.0, -60.0]]).log_softmax(-1)
    got = divergence(student, teacher, kind="jensen_shannon", mix=0.25)
    assert got.item() == pytest.approx(0.25 * math.log(4) + 0.75 * math.log(4 / 3))
    # and with the student uniform: m = (5/8, 3/8), by hand
    uniform = torch.tensor([[0.0, 0.0]]).log_softmax(-1)
    got = divergence(uniform, teacher, kind="jensen_shannon", mix=0.25)
    expected = 0.25 * math.log(8 / 5) + 0.75 * 0.5 * (math.log(4 / 5) + math.log(4 / 3))
    assert got.item() == pytest.approx(expected)


@pytest.mark.parametrize("kind", ["forward", "reverse", "jensen_shannon"])
@pytest.mark.parametrize("chunk_size", [1, 4, 50])
def test_chunked_distillation_equals_the_full_one(kind, chunk_size):
    generator = torch.Generator().manual_seed(2)

    def draw(*shape):
        return torch.randn(*shape, generator=generator, dtype=torch.float64)

    hidden, weight = draw(10, 3).requires_grad_(), draw(12, 3).requires_grad_()
    teacher = (draw(10, 5), draw(12, 5))
    options = {"totals": totals(10), "kind": kind, "temperature": 0.8}
    full = distillation_loss(hidden @ weight.T, teacher[0] @ teacher[1].T, **options).loss
    chunked = chunked_distillation_loss(
        (hidden, weight), teacher, chunk_size=chunk_size, **options
    ).loss
    torch.testing.assert_close(chunked, full)
    for a, b in zip(
        torch.autograd.grad(chunked, [hidden, weight]),
        torch.autograd.grad(full, [hidden, weight]),
        strict=True,
    ):
        torch.testing.assert_close(a, b)


def test_every_supervised_loss_of_the_table_is_there():
    registry = Registry("loss", {name: row.path for name, row in SUPERVISED.items()})
    assert all(callable(registry.load(name)) for name in SUPERVISED)
