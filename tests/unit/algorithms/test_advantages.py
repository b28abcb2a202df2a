"""Worked numbers of the literature."""

import math

import pytest
import torch

from verigrad.algorithms import PRESETS, Objective, advantages, preset
from verigrad.algorithms.advantages import baseline
from verigrad.algorithms.pass_at_k import pass_at_k_advantages

ONE_GROUP = torch.zeros(8, dtype=torch.int64)
EIGHT = torch.tensor([1.0, 0, 0, 1, 0, 1, 0, 1])
GROUP_BASED = [
    "grpo",
    "dr_grpo",
    "dapo",
    "gspo",
    "cispo",
    "sapo",
    "gpg",
    "opmd",
    "kimi",
    "topr",
    "pass_at_k",
]


def test_eight_samples_give_plus_and_minus_one():
    assert (
        advantages(EIGHT, ONE_GROUP, objective=preset("grpo")).tolist() == (2 * EIGHT - 1).tolist()
    )


def test_dr_grpo_does_not_divide():
    got = advantages(EIGHT, ONE_GROUP, objective=preset("dr_grpo"))
    assert got.tolist() == (EIGHT - 0.5).tolist()


@pytest.mark.parametrize("name", GROUP_BASED)
@pytest.mark.parametrize("reward", [0.0, 1.0, 0.1 + 0.2])
def test_equal_rewards_give_none(name, reward):
    got = advantages(torch.full((8,), reward), ONE_GROUP, objective=preset(name))
    assert got.tolist() == [0.0] * 8


def test_rounding_is_not_spread():
    rewards = torch.tensor([0.3, 0.1 + 0.2], dtype=torch.float64)  # differ in the last bit
    assert rewards[0] != rewards[1]
    got = advantages(rewards, ONE_GROUP[:2], objective=preset("grpo"))
    assert got.tolist() == [0.0, 0.0]


def test_groups_do_not_mix():
    rewards = torch.tensor([1.0, 0.0, 5.0, 3.0, 1.0])
    got = advantages(rewards, torch.tensor([0, 0, 1, 1, 0]), objective=preset("dr_grpo"))
    # group 0: 1, 0, 1 with mean 2/3; group 1: 5, 3 with mean 4
    assert got.tolist() == pytest.approx([1 / 3, -2 / 3, 1.0, -1.0, 1 / 3])


def test_a_group_of_one_has_no_advantage():
    one = torch.tensor([1.0])
    assert advantages(one, ONE_GROUP[:1], objective=preset("grpo")).tolist() == [0.0]


def test_leave_one_out_is_the_mean_of_the_others():
    # rewards 1, 0, 0.5: the others' means are 0.25, 0.75, 0.5
    got = advantages(
        torch.tensor([1.0, 0.0, 0.5]), ONE_GROUP[:3], objective=preset("rloo", kl_coefficient=0.0)
    )
    assert got.tolist() == [0.75, -0.75, 0.0]


def test_leave_one_out_is_the_group_mean_scaled():
    """R - mean of the others = n/(n-1) (R - mean), the identity in the RLOO paper."""
    rewards = torch.tensor([0.2, 0.9, 0.4, 0.0, 1.0], dtype=torch.float64)
    group = ONE_GROUP[:5]
    left = rewards - baseline(rewards, group, name="leave_one_out")
    torch.testing.assert_close(left, 5 / 4 * (rewards - rewards.mean()))


def test_greedy_baseline():
    got = advantages(
        torch.tensor([1.0, 0.0]),
        ONE_GROUP[:2],
        objective=preset("remax"),
        greedy_reward_B=torch.tensor([1.0, 1.0]),
    )
    assert got.tolist() == [0.0, -1.0]
    with pytest.raises(ValueError, match="greedy_reward_B"):
        advantages(torch.ones(2), ONE_GROUP[:2], objective=preset("remax"))


def test_batch_mean_and_batch_std():
    objective = Objective(baseline="batch_mean", scaling="batch_std")
    rewards = torch.tensor([4.0, 0.0, 4.0, 0.0])  # mean 2, deviation 2
    got = advantages(rewards, torch.tensor([0, 1, 2, 3]), objective=objective)
    assert got.tolist() == [1.0, -1.0, 1.0, -1.0]


def test_sample_deviation_and_epsilon_as_trl_has_them():
    # rewards 1, 0: sample deviation sqrt(1/2); (1 - 0.5) / (0.7071 + 0.0001) = 0.707007
    objective = preset("grpo", std_correction=1, std_epsilon=1e-4)
    got = advantages(torch.tensor([1.0, 0.0]), ONE_GROUP[:2], objective=objective)
    assert got.tolist() == pytest.approx(
        [0.5 / (math.sqrt(0.5) + 1e-4)] * 1 + [-0.5 / (math.sqrt(0.5) + 1e-4)]
    )


def test_mixed_share_makes_up_for_groups_without_spread():
    # one of two groups is mixed, so its advantages +-0.5 are doubled
    rewards, groups = torch.tensor([1.0, 0.0, 1.0, 1.0]), torch.tensor([0, 0, 1, 1])
    assert advantages(rewards, groups, objective=preset("gpg")).tolist() == [1.0, -1.0, 0.0, 0.0]


def test_weights_of_the_signs():
    objective = preset("dr_grpo", positive_weight=0.1, negative_weight=2.0)
    got = advantages(torch.tensor([1.0, 0.0]), ONE_GROUP[:2], objective=objective)
    assert got.tolist() == pytest.approx([0.05, -1.0])


def test_raft_averages_over_what_it_keeps():
    got = advantages(torch.tensor([1.0, 0.0, 0.0, 1.0]), ONE_GROUP[:4], objective=preset("raft"))
    assert got.tolist() == [2.0, 0.0, 0.0, 2.0]
    nothing = advantages(torch.zeros(4), ONE_GROUP[:4], objective=preset("raft"))
    assert nothing.tolist() == [0.0] * 4


def test_pass_at_k_by_counting_all_sets():
    """n = 6, two correct, k = 3, against all 20 sets."""
    from itertools import combinations

    rewards = [1.0, 0, 0, 1.0, 0, 0]
    sets = list(combinations(range(6), 3))
    passes = [float(any(rewards[i] for i in s)) for s in sets]
    middle = sum(passes) / len(sets)
    spread = math.sqrt(sum((p - middle) ** 2 for p in passes) / len(sets))
    own = [
        sum(p for p, s in zip(passes, sets, strict=True) if i in s) / sum(i in s for s in sets)
        for i in range(6)
    ]
    expected = [(value - middle) / spread for value in own]
    got = pass_at_k_advantages(torch.tensor(rewards), ONE_GROUP[:6], k=3)
    assert got.tolist() == pytest.approx(expected, rel=1e-5)


def test_pass_at_one_is_grpo():
    got = pass_at_k_advantages(EIGHT, ONE_GROUP, k=1)
    assert got.tolist() == pytest.approx((2 * EIGHT - 1).tolist())


def test_pass_at_k_needs_k_rows():
    with pytest.raises(ValueError, match="at least 4"):
        pass_at_k_advantages(torch.ones(3), ONE_GROUP[:3], k=4)


def test_per_token_objectives_are_refused_here():
    for name in ("ppo", "reinforce_pp", "grpo_process", "on_policy_distillation", "rloo"):
        assert PRESETS[name].objective.needs_tokens
        with pytest.raises(ValueError, match="token_advantages"):
            advantages(EIGHT, ONE_GROUP, objective=preset(name))
