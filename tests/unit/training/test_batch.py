"""Batches: mini-batches of whole groups, per-token advantages, step rewards, the critic's figure."""

from dataclasses import replace

import pytest

torch = pytest.importorskip("torch")

from test_learner import BUILD, make_batch

from verigrad.algorithms import preset
from verigrad.core.errors import DataError
from verigrad.core.types import Judged, Message, Problem, Reward, Rollout, StopReason
from verigrad.core.verdict import Reason
from verigrad.judging.steps import VerdictSteps, WorkedSteps, with_steps
from verigrad.training.estimate import Paid, critic_quality, estimate
from verigrad.training.learner import Learner
from verigrad.training.options import CriticOptions, LearnerOptions
from verigrad.training.policy import build_policy
from verigrad.training.steps import step_places
from verigrad.verifiers.base import correct, failed, rejected


def test_mini_batches_are_whole_groups_each_once():
    batch = make_batch()
    parts = list(batch.split(4, seed=1))
    groups = [{sample.group for sample in part.samples} for part in parts]
    assert sorted(group for part in groups for group in part) == [0, 1, 2, 3, 4, 5]
    assert sorted(map(len, groups)) == [1, 1, 2, 2]
    assert sum(len(part) for part in parts) == 24
    assert groups != [{s.group for s in part.samples} for part in batch.split(4, seed=2)]
    assert list(batch.split(1, seed=1)) == [batch]
    assert len(list(batch.split(99, seed=1))) == 6
    # each is normalised by itself
    assert sum(part.totals().num_rows for part in parts) == batch.totals().num_rows == 24


def test_advantages_of_tokens_by_hand():
    """Two rows of one group, rewards 1 and 0; token KL 0.5 twice in the first row, weight 0.2."""
    samples = tuple(replace(s, group=0) for s in _samples((2, 1)))
    batch = replace(
        _empty(samples),
        old_logps=(torch.tensor([-0.5, -0.5]), torch.tensor([-1.0])),
        reference_logps=(torch.tensor([-1.0, -1.0]), torch.tensor([-1.0])),
    )
    objective = preset("reinforce_pp", kl_coefficient=0.2, scaling="none")
    found = estimate(batch, Paid((1.0, 0.0)), objective)
    assert [piece.tolist() for piece in found.token_advantages] == [
        pytest.approx([0.8, 0.9]),
        pytest.approx([0.0]),
    ]
    assert found.advantages == pytest.approx((0.85, 0.0))
    assert found.active(objective) == [0]


def test_the_critic_is_measured_against_what_was_earned():
    """Rewards 1 and 0 at the end, values right: all explained; the same value everywhere: none."""
    samples = _samples((2, 2))
    objective = preset("ppo", kl_coefficient=0.0)

    def quality(*values):
        tensors = tuple(torch.tensor(value) for value in values)
        batch = replace(_empty(samples), values=tensors, old_logps=tensors)
        return critic_quality(batch, Paid((1.0, 0.0)), objective)

    assert quality([1.0, 1.0], [0.0, 0.0]) == pytest.approx(1.0)
    assert quality([0.5, 0.5], [0.5, 0.5]) == pytest.approx(0.0)
    # errors 0.5, 0, 0, 0: variance 0.046875 of 0.25
    assert quality([0.5, 1.0], [0.0, 0.0]) == pytest.approx(1 - 0.046875 / 0.25)
    assert critic_quality(_empty(samples), Paid((1.0, 0.0)), objective) is None


def test_generalised_advantages_are_the_direct_sum_through_the_learner():
    objective = preset("ppo", scaling="none", gae_lambda=0.7, critic_lambda=None, discount=0.9)
    options = LearnerOptions(critic=CriticOptions())
    learner = Learner(build_policy(BUILD, seed=0), options, reference=build_policy(BUILD, seed=1))
    learner.critic.score.weight.data.normal_(generator=torch.Generator().manual_seed(0))
    batch = learner.annotate(make_batch(), objective)
    paid = Paid(tuple(float(n % 3 == 0) for n in range(24)))
    found = estimate(batch, paid, objective)
    for row, reward in enumerate(paid.rewards):
        kl = (batch.old_logps[row] - batch.reference_logps[row]).tolist()
        value = [*batch.values[row].tolist(), 0.0]
        length = len(kl)
        earned = [-0.05 * x + (reward if t == length - 1 else 0.0) for t, x in enumerate(kl)]
        delta = [earned[t] + 0.9 * value[t + 1] - value[t] for t in range(length)]
        direct = [
            sum((0.9 * 0.7) ** (u - t) * delta[u] for u in range(t, length)) for t in range(length)
        ]
        assert found.token_advantages[row].tolist() == pytest.approx(direct, abs=1e-5)
        returns = [a + v for a, v in zip(direct, value, strict=False)]
        assert found.returns[row].tolist() == pytest.approx(returns, abs=1e-5)


def _samples(lengths):
    from verigrad.training.packing import Sample

    return tuple(
        Sample((1,), (2,) * length, (True,) * length, group) for group, length in enumerate(lengths)
    )


def _empty(samples):
    from verigrad.training.batch import PolicyBatch

    return PolicyBatch(samples, (0.0,) * len(samples), None, temperature=1.0, max_tokens=8)


# step rewards -----------------------------------------------------------------------------------

PROBLEM = replace(Problem.of("12+9=", "21"), solution="2+9=11;1+1=2;21")


def judged(text, verdict, *, ids=None, mask=None):
    ids = tuple(range(len(text))) if ids is None else ids
    mask = (True,) * len(ids) if mask is None else mask
    message = Message("assistant", text)
    rollout = Rollout(PROBLEM, 0, (1,), ids, mask, (0.0,) * len(ids), (message,), StopReason.END)
    return Judged(rollout, with_steps(WorkedSteps(), PROBLEM, text, verdict), Reward(1.0))


def one_each(ids):
    """A tokenizer of one character a token; an end token 99 has no text."""
    return "".join("x" for id_ in ids if id_ != 99)


def test_steps_end_on_the_token_that_completes_them():
    right = judged("2+9=11;1+1=2;21", correct(), ids=(*range(15), 99))
    assert step_places(right, one_each) == ((6, 1.0), (12, 1.0), (14, 1.0))
    wrong = judged("2+9=11;1+1=3;31", rejected(Reason.WRONG))
    assert step_places(wrong, one_each) == ((6, 1.0), (12, 0.0), (14, 0.0))


def test_tokens_of_many_characters_and_earlier_turns_are_counted():
    # three characters a token; an environment's two tokens before the answer's turn
    ids, mask = (9, 9, 9, 8, 8, 1, 2, 3, 4, 5), (True,) * 3 + (False,) * 2 + (True,) * 5
    item = judged("2+9=11;1+1=2;21", correct(), ids=ids, mask=mask)
    places = step_places(item, lambda part: "abc" * len(part))
    # 7 characters need 3 tokens, 13 need 5, 15 need 5; three trained tokens stand before
    assert [place for place, _ in places] == [5, 7, 7]


def test_a_step_cannot_be_earned_twice_and_too_many_earn_nothing():
    again = judged("2+9=11;2+9=11;1+1=2;21", correct())
    assert [reward for _, reward in step_places(again, one_each)] == [1.0, 0.0, 0.0, 1.0]
    assert [
        reward
        for _, reward in step_places(judged("", rejected(Reason.NO_ANSWER), ids=(99,)), one_each)
    ] == [0.0]


def test_verdicts_without_steps_stop_the_run():
    bare = Judged(judged("1", correct()).rollout, correct(), Reward(1.0))
    with pytest.raises(DataError, match="no step rewards"):
        step_places(bare, one_each)
    assert with_steps(WorkedSteps(), PROBLEM, "", failed("down")) == failed("down")
    said = correct(evidence={"steps": [[3, 0.5]]})
    assert VerdictSteps().steps(PROBLEM, "abc", said) == [(3, 0.5)]
