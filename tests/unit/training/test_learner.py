"""The learner: micro-batches change nothing, skipped rows change nothing, a step is AdamW's."""

import random
from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from verigrad.algorithms import preset
from verigrad.core.errors import HaltedError
from verigrad.core.recipe import Build
from verigrad.training.batch import PolicyBatch, micro_batches
from verigrad.training.learner import Learner
from verigrad.training.options import LearnerOptions
from verigrad.training.packing import Sample
from verigrad.training.policy import build_policy
from verigrad.training.schedule import learning_rate

BUILD = Build(
    hidden_size=16,
    num_layers=2,
    num_heads=2,
    num_kv_heads=1,
    intermediate_size=24,
    max_positions=64,
    alphabet="0123456789",
)


def make_batch(*, advantages=None):
    source = random.Random(0)
    samples = []
    for group in range(6):
        prompt = tuple(source.randrange(15) for _ in range(source.randrange(2, 7)))
        for _ in range(4):
            response = tuple(source.randrange(15) for _ in range(source.randrange(1, 12)))
            samples.append(
                Sample(
                    prompt,
                    response,
                    tuple(source.random() < 0.9 for _ in response) or (True,),
                    group,
                )
            )
    advantages = advantages or tuple(source.choice([-1.0, 0.0, 0.5]) for _ in samples)
    logps = tuple(tuple(-source.random() for _ in s.response_ids) for s in samples)
    return PolicyBatch(tuple(samples), advantages, logps, temperature=1.0, max_tokens=12)


def make_learner(**options):
    return Learner(build_policy(BUILD, seed=0), LearnerOptions(**options))


def weights_after(batch, objective="dr_grpo", reference=False, **options):
    learner = make_learner(max_gradient_norm=1e9, **options)
    if reference:
        learner.reference = build_policy(BUILD, seed=1)
    report = learner.policy_step(batch, preset(objective), learning_rate=1e-3)
    return learner, report


@pytest.mark.parametrize(
    ("objective", "reference"), [("dr_grpo", False), ("grpo", True), ("dapo", False)]
)
def test_micro_batches_do_not_change_the_step(objective, reference):
    batch = make_batch()
    whole, first = weights_after(batch, objective, reference)
    parts, second = weights_after(batch, objective, reference, tokens_per_micro_batch=20)
    assert first.gradient_norm == pytest.approx(second.gradient_norm, rel=1e-4)
    assert first.statistics["loss"] == pytest.approx(second.statistics["loss"], abs=1e-6)
    for (name, a), (_, b) in zip(whole.weights().items(), parts.weights().items(), strict=True):
        # Adam's first step is lr * sign where the gradient is not tiny: compare where it is not
        assert ((a - b).abs() > 1e-4).float().mean() < 0.01, name


def test_rows_without_advantage_are_not_computed_and_nothing_changes():
    batch = make_batch()
    learner, report = weights_after(batch)
    assert report.num_skipped == sum(a == 0.0 for a in batch.advantages) > 0
    # the same rows with an advantage too small to matter are computed
    computed = replace(batch, advantages=tuple(a or 1e-30 for a in batch.advantages))
    other, full = weights_after(computed)
    assert full.num_skipped == 0
    assert full.num_tokens > report.num_tokens
    assert report.gradient_norm == pytest.approx(full.gradient_norm, rel=1e-5)
    for a, b in zip(learner.weights().values(), other.weights().values(), strict=True):
        assert ((a - b).abs() > 1e-4).float().mean() < 0.01


def test_statistics_are_means_over_the_tokens_computed():
    _, report = weights_after(make_batch())
    assert report.statistics["ratio_mean"] == pytest.approx(1.0)
    assert report.statistics["ratio_max"] == pytest.approx(1.0)


def test_a_step_makes_good_answers_likelier_and_bad_ones_less_likely():
    batch = make_batch()
    learner = make_learner()
    before = [x.sum().item() for x in learner.token_logps(batch.samples)]
    for _ in range(3):
        learner.policy_step(batch, preset("dr_grpo"), learning_rate=1e-3)
    after = [x.sum().item() for x in learner.token_logps(batch.samples)]
    gain = sum(a * (y - x) for a, x, y in zip(batch.advantages, before, after, strict=True))
    assert gain > 0


def test_a_gradient_that_is_not_finite_halts_and_leaves_the_weights():
    learner = make_learner()
    before = {name: value.clone() for name, value in learner.weights().items()}
    batch = make_batch(advantages=(float("inf"), *(1.0,) * 23))
    with pytest.raises(HaltedError, match="gradient is") as caught:
        learner.policy_step(batch, preset("dr_grpo"), learning_rate=1e-3)
    assert caught.value.exit_code == 6
    assert learner.steps_taken == 0
    for name, value in learner.weights().items():
        assert torch.equal(value, before[name])


def test_state_restores_the_next_step_exactly():
    batch = make_batch()
    one = make_learner()
    one.policy_step(batch, preset("dr_grpo"), learning_rate=1e-3)
    two = make_learner()
    two.policy.model.load_state_dict({k: v.clone() for k, v in one.weights().items()})
    two.restore(one.state())
    for learner in (one, two):
        learner.policy_step(batch, preset("dr_grpo"), learning_rate=1e-3)
    for a, b in zip(one.weights().values(), two.weights().values(), strict=True):
        assert torch.equal(a, b)
    assert one.steps_taken == two.steps_taken == 2


def test_supervised_loss_is_the_mean_negative_log_likelihood():
    learner = make_learner()
    samples = make_batch().samples
    expected = -torch.cat(learner.token_logps(samples)).mean().item()
    report = learner.supervised_step(samples, learning_rate=0.0)
    assert report.statistics["loss"] == pytest.approx(expected, rel=1e-5)


def test_bfloat16_activations_stay_close():
    batch = make_batch()
    _, exact = weights_after(batch)
    _, rough = weights_after(batch, precision="bfloat16")
    assert rough.gradient_norm == pytest.approx(exact.gradient_norm, rel=0.05)


def test_micro_batches_cover_every_sample_once_within_the_budget():
    samples = make_batch().samples
    parts = list(micro_batches(samples, 25))
    assert [i for part in parts for i in part] == list(range(len(samples)))
    assert len(parts) > 1
    assert [len(part) for part in micro_batches(samples, 1)] == [1] * len(samples)


def test_the_schedule_by_hand():
    rates = [
        learning_rate(s, peak=2.0, warm_up_steps=2, total_steps=4, final_share=0.5)
        for s in range(5)
    ]
    assert rates == pytest.approx([1.0, 2.0, 2.0, 1.5, 1.0])


def without_padding(sample):
    prompt, response = (
        tuple(token or 1 for token in ids) for ids in (sample.prompt_ids, sample.response_ids)
    )
    return replace(sample, prompt_ids=prompt, response_ids=response)


def gradient_of(batch, objective, *, packs=True, **options):
    """The gradient in float64, as the change that one step of plain descent makes."""
    policy = build_policy(BUILD, seed=0)
    policy.model.double()
    if not packs:
        policy.model.config.hidden_act = "gelu"  # not ours: left to transformers' own forward
    settings = LearnerOptions(
        precision="float64", optimizer="sgd", max_gradient_norm=1e9, **options
    )
    learner = Learner(policy, settings)
    before = {name: value.clone() for name, value in learner.weights().items()}
    report = learner.policy_step(batch, objective, learning_rate=1.0)
    moved = {name: before[name] - value for name, value in learner.weights().items()}
    return torch.cat([value.flatten() for value in moved.values()]), report


def test_skipping_rows_leaves_the_gradient_as_it_is():
    batch = make_batch()
    skipping, few = gradient_of(batch, preset("dr_grpo"))
    # an entropy bonus of nothing makes every row count
    whole = replace(preset("dr_grpo"), entropy_coefficient=1e-300)
    computing, all_of_them = gradient_of(batch, whole)
    assert (few.num_skipped, all_of_them.num_skipped) == (batch.advantages.count(0.0), 0)
    assert few.num_tokens < all_of_them.num_tokens
    assert (skipping - computing).abs().max() < 1e-13 * computing.abs().max()


def test_a_prompt_that_is_stored_once_gives_the_gradient_of_transformers_own_forward():
    batch = make_batch()
    # transformers gives the padding token's embedding, id 0 here, no gradient where it is read
    batch = replace(batch, samples=tuple(without_padding(sample) for sample in batch.samples))
    shared, packed = gradient_of(batch, preset("dr_grpo"))
    plain, padded = gradient_of(batch, preset("dr_grpo"), packs=False)
    assert packed.num_tokens < padded.num_tokens
    assert (shared - plain).abs().max() < 1e-5 * plain.abs().max()


@pytest.mark.parametrize("recompute", [False, True])
def test_computing_layers_again_changes_nothing(recompute):
    expected, _ = gradient_of(make_batch(), preset("dr_grpo"))
    found, _ = gradient_of(make_batch(), preset("dr_grpo"), recompute_layers=recompute)
    assert torch.equal(found, expected)


@pytest.mark.parametrize("optimizer", ["adamw", "adafactor", "sgd", "muon"])
def test_every_optimizer_learns_and_resumes_exactly(optimizer):
    batch = make_batch()
    one, two = make_learner(optimizer=optimizer), make_learner(optimizer=optimizer)
    rate = 1.0 if optimizer == "sgd" else 3e-3
    first = one.policy_step(batch, preset("raft"), learning_rate=rate).statistics["loss"]
    for _ in range(3):
        one.policy_step(batch, preset("raft"), learning_rate=rate)
    two.policy.model.load_state_dict({k: v.clone() for k, v in one.weights().items()})
    two.restore(one.state())
    last = [x.policy_step(batch, preset("raft"), learning_rate=rate) for x in (one, two)]
    assert last[0].statistics["loss"] < first
    for a, b in zip(one.weights().values(), two.weights().values(), strict=True):
        assert torch.equal(a, b)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")
def test_a_step_on_the_gpu_is_that_of_the_processor():
    found = {}
    for device in ("cpu", "cuda"):
        policy = build_policy(BUILD, seed=0)
        policy.model.to(device)
        learner = Learner(policy, LearnerOptions(max_gradient_norm=1e9))
        found[device] = learner.policy_step(make_batch(), preset("dr_grpo"), learning_rate=1e-3)
    assert found["cuda"].gradient_norm == pytest.approx(found["cpu"].gradient_norm, rel=1e-4)
    assert found["cuda"].statistics["loss"] == pytest.approx(
        found["cpu"].statistics["loss"], abs=1e-6
    )
