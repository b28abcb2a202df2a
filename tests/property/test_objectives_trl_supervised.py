"""Loss and gradients equal to those of TRL's SFT, DPO, reward and GKD trainers."""

import pytest
import torch

trl = pytest.importorskip("trl", reason="TRL is a dev dependency: pip install verigrad[dev]")

from datasets import Dataset
from transformers import Qwen3ForSequenceClassification
from trl_cases import (
    RELATIVE,
    ROWS,
    assert_equal,
    logps_and_entropy,
    packed,
    padded,
    random_rows,
    settings,
    tiny_model,
    tokenizer,
)

from verigrad.algorithms import BatchTotals, policy_loss, preset
from verigrad.algorithms.distillation import distillation_loss
from verigrad.algorithms.preference import dpo_loss, reward_model_loss


@pytest.fixture
def rows():
    return random_rows()


@pytest.mark.filterwarnings("ignore")
def test_sft_trainer(rows, tmp_path):
    model = tiny_model()
    trainer = trl.SFTTrainer(
        model=model,
        args=trl.SFTConfig(
            **settings(tmp_path),
        ),
        train_dataset=Dataset.from_list([{"text": "w2 w3"}] * 2),
        processing_class=tokenizer(),
    )
    whole = [row.prompt + row.completion for row in rows]
    labels = [[-100] * len(row.prompt) + row.completion for row in rows]
    inputs = {
        "input_ids": padded(whole, side="right", dtype=torch.int64),
        "attention_mask": padded([[1] * len(x) for x in whole], side="right", dtype=torch.int64),
        "labels": padded(labels, side="right", fill=-100, dtype=torch.int64),
    }
    theirs = trainer.compute_loss(trainer.model, inputs)
    logp, _ = logps_and_entropy(model, rows)
    batch, totals = packed(rows, logp, advantage=torch.ones(len(rows), dtype=torch.float64))
    assert_equal(policy_loss(batch, preset("sft"), totals=totals).loss, theirs, model)


@pytest.mark.filterwarnings("ignore")
def test_dpo_trainer(rows, tmp_path):
    model, reference = tiny_model(), tiny_model(seed=1)
    row = {"prompt": "w2", "chosen": "w3", "rejected": "w4"}
    trainer = trl.DPOTrainer(
        model=model,
        ref_model=reference,
        args=trl.DPOConfig(
            **settings(tmp_path),
            beta=0.3,
        ),
        train_dataset=Dataset.from_list([row] * 2),
        processing_class=tokenizer(),
    )
    half = ROWS // 2
    whole = [row.prompt + row.completion for row in rows]
    completion_mask = [[0] * len(r.prompt) + [1] * len(r.completion) for r in rows]
    inputs = {
        "input_ids": padded(whole, side="right", dtype=torch.int64),
        "attention_mask": padded([[1] * len(x) for x in whole], side="right", dtype=torch.int64),
        "completion_mask": padded(completion_mask, side="right", dtype=torch.int64),
    }
    theirs = trainer._compute_loss(trainer.model, inputs, return_outputs=False)
    logp, _ = logps_and_entropy(model, rows)
    batch, _ = packed(rows, logp, advantage=torch.ones(ROWS))
    ours = dpo_loss(
        logp,
        logps_and_entropy(reference, rows).logp_T,
        mask_T=batch.mask_T,
        row_T=batch.row_T,
        pair_B=torch.arange(ROWS) % half,
        chosen_B=torch.arange(ROWS) < half,
        num_pairs=half,
        beta=0.3,
    )
    assert_equal(ours.loss, theirs, model)


@pytest.mark.filterwarnings("ignore")
def test_reward_trainer(rows, tmp_path):
    model = tiny_model(Qwen3ForSequenceClassification)
    trainer = trl.RewardTrainer(
        model=model,
        args=trl.RewardConfig(
            **settings(tmp_path),
            center_rewards_coefficient=0.1,
        ),
        train_dataset=Dataset.from_list([{"chosen": "w2 w3", "rejected": "w2 w4"}] * 2),
        processing_class=tokenizer(),
    )
    half = ROWS // 2
    whole = [row.prompt + row.completion for row in rows]
    inputs = {
        "input_ids": padded(whole, side="right", dtype=torch.int64),
        "attention_mask": padded([[1] * len(x) for x in whole], side="right", dtype=torch.int64),
    }
    theirs = trainer.compute_loss(trainer.model, dict(inputs))
    score = torch.cat([model(torch.tensor([x])).logits.flatten() for x in whole])
    ours = reward_model_loss(
        score,
        pair_B=torch.arange(ROWS) % half,
        chosen_B=torch.arange(ROWS) < half,
        num_pairs=half,
        centre_coefficient=0.1,
    )
    assert_equal(ours.loss, theirs, model)


@pytest.mark.parametrize(
    ("beta", "kind"), [(0.0, "forward"), (1.0, "reverse"), (0.3, "jensen_shannon")]
)
def test_gkd_trainer(beta, kind):
    from trl.experimental.gkd import GKDTrainer

    generator = torch.Generator().manual_seed(3)
    student, teacher = torch.randn(2, 7, 11, generator=generator, dtype=torch.float64)
    student.requires_grad_()
    theirs = GKDTrainer.generalized_jsd_loss(
        student[None],
        teacher[None],
        labels=torch.ones(1, 7, dtype=torch.int64),
        beta=beta,
        temperature=0.7,
    )
    totals = BatchTotals(1, 1, num_tokens=7, max_tokens=7, tokens_in_group=(7,))
    ours = distillation_loss(
        student, teacher, totals=totals, kind=kind, mix=beta, temperature=0.7
    ).loss
    assert ours.item() == pytest.approx(theirs.item(), rel=RELATIVE)
    torch.testing.assert_close(
        torch.autograd.grad(ours, student)[0], torch.autograd.grad(theirs, student)[0]
    )
