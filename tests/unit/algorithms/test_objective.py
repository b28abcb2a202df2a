"""The table of presets and what an objective refuses."""

import dataclasses
import re
from pathlib import Path

import pytest
import torch

from verigrad.algorithms import PRESETS, SUPERVISED, Objective, preset
from verigrad.algorithms.objective import PARTS
from verigrad.algorithms.statistics import (
    HEALTHY,
    explained_variance,
    length_by_outcome,
    mixed_group_share,
)
from verigrad.algorithms.table import objectives_page
from verigrad.core.errors import ConfigError

ASKED_FOR = {
    "reinforce", "rloo", "remax", "reinforce_pp", "ppo", "grpo", "grpo_process", "dr_grpo", "dapo",
    "gspo", "cispo", "kimi", "opmd", "gpg", "sapo", "topr", "pass_at_k", "raft", "sft",
    "on_policy_distillation",
}  # fmt: skip


def test_the_family_is_complete():
    assert set(PRESETS) >= ASKED_FOR
    assert set(SUPERVISED) == {"dpo", "reward_model", "process_reward_model", "distillation"}


@pytest.mark.parametrize("name", sorted(PRESETS))
def test_every_row_is_filled_in(name):
    row = PRESETS[name]
    assert row.formula
    assert row.differs
    assert name in ("reinforce", "sft") or re.search(r"\d{4}\.\d{5}", row.paper)


@pytest.mark.parametrize("part", sorted(PARTS))
def test_every_part_is_a_field_with_a_known_default(part):
    defaults = {f.name: f.default for f in dataclasses.fields(Objective)}
    assert defaults[part] in PARTS[part]


def test_an_unknown_preset_offers_the_nearest():
    with pytest.raises(ConfigError, match='did you mean "dr_grpo"'):
        preset("drgrpo")


def test_an_unknown_part_offers_the_nearest():
    with pytest.raises(ConfigError, match='did you mean "kl_coefficient"'):
        preset("grpo", kl_coeficient=0.1)


def test_every_problem_is_told_at_once():
    with pytest.raises(ConfigError) as caught:
        Objective(baseline="group_men", clipping="clip", clip_low=-0.1)
    message = str(caught.value)
    assert 'did you mean "group_mean"' in message
    assert "needs a ratio" in message
    assert "must not be negative" in message


@pytest.mark.parametrize(
    "parts",
    [
        {"baseline": "value"},
        {"estimator": "gae"},
        {"estimator": "pass_at_k", "baseline": "group_mean"},
        {"estimator": "gae", "baseline": "value", "scaling": "group_std"},
        {"estimator": "process", "baseline": "greedy"},
        {"kl_in": "reward_token"},
        {"kl_in": "reward_sequence", "estimator": "return"},
        {"kl_in": "reward_sequence", "kl_against": "old"},
        {"ratio_against": "reference"},
        {"pass_k": 0},
    ],
)
def test_contradictions_are_refused(parts):
    with pytest.raises(ConfigError):
        Objective(**parts)


@pytest.mark.parametrize(
    ("name", "needs"),
    [
        ("grpo", {"needs_reference"}),
        ("dr_grpo", {"zero_advantage_is_inert"}),
        ("ppo", {"needs_reference", "needs_tokens", "needs_critic"}),
        ("kimi", set()),
        ("rloo", {"needs_reference", "needs_tokens", "zero_advantage_is_inert"}),
    ],
)
def test_what_a_preset_needs(name, needs):
    properties = (
        "needs_reference", "needs_behaviour", "needs_critic", "needs_entropy", "needs_tokens",
        "zero_advantage_is_inert",
    )  # fmt: skip
    assert {p for p in properties if getattr(preset(name), p)} == needs


def test_mixed_group_share_counts_groups_that_are_there():
    # groups 0 (mixed), 3 (equal); ids 1 and 2 have no rows
    share = mixed_group_share(torch.tensor([1.0, 0.0, 1.0]), torch.tensor([0, 0, 3]))
    assert share.item() == 0.5


def test_explained_variance_of_no_and_of_bad_critics():
    returns = torch.tensor([0.0, 2.0, 4.0])
    assert explained_variance(torch.full((3,), 7.0), returns).item() == 0.0
    assert explained_variance(returns, returns).item() == 1.0
    assert explained_variance(-returns, returns).item() == -3.0  # 1 - 4


def test_length_by_outcome():
    right, wrong = length_by_outcome(torch.tensor([2, 4, 9]), torch.tensor([1.0, 1.0, 0.0]))
    assert (right.item(), wrong.item()) == (3.0, 9.0)


def test_healthy_ranges_are_ranges():
    assert all(healthy.low < healthy.high for healthy in HEALTHY.values())


def test_the_reference_page_is_the_table():
    page = Path(__file__).parents[3] / "docs" / "reference" / "objectives.md"
    assert page.read_text(encoding="utf-8") == objectives_page(), (
        "write it again: python -m verigrad.algorithms.table > docs/reference/objectives.md"
    )
