"""DPO, reward models and distillation: hand-computed losses, and that they fall."""

import math

import pytest

torch = pytest.importorskip("torch")

from test_learner import BUILD, make_batch

from verigrad.training.learner import Learner
from verigrad.training.options import LearnerOptions
from verigrad.training.packing import Sample
from verigrad.training.policy import build_policy, frozen
from verigrad.training.preferences import Pair, distillation_step, preference_step
from verigrad.training.reward_models import RewardModel, Steps

SAMPLES = make_batch().samples
PAIRS = [Pair(SAMPLES[n], SAMPLES[n + 1]) for n in range(0, 24, 4)]


def make_learner(seed=0, **options):
    learner = Learner(build_policy(BUILD, seed=seed), LearnerOptions(**options))
    learner.reference = frozen(build_policy(BUILD, seed=0))
    learner.teacher = frozen(build_policy(BUILD, seed=1))
    return learner


def logps_of(policy, sample):
    """Plain transformers, one sequence at a time: (predicted tokens, V)."""
    ids = torch.tensor([[*sample.prompt_ids, *sample.response_ids]])
    start = len(sample.prompt_ids) - 1
    places = [start + n for n, counts in enumerate(sample.loss_mask) if counts]
    return policy.model(ids).logits[0, places].log_softmax(-1), ids[0, [p + 1 for p in places]]


@torch.no_grad()
def sequence_logp(policy, sample):
    logps, targets = logps_of(policy, sample)
    return logps.gather(1, targets[:, None]).sum().item()


def test_dpo_is_the_printed_formula_and_falls():
    learner = make_learner(seed=2)
    expected = 0.0
    for pair in PAIRS:
        gains = [
            sequence_logp(learner.policy, s) - sequence_logp(learner.reference, s)
            for s in (pair.chosen, pair.rejected)
        ]
        expected += math.log(1 + math.exp(-0.2 * (gains[0] - gains[1]))) / len(PAIRS)
    reports = [preference_step(learner, PAIRS, learning_rate=3e-3, beta=0.2) for _ in range(15)]
    assert reports[0].statistics["loss"] == pytest.approx(expected, rel=1e-5)
    assert reports[-1].statistics["loss"] < 0.8 * reports[0].statistics["loss"]
    assert reports[-1].statistics["accuracy"] == pytest.approx(1.0)


def test_dpo_of_the_reference_itself_is_log_two_however_it_is_split():
    for budget in (16384, 1):
        report = preference_step(
            make_learner(tokens_per_micro_batch=budget), PAIRS, learning_rate=0.0
        )
        assert report.statistics["loss"] == pytest.approx(math.log(2), rel=1e-6)


@pytest.mark.parametrize("kind", ["forward", "reverse"])
def test_distillation_is_the_divergence_over_the_vocabulary_and_falls(kind):
    learner = make_learner(tokens_per_micro_batch=40)
    total, count = 0.0, 0
    with torch.no_grad():
        for sample in SAMPLES:
            (student, _), (teacher, _) = (
                logps_of(p, sample) for p in (learner.policy, learner.teacher)
            )
            p, q = (teacher, student) if kind == "forward" else (student, teacher)
            total += (p.exp() * (p - q)).sum().item()
            count += len(student)
    reports = [
        distillation_step(learner, SAMPLES, learning_rate=3e-3, kind=kind) for _ in range(15)
    ]
    assert reports[0].statistics["loss"] == pytest.approx(total / count, rel=1e-4)
    assert reports[-1].statistics["loss"] < 0.5 * reports[0].statistics["loss"]


def test_the_reward_model_learns_a_preference_and_opens_in_transformers(tmp_path):
    from transformers import AutoModelForSequenceClassification

    model = RewardModel(build_policy(BUILD, seed=0), LearnerOptions(tokens_per_micro_batch=60))
    reports = [model.preference_step(PAIRS, learning_rate=3e-3) for _ in range(25)]
    assert reports[0].statistics["loss"] == pytest.approx(math.log(2), rel=1e-6)
    assert reports[-1].statistics["loss"] < 0.3
    assert reports[-1].statistics["accuracy"] == pytest.approx(1.0)
    model.save(tmp_path)
    opened = AutoModelForSequenceClassification.from_pretrained(tmp_path).eval()
    for sample, score in zip(SAMPLES[:6], model.scorer.scores(SAMPLES[:6]), strict=True):
        ids = torch.tensor([[*sample.prompt_ids, *sample.response_ids]])
        # transformers reads the last token that is not padding: keep it one
        if ids[0, -1] != opened.config.pad_token_id:
            assert opened(ids).logits.item() == pytest.approx(score, abs=1e-4)


def test_the_process_reward_model_learns_the_labels_of_steps():
    answers = [
        Steps(
            s,
            ends := tuple(range(0, len(s.response_ids), 2)),
            tuple(s.response_ids[e] % 2 for e in ends),
        )
        for s in SAMPLES
    ]
    model = RewardModel(build_policy(BUILD, seed=0), LearnerOptions(tokens_per_micro_batch=60))
    reports = [model.process_step(answers, learning_rate=1e-2) for _ in range(25)]
    assert reports[0].statistics["loss"] == pytest.approx(math.log(2), rel=1e-6)
    assert reports[-1].statistics["loss"] < 0.2
    found = model.scorer.step_scores([a.sample for a in answers], [a.ends for a in answers])
    right = [
        (score > 0.5) == (label == 1)
        for scores, answer in zip(found, answers, strict=True)
        for score, label in zip(scores, answer.labels, strict=True)
    ]
    assert sum(right) / len(right) > 0.9


def test_places_outside_the_answer_are_refused():
    sample = Sample((1,), (2, 3), (True, True), 0)
    model = RewardModel(build_policy(BUILD, seed=0), LearnerOptions())
    for ends in ((2,), (1, 0), (0, 0)):
        with pytest.raises(ValueError, match="places"):
            model.scorer.step_scores([sample], [ends])
