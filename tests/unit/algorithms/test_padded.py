"""Padded tensors of another trainer."""

import torch

from verigrad.algorithms import BatchTotals, batch_from_padded, policy_loss, preset


def test_padded_batches_of_either_side_and_their_gradient():
    group, advantage = torch.tensor([0, 0]), torch.tensor([1.0, -1.0])
    for there in ([[1, 1, 0], [1, 0, 0]], [[0, 1, 1], [0, 0, 1]]):
        present = torch.tensor(there, dtype=torch.bool)
        logp = torch.full((2, 3), float("nan")).masked_fill(present, -1.0).requires_grad_()
        batch = batch_from_padded(logp, present, group_B=group, advantage_B=advantage)
        totals = BatchTotals.of(batch.mask_T, batch.row_T, group_B=group, max_tokens=3)
        loss = policy_loss(batch, preset("grpo", kl_coefficient=0.0), totals=totals).loss
        [gradient] = torch.autograd.grad(loss, logp)
        assert torch.count_nonzero(gradient[~present]) == 0
        assert gradient[present].tolist() == [-0.25, -0.25, 0.5]


def test_loss_mask_takes_tokens_out_of_training_only():
    present = torch.ones(1, 3, dtype=torch.bool)
    batch = batch_from_padded(
        torch.zeros(1, 3),
        present,
        group_B=torch.tensor([0]),
        advantage_B=torch.ones(1),
        loss_mask_BL=torch.tensor([[True, False, True]]),
    )
    assert batch.row_T.tolist() == [0, 0, 0]
    assert batch.mask_T.tolist() == [True, False, True]
