"""Loss and gradients equal to those of TRL's GRPO and RLOO trainers, on random batches.

TRL runs its own path (padded, full logits); ours runs unpadded rows through `token_logps` and
`policy_loss`. Models are float64; TRL's language-model head rounds to float32, hence 1e-5.
"""

from dataclasses import replace

import pytest
import torch

trl = pytest.importorskip("trl", reason="TRL is a dev dependency: pip install verigrad[dev]")

from datasets import Dataset
from trl_cases import (
    LIMIT,
    PER_GROUP,
    RELATIVE,
    ROWS,
    assert_equal,
    jitter,
    logps_and_entropy,
    packed,
    padded,
    padded_inputs,
    random_rows,
    settings,
    split,
    tiny_model,
    tokenizer,
)

from verigrad.algorithms import policy_loss, preset


@pytest.fixture
def rows():
    return random_rows()


# what TRL is told, and what is said to us
CASES = {
    "grpo": (
        {"loss_type": "grpo", "beta": 0.04, "use_bias_correction_kl": False},
        preset("grpo"),
    ),
    "grpo without KL": ({"loss_type": "grpo"}, preset("grpo", kl_coefficient=0.0)),
    "clip-higher": (
        {"loss_type": "grpo", "epsilon": 0.1, "epsilon_high": 0.3},
        preset("grpo", kl_coefficient=0.0, clip_low=0.1, clip_high=0.3),
    ),
    "two-sided": (
        {"loss_type": "grpo", "delta": 1.3},
        preset("grpo", kl_coefficient=0.0, clipping="dual", dual_clip=1.3),
    ),
    "unbiased KL": (
        {"loss_type": "grpo", "beta": 0.1, "use_bias_correction_kl": True},
        preset("grpo", kl_coefficient=0.1, kl_gradient="unbiased"),
    ),
    "stale rows": (
        {"loss_type": "grpo", "off_policy_mask_threshold": 0.02},
        preset("grpo", kl_coefficient=0.0, stale_limit=0.02),
    ),
    "bnpo": ({"loss_type": "bnpo"}, preset("dapo", clip_high=0.2)),
    "bnpo with entropy": (
        {"loss_type": "bnpo", "entropy_coef": 0.05},
        preset("dapo", clip_high=0.2, entropy_coefficient=0.05),
    ),
    "dr_grpo": ({"loss_type": "dr_grpo"}, preset("dr_grpo")),
    "dapo": ({"loss_type": "dapo", "epsilon_high": 0.28}, preset("dapo")),
    "cispo": ({"loss_type": "cispo", "epsilon_high": 5.0}, preset("cispo")),
    "cispo, clipped": (
        {"loss_type": "cispo", "epsilon_high": 1.1},
        preset("cispo", clip_high=0.1),
    ),
    "sapo": ({"loss_type": "sapo"}, preset("sapo")),
    "gspo": (
        {
            "loss_type": "grpo",
            "importance_sampling_level": "sequence",
            "epsilon": 3e-4,
            "epsilon_high": 4e-4,
        },
        preset("gspo"),
    ),
    "luspo": (
        {"loss_type": "luspo", "importance_sampling_level": "sequence", "epsilon": 0.05},
        preset("gspo", aggregation="sequence_sum", clip_low=0.05, clip_high=0.05),
    ),
}


def grpo_trainer(model, path, **told):
    beta = told.pop("beta", 0.0)  # set afterwards: TRL would fetch a reference model by name
    config = trl.GRPOConfig(
        **settings(path),
        per_device_train_batch_size=ROWS,
        num_generations=PER_GROUP,
        max_completion_length=LIMIT,
        temperature=1.0,
        beta=0.0,
        **told,
    )
    trainer = trl.GRPOTrainer(
        model=model,
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=config,
        train_dataset=Dataset.from_list([{"prompt": "w2"}] * ROWS),
        processing_class=tokenizer(),
    )
    trainer.current_gradient_accumulation_steps, trainer.beta = 1, beta
    return trainer


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("case", CASES)
def test_grpo_trainer(case, rows, tmp_path):
    told, objective = CASES[case]
    model = tiny_model()
    trainer = grpo_trainer(model, tmp_path, **told)
    logp, entropy = logps_and_entropy(model, rows)
    old, reference = jitter(logp, 1, 0.3), jitter(logp, 2, 0.3)
    advantage = torch.tensor([1.0, -0.5, 0.2, -1.0, 0.7, -0.3], dtype=torch.float64)
    theirs = trainer._compute_loss(
        trainer.model,
        padded_inputs(rows)
        | {
            "advantages": advantage,
            "old_per_token_logps": padded(split(old, rows), side="right"),
            "ref_per_token_logps": padded(split(reference, rows), side="right"),
            "num_items_in_batch": torch.tensor(len(logp)),
        },
    )
    batch, totals = packed(
        rows, logp, advantage=advantage, old=old, reference=reference, entropy=entropy
    )
    assert_equal(policy_loss(batch, objective, totals=totals).loss, theirs, model)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["token_truncated", "token_masked", "sequence_truncated"])
def test_grpo_trainer_with_an_engine_that_differs(kind, rows, tmp_path):
    """TRL computes the weights while generating; here they are written out from its formula."""
    model = tiny_model()
    trainer = grpo_trainer(model, tmp_path, loss_type="dapo", beta=0.04)
    trainer.use_vllm = trainer.vllm_importance_sampling_correction = True
    logp, _ = logps_and_entropy(model, rows)
    old, reference, engine = (jitter(logp, seed, 0.3) for seed in (1, 2, 3))
    advantage = torch.tensor([1.0, -0.5, 0.2, -1.0, 0.7, -0.3], dtype=torch.float64)
    low, high = 0.9, 1.2
    difference = padded(split(old - engine, rows), side="right")
    weight = (difference.sum(1, keepdim=True) if kind == "sequence_truncated" else difference).exp()
    inside = (weight >= low) & (weight <= high)
    weight = weight * inside if kind == "token_masked" else weight.clamp(low, high)
    inputs = padded_inputs(rows) | {
        "advantages": advantage,
        "old_per_token_logps": padded(split(old, rows), side="right"),
        "ref_per_token_logps": padded(split(reference, rows), side="right"),
        "num_items_in_batch": torch.tensor(len(logp)),
        "importance_sampling_ratio": weight,
    }
    theirs = trainer._compute_loss(trainer.model, inputs)
    objective = preset(
        "dapo",
        clip_high=0.2,
        kl_coefficient=0.04,
        kl_gradient="unbiased",
        correction=kind,
        correction_low=low,
        correction_high=high,
    )
    batch, totals = packed(rows, logp, advantage=advantage, old=old, reference=reference)
    batch = replace(batch, behaviour_logp_T=engine)
    assert_equal(policy_loss(batch, objective, totals=totals).loss, theirs, model)


@pytest.mark.filterwarnings("ignore")
def test_rloo_trainer(rows, tmp_path):
    """TRL's RLOO clips the ratio of whole sequences; at the first update that is plain RLOO."""
    model = tiny_model()
    trainer = trl.RLOOTrainer(
        model=model,
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=trl.RLOOConfig(
            **settings(tmp_path),
            per_device_train_batch_size=ROWS,
            num_generations=PER_GROUP,
            max_completion_length=LIMIT,
            beta=0.0,
        ),
        train_dataset=Dataset.from_list([{"prompt": "w2"}] * ROWS),
        processing_class=tokenizer(),
    )
    logp, _ = logps_and_entropy(model, rows)
    advantage = torch.tensor([1.0, -0.5, 0.2, -1.0, 0.7, -0.3], dtype=torch.float64)
    inputs = padded_inputs(rows) | {"advantages": advantage}
    clipped = preset(
        "rloo", kl_coefficient=0.0, ratio="product", clipping="clip", aggregation="sequence_mean"
    )
    for old, objective in ((jitter(logp, 1, 0.1), clipped), (logp.detach(), clipped)):
        sums = torch.tensor([sum(piece) for piece in split(old, rows)], dtype=torch.float64)
        theirs = trainer._compute_loss(trainer.model, inputs | {"old_logps": sums})
        batch, totals = packed(rows, logp, advantage=advantage, old=old)
        ours = policy_loss(batch, objective, totals=totals).loss
        assert ours.item() == pytest.approx(theirs.item(), rel=RELATIVE, abs=1e-7)
        expected = torch.autograd.grad(theirs, list(model.parameters()), retain_graph=True)
        got = torch.autograd.grad(ours, list(model.parameters()), retain_graph=True)
        for a, b in zip(got, expected, strict=True):
            torch.testing.assert_close(a, b, rtol=RELATIVE, atol=1e-6)
    # and the plain form, on policy, has the same gradient
    batch, totals = packed(rows, logp, advantage=advantage, old=logp.detach())
    plain = policy_loss(batch, preset("rloo", kl_coefficient=0.0), totals=totals).loss
    for a, b in zip(torch.autograd.grad(plain, list(model.parameters())), expected, strict=True):
        torch.testing.assert_close(a, b, rtol=RELATIVE, atol=1e-6)
