"""LoRA: the packed pass computes what peft does, only adapters learn, peft opens what is saved."""

import pytest

torch = pytest.importorskip("torch")
peft = pytest.importorskip("peft")

from test_learner import BUILD, make_batch
from transformers import AutoModelForCausalLM

from verigrad.algorithms import preset
from verigrad.core.recipe import LoraSection
from verigrad.training.adapters import add_adapter, plain_weights
from verigrad.training.checkpoints import load_start, save_checkpoint
from verigrad.training.learner import Learner
from verigrad.training.options import LearnerOptions
from verigrad.training.policy import build_policy, frozen

LORA = LoraSection(rank=3, alpha=6, targets=("q_proj", "v_proj", "gate_proj", "down_proj"))


def adapted(*, moved=True, **options):
    policy = add_adapter(build_policy(BUILD, seed=0), LORA, seed=1)
    learner = Learner(policy, LearnerOptions(**options))
    learner.reference = frozen(policy)
    if moved:
        generator = torch.Generator().manual_seed(2)
        for name, parameter in policy.model.named_parameters():
            if "lora_B" in name:
                parameter.data.normal_(0.0, 0.1, generator=generator)
    return learner


def by_peft(learner, samples):
    """Log-probabilities through peft's own forward."""
    found = []
    for sample in samples:
        ids = torch.tensor([[*sample.prompt_ids, *sample.response_ids]])
        logps = learner.policy.adapter(ids).logits.log_softmax(-1)[0]
        start = len(sample.prompt_ids) - 1
        places = [start + n for n, counts in enumerate(sample.loss_mask) if counts]
        found.append(logps[places, ids[0, [place + 1 for place in places]]])
    return found


def test_a_fresh_adapter_changes_nothing():
    samples = make_batch().samples
    plain = Learner(build_policy(BUILD, seed=0), LearnerOptions()).token_logps(samples)
    for one, two in zip(plain, adapted(moved=False).token_logps(samples), strict=True):
        assert torch.equal(one, two)


def test_values_and_gradients_are_those_of_peft():
    learner, samples = adapted(), make_batch().samples
    for ours, theirs in zip(learner.token_logps(samples), by_peft(learner, samples), strict=True):
        assert torch.allclose(ours, theirs, atol=1e-5)
    trained = {n: p for n, p in learner.policy.model.named_parameters() if p.requires_grad}
    assert trained
    assert all("lora_" in name for name in trained)
    torch.cat(by_peft(learner, samples)).sum().backward()
    expected = {name: p.grad.clone() for name, p in trained.items()}
    learner.updater.clear()
    caught = {}
    learner.updater.apply = lambda _: caught.update({n: p.grad.clone() for n, p in trained.items()})
    count = sum(sample.num_predicted for sample in samples)
    learner.supervised_step(samples, learning_rate=0.0)
    for name, gradient in expected.items():
        assert torch.allclose(-count * caught[name], gradient, atol=1e-4), name


def test_only_the_adapter_moves_and_the_reference_stays():
    learner, batch = adapted(tokens_per_micro_batch=40), make_batch()
    before = {n: p.detach().clone() for n, p in learner.policy.model.named_parameters()}
    start = Learner(build_policy(BUILD, seed=0), LearnerOptions()).token_logps(batch.samples)
    for _ in range(3):
        report = learner.policy_step(batch, preset("grpo"), learning_rate=1e-2)
    assert report.statistics["kl_reference"] > 1e-4
    for name, parameter in learner.policy.model.named_parameters():
        assert torch.equal(parameter, before[name]) != ("lora_" in name), name
    annotated = learner.annotate(batch, preset("rloo"))
    for mine, expected in zip(annotated.reference_logps, start, strict=True):
        assert torch.allclose(mine, expected, atol=1e-6)


def test_weights_with_the_adapter_added_in_speak_the_same():
    learner, samples = adapted(), make_batch().samples
    plain = build_policy(BUILD, seed=5)
    plain.model.load_state_dict(plain_weights(learner.policy.model))
    merged = Learner(plain, LearnerOptions()).token_logps(samples)
    for one, two in zip(learner.token_logps(samples), merged, strict=True):
        assert torch.allclose(one, two, atol=1e-5)


def test_what_is_saved_opens_in_peft_and_transformers_and_is_taken_up_exactly(tmp_path):
    learner, samples = adapted(), make_batch().samples
    learner.policy_step(make_batch(), preset("grpo"), learning_rate=1e-2)
    base = build_policy(BUILD, seed=0)
    base.model.save_pretrained(tmp_path / "base")
    save_checkpoint(tmp_path / "saved", learner, card="", base=str(tmp_path / "base"))
    for opened in (
        peft.AutoPeftModelForCausalLM.from_pretrained(tmp_path / "saved" / "adapter"),
        AutoModelForCausalLM.from_pretrained(tmp_path / "saved"),
        AutoModelForCausalLM.from_pretrained(tmp_path / "saved" / "adapter"),
    ):
        ids = torch.tensor([[1, 2, 3, 4]])
        ours = learner.policy.adapter(ids).logits
        assert torch.allclose(opened.eval()(ids).logits, ours, atol=1e-5)
    other = Learner(add_adapter(build_policy(BUILD, seed=0), LORA, seed=9), LearnerOptions())
    save_checkpoint(tmp_path / "first", adapted(moved=False), card="", base="")
    load_start(tmp_path / "first", other)
    from verigrad.training.checkpoints import load_checkpoint

    load_checkpoint(tmp_path / "saved", other)
    for one, two in zip(learner.token_logps(samples), other.token_logps(samples), strict=True):
        assert torch.equal(one, two)
