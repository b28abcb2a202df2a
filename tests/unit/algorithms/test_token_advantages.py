"""GAE, returns, process rewards, KL in the reward."""

import random
from dataclasses import replace

import pytest
import torch

from verigrad.algorithms import Objective, TokenInputs, preset, token_advantages
from verigrad.algorithms.scans import gae, last_of_row, position_in_row


def inputs(**changes):
    """Rows of 3 and 2 tokens, the middle one of the first written by an environment."""
    fields = {
        "mask_T": torch.tensor([True, False, True, True, True]),
        "row_T": torch.tensor([0, 0, 0, 1, 1]),
        "logp_T": torch.tensor([-1.0, float("nan"), -2.0, -1.5, -0.5]),
        "reference_logp_T": torch.tensor([-1.5, float("nan"), -2.0, -1.0, -0.5]),
    }
    return TokenInputs(**(fields | changes))


REWARDS, GROUPS = torch.tensor([1.0, 0.0]), torch.tensor([0, 0])


@pytest.mark.parametrize("discount", [1.0, 0.9])
@pytest.mark.parametrize("gae_lambda", [0.0, 0.5, 0.95, 1.0])
def test_gae_equals_the_direct_sum(discount, gae_lambda):
    draw = random.Random(3)
    lengths = [5, 1, 8, 3]
    places = [(i, t) for i, n in enumerate(lengths) for t in range(n)]
    draw.shuffle(places)
    row = [i for i, _ in places]  # interleaved: the n-th token met of a row is its n-th
    reward = torch.randn(len(row), dtype=torch.float64)
    value = torch.randn(len(row), dtype=torch.float64)
    got = gae(
        reward, value, row_T=torch.tensor(row), num_rows=4, discount=discount, gae_lambda=gae_lambda
    )
    for i in range(4):
        index = [n for n, r in enumerate(row) if r == i]
        r, v = reward[index].tolist(), [*value[index].tolist(), 0.0]
        delta = [r[t] + discount * v[t + 1] - v[t] for t in range(len(r))]
        direct = [
            sum((discount * gae_lambda) ** (u - t) * delta[u] for u in range(t, len(r)))
            for t in range(len(r))
        ]
        assert got[index].tolist() == pytest.approx(direct, rel=1e-12)


def test_places_in_interleaved_rows():
    row = torch.tensor([1, 0, 1, 2, 1, 0])
    assert position_in_row(row, 4).tolist() == [0, 0, 1, 0, 2, 1]
    assert last_of_row(row, 4).tolist() == [False, False, False, True, True, True]


def test_rows_spread_over_their_trained_tokens():
    got, returns = token_advantages(REWARDS, GROUPS, objective=preset("dr_grpo"), tokens=inputs())
    assert got.tolist() == [0.5, 0.0, 0.5, -0.5, -0.5]
    assert returns is None


def test_kl_in_the_reward_of_each_token_is_paid_from_there_on():
    objective = Objective(
        estimator="return", kl_coefficient=0.2, kl_estimator="k1", kl_in="reward_token"
    )
    got, _ = token_advantages(REWARDS, GROUPS, objective=objective, tokens=inputs())
    # log-ratios 0.5, 0 and -0.5, 0: the first token pays 0.1, the fourth earns 0.1
    assert got.tolist() == pytest.approx([0.9, 0.0, 1.0, 0.1, 0.0])


def test_returns_are_discounted_over_trained_tokens_only():
    objective = Objective(estimator="return", discount=0.5)
    got, _ = token_advantages(REWARDS, GROUPS, objective=objective, tokens=inputs())
    assert got.tolist() == [0.5, 0.0, 1.0, 0.0, 0.0]


def test_kl_in_the_reward_of_the_sequence():
    objective = preset("rloo", kl_coefficient=0.2)
    got, _ = token_advantages(REWARDS, GROUPS, objective=objective, tokens=inputs())
    # rewards 1 - 0.1 and 0 + 0.1; each less the other
    assert got.tolist() == pytest.approx([0.8, 0.0, 0.8, -0.8, -0.8])


def test_ppo_returns_fit_the_critic_and_advantages_are_white():
    value = torch.tensor([0.2, float("nan"), 0.4, 0.1, 0.3])
    objective = preset("ppo", kl_coefficient=0.0, gae_lambda=1.0)
    got, returns = token_advantages(
        REWARDS, GROUPS, objective=objective, tokens=inputs(value_T=value)
    )
    # with lambda 1 the target is the reward still to come: 1, 1, 0, 0
    assert returns.tolist() == pytest.approx([1.0, 0.0, 1.0, 0.0, 0.0], abs=1e-6)
    trained = got[inputs().mask_T]
    assert trained.mean().item() == pytest.approx(0, abs=1e-6)
    assert trained.std(correction=0).item() == pytest.approx(1)


def test_process_rewards_of_deepseekmath():
    # steps 1, 0 in row 0 and 1, 1 in row 1: mean 3/4, deviation sqrt(3)/4; 0.5774 and -1.7321
    tokens = inputs(
        step_reward_S=torch.tensor([1.0, 0.0, 1.0, 1.0]), step_token_S=torch.tensor([0, 2, 3, 4])
    )
    got, _ = token_advantages(REWARDS, GROUPS, objective=preset("grpo_process"), tokens=tokens)
    assert got.tolist() == pytest.approx([-1.1547, 0.0, -1.7321, 1.1547, 0.5774], abs=1e-4)


def test_a_step_ending_on_a_foreign_token_counts_for_the_trained_ones_before():
    tokens = inputs(step_reward_S=torch.tensor([1.0, 0.0]), step_token_S=torch.tensor([1, 4]))
    got, _ = token_advantages(REWARDS, GROUPS, objective=preset("grpo_process"), tokens=tokens)
    assert got.tolist() == [1.0, 0.0, 0.0, -1.0, -1.0]


def test_a_step_before_every_trained_token_is_an_error():
    tokens = inputs(
        mask_T=torch.tensor([False, True, True, True, True]),
        step_reward_S=torch.tensor([1.0]),
        step_token_S=torch.tensor([0]),
    )
    with pytest.raises(ValueError, match="step 0"):
        token_advantages(REWARDS, GROUPS, objective=preset("grpo_process"), tokens=tokens)


def test_on_policy_distillation_is_the_log_ratio_to_the_teacher():
    teacher = torch.tensor([-0.5, float("nan"), -3.0, -1.5, -0.25])
    got, _ = token_advantages(
        REWARDS,
        GROUPS,
        objective=preset("on_policy_distillation"),
        tokens=inputs(teacher_logp_T=teacher),
    )
    assert got.tolist() == [0.5, 0.0, -1.0, 0.0, 0.25]


@pytest.mark.parametrize(
    ("name", "missing"),
    [
        ("ppo", "value_T"),
        ("grpo_process", "step_reward_S"),
        ("on_policy_distillation", "teacher_logp_T"),
    ],
)
def test_what_is_missing_is_named(name, missing):
    with pytest.raises(ValueError, match=missing):
        token_advantages(REWARDS, GROUPS, objective=preset(name), tokens=inputs())


def test_the_critics_targets_may_have_a_lambda_of_their_own():
    """Rewards 0, 1 and values 0.5, 0.5: at lambda 1 both targets are the 1 that was earned."""
    objective = preset("ppo", scaling="none", kl_coefficient=0.0, gae_lambda=0.5)
    tokens = TokenInputs(
        torch.tensor([True, True]),
        torch.tensor([0, 0]),
        torch.zeros(2),
        value_T=torch.tensor([0.5, 0.5]),
    )
    found = token_advantages(
        torch.tensor([1.0]), torch.tensor([0]), objective=objective, tokens=tokens
    )
    assert found.advantage_T.tolist() == [0.25, 0.5]
    assert found.return_T.tolist() == [1.0, 1.0]
    own = replace(objective, critic_lambda=None)
    found = token_advantages(torch.tensor([1.0]), torch.tensor([0]), objective=own, tokens=tokens)
    assert found.return_T.tolist() == [0.75, 1.0]
