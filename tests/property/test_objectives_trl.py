"""Loss and gradients equal to TRL's own trainers, on random batches and a tiny model.

TRL runs its own path (padded, full logits); ours runs unpadded rows through `token_logps` and
`policy_loss`. Models are float64; TRL's language-model head rounds to float32, hence 1e-5.
"""

import random
from dataclasses import replace
from types import SimpleNamespace

import pytest
import torch

trl = pytest.importorskip("trl", reason="TRL is a dev dependency: pip install verigrad[dev]")

from datasets import Dataset  # noqa: E402 (comes with trl)
from tokenizers import Tokenizer, models  # noqa: E402
from transformers import (  # noqa: E402
    PreTrainedTokenizerFast,
    Qwen3Config,
    Qwen3ForCausalLM,
    Qwen3ForSequenceClassification,
)

from verigrad.algorithms import BatchTotals, TokenBatch, policy_loss, preset  # noqa: E402
from verigrad.algorithms.distillation import distillation_loss  # noqa: E402
from verigrad.algorithms.logprobs import token_logps  # noqa: E402
from verigrad.algorithms.preference import dpo_loss, reward_model_loss  # noqa: E402

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


@pytest.fixture
def rows():
    """Six rows of unequal prompts and completions, with everything an objective reads."""
    draw = random.Random(5)

    def ids(low, high):
        return [draw.randrange(2, VOCABULARY) for _ in range(draw.randint(low, high))]

    return [SimpleNamespace(prompt=ids(1, 4), completion=ids(1, 8)) for _ in range(ROWS)]


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


def grpo_trainer(model, path, **settings):
    beta = settings.pop("beta", 0.0)  # set afterwards: TRL would fetch a reference model by name
    config = trl.GRPOConfig(
        output_dir=str(path),
        use_cpu=True,
        bf16=False,
        report_to=[],
        per_device_train_batch_size=ROWS,
        num_generations=PER_GROUP,
        max_completion_length=LIMIT,
        gradient_checkpointing=False,
        temperature=1.0,
        beta=0.0,
        **settings,
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
    settings, objective = CASES[case]
    model = tiny_model()
    trainer = grpo_trainer(model, tmp_path, **settings)
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


@pytest.mark.filterwarnings("ignore")
def test_rloo_trainer(rows, tmp_path):
    """TRL's RLOO clips the ratio of whole sequences; at the first update that is plain RLOO."""
    model = tiny_model()
    trainer = trl.RLOOTrainer(
        model=model,
        reward_funcs=lambda completions, **_: [0.0] * len(completions),
        args=trl.RLOOConfig(
            output_dir=str(tmp_path),
            use_cpu=True,
            bf16=False,
            report_to=[],
            per_device_train_batch_size=ROWS,
            num_generations=PER_GROUP,
            max_completion_length=LIMIT,
            gradient_checkpointing=False,
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


@pytest.mark.filterwarnings("ignore")
def test_sft_trainer(rows, tmp_path):
    model = tiny_model()
    trainer = trl.SFTTrainer(
        model=model,
        args=trl.SFTConfig(
            output_dir=str(tmp_path),
            use_cpu=True,
            bf16=False,
            report_to=[],
            gradient_checkpointing=False,
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
            output_dir=str(tmp_path),
            use_cpu=True,
            bf16=False,
            report_to=[],
            gradient_checkpointing=False,
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
            output_dir=str(tmp_path),
            use_cpu=True,
            bf16=False,
            report_to=[],
            gradient_checkpointing=False,
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
