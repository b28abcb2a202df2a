"""Rewards by hand: gates, length terms, and verdicts that have none."""

import math
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verigrad.core.config import validate
from verigrad.core.errors import ConfigError
from verigrad.core.recipe import RewardSection
from verigrad.core.verdict import Reason, Status, Verdict
from verigrad.rewards import Outcome, RewardRule
from verigrad.rewards.facts import Preferred
from verigrad.rewards.lengths import CosineLength
from verigrad.verifiers.base import correct, failed, rejected

HALF = Verdict(Status.SCORED, Reason.PARTIAL, 0.5)


def rule(**section):
    return RewardRule.from_section(validate(RewardSection, section))


def test_the_correct_gate_pays_full_scores_only():
    outcomes = [Outcome(v, 1) for v in (correct(), HALF, rejected(Reason.WRONG))]
    assert [r.total for r in rule().rewards(outcomes)] == [1.0, 0.0, 0.0]
    assert [r.total for r in rule(gate="score", value=2.0).rewards(outcomes)] == [2.0, 1.0, 0.0]


def test_what_was_not_scored_has_no_reward_and_does_not_touch_the_others():
    outcomes = [Outcome(correct(), 10), Outcome(failed("down"), 1000), Outcome(correct(), 30)]
    rewards = rule(length={"kind": "kimi", "weight": 0.1}).rewards(outcomes)
    assert rewards[1].total is None
    assert rewards[1].terms == {}
    # lambda is 0.5 for the shortest of the two scored ones, -0.5 for the longest
    assert rewards[0].total == pytest.approx(1.05)
    assert rewards[2].terms == {"correct": 1.0, "length": pytest.approx(-0.05)}


def test_kimi_gives_a_wrong_answer_no_bonus():
    outcomes = [Outcome(rejected(Reason.WRONG), 10), Outcome(correct(), 20)]
    rewards = rule(length={"kind": "kimi", "weight": 1.0}).rewards(outcomes)
    assert [r.terms["length"] for r in rewards] == [0.0, -0.5]


def test_dapo_overlong_by_hand():
    outcomes = [Outcome(correct(), n) for n in (60, 80, 85, 100, 200)]
    rewards = rule(overlong={"kind": "dapo", "max_tokens": 100, "buffer": 20}).rewards(outcomes)
    assert [r.terms["overlong"] for r in rewards] == [0.0, 0.0, -0.25, -1.0, -1.0]


@pytest.mark.parametrize(
    "section",
    [
        {"length": {"kind": "kimmi", "weight": 1}},
        {"length": {"kind": "kimi"}},
        {"length": {"kind": "kimi", "weight": 1, "x": 2}},
        {"overlong": {"kind": "dapo", "max_tokens": 10, "buffer": 20}},
    ],
)
def test_wrong_terms_are_config_errors(section):
    with pytest.raises(ConfigError):
        rule(**section)


@given(st.lists(st.tuples(st.booleans(), st.integers(1, 500)), min_size=1, max_size=16))
def test_the_total_is_the_sum_of_its_terms(rows):
    outcomes = [Outcome(correct() if right else rejected(Reason.WRONG), n) for right, n in rows]
    rewards = rule(
        length={"kind": "kimi", "weight": 0.3},
        overlong={"kind": "dapo", "max_tokens": 300, "buffer": 100},
    ).rewards(outcomes)
    for (right, _), reward in zip(rows, rewards, strict=True):
        assert reward.total == pytest.approx(sum(reward.terms.values()))
        assert reward.terms["correct"] == float(right)
        if not right:
            assert reward.total <= 0.0


def test_facts_pay_by_their_weights():
    outcomes = [
        Outcome(correct(), 5, {"tool_errors": 2.0, "turns": 3.0}),
        Outcome(rejected(Reason.WRONG), 5),
    ]
    first, second = rule(facts={"tool_errors": -0.25}).rewards(outcomes)
    assert (first.total, first.terms) == (0.5, {"correct": 1.0, "tool_errors": -0.5})
    assert (second.total, second.terms) == (0.0, {"correct": 0.0, "tool_errors": 0.0})
    with pytest.raises(ConfigError, match="another term"):
        rule(facts={"correct": 1.0})


def observed(verdict, **facts):
    return Outcome(replace(verdict, evidence={"facts": facts}), 10)


def test_a_format_bonus_stays_below_a_right_answer():
    outcomes = [
        observed(correct(), format=1.0),
        observed(correct(), format=0.0),
        observed(rejected(Reason.WRONG), format=1.0),
        observed(rejected(Reason.WRONG), format=0.0),
    ]
    totals = [r.total for r in rule(format={"kind": "bonus", "weight": 0.2}).rewards(outcomes)]
    assert totals == pytest.approx([1.2, 1.0, 0.2, 0.0])
    with pytest.raises(ConfigError, match="add up to"):
        rule(format={"kind": "bonus", "weight": 0.6}, language={"kind": "share", "weight": 0.4})


def test_language_and_repetition_by_hand():
    outcomes = [
        observed(correct(), language=0.5, repetition=0.25),
        observed(rejected(Reason.WRONG), language=1.0, repetition=0.0),
    ]
    rewards = rule(
        language={"kind": "share", "weight": 0.4}, repetition={"kind": "repeated", "weight": 1.0}
    ).rewards(outcomes)
    # 1 + 0.4 * 0.5 - 0.25, and nothing for the language of a wrong answer
    assert rewards[0].terms == {"correct": 1.0, "language": 0.2, "repetition": -0.25}
    assert rewards[1].total == 0.0


def test_a_fact_that_nobody_measured_is_an_error_and_a_rejected_response_counts_as_none():
    terms = rule(repetition={"kind": "repeated", "weight": 1.0})
    with pytest.raises(ConfigError, match="measured no 'repetition'"):
        terms.rewards([Outcome(correct(), 10)])
    assert terms.rewards([Outcome(rejected(Reason.NO_ANSWER), 10)])[0].total == 0.0


def test_the_cosine_reward_by_the_papers_values():
    lengths, right = [0, 50, 100, 0, 50, 99], [True, True, True, False, False, False]
    amounts = CosineLength(max_tokens=100).amounts(lengths, right)
    assert amounts[:5] == pytest.approx([2.0, 1.5, -10.0, -10.0, -5.0])
    assert amounts[5] == pytest.approx(-10 / 2 * (1 + math.cos(math.pi * 0.99)))
    with pytest.raises(ConfigError):
        rule(length={"kind": "cosine", "max_tokens": 100, "wrong_long": 1.5})


def test_a_preference_pays_the_probability_of_being_preferred_by_hand():
    """Scores 0, log 3, log 3: sigmoid(log 3) = 3/4. Wrong answers get nothing unless asked for."""
    term = Preferred(weight=0.4)
    scores = [0.0, math.log(3), math.log(3)]
    assert term.amounts_of(scores, [True, True, False]) == pytest.approx([0.1, 0.25, 0.0])
    everyone = Preferred(weight=0.4, only_correct=False)
    assert everyone.amounts_of(scores, [True, True, False]) == pytest.approx([0.1, 0.25, 0.25])
    assert term.amounts_of([7.0], [True]) == [0.2]
    assert term.amounts_of([1e6, -1e6], [True, True]) == [0.4, 0.0]


@given(st.lists(st.floats(-1e300, 1e300), min_size=2, max_size=8))
def test_a_reward_model_never_outbids_a_right_answer(scores):
    """The probabilities of the two sides of every pair sum to one."""
    amounts = Preferred(weight=0.4, only_correct=False).amounts_of(scores, [False] * len(scores))
    assert all(0.0 <= amount <= 0.4 + 1e-12 for amount in amounts)
    assert sum(amounts) == pytest.approx(0.2 * len(scores))


def test_a_preference_without_a_model_says_what_to_add():
    with pytest.raises(ConfigError, match="preference") as error:
        rule(preference={"kind": "preferred", "weight": 0.2}).rewards([Outcome(correct(), 1)])
    assert "reward_model" in error.value.remedy
    with pytest.raises(ConfigError, match="add up to"):
        rule(preference={"kind": "preferred", "weight": 1.0})
