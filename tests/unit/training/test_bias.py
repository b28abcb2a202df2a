"""Length and difficulty bias of small batches, by hand."""

import math

import pytest

torch = pytest.importorskip("torch")

from verigrad.algorithms import preset
from verigrad.core.types import Judged, Message, Problem, Reward, Rollout, StopReason
from verigrad.core.verdict import Reason, Status, Verdict
from verigrad.records.rollouts import Fate, RolloutRecord
from verigrad.training.batching import make_batch
from verigrad.training.diagnosis.bias import (
    RUN,
    bucket_names,
    by_difficulty,
    by_length,
    length_edges,
    length_effect,
    of_step,
    pushed,
    scale_effect,
)
from verigrad.training.diagnosis.stored import Settings, stored_step
from verigrad.training.diagnosis.weights import token_weights

SETTINGS = Settings(temperature=1.0, max_tokens=10)


def rollout(problem, sample, *, length, reward):
    right = reward == 1.0
    verdict = Verdict(
        Status.SCORED, Reason.CORRECT if right else Reason.WRONG, reward, verifier="t", version="1"
    )
    attempt = Rollout(
        problem=problem,
        sample=sample,
        prompt_ids=(1, 2),
        response_ids=tuple(range(3, 3 + length)),
        loss_mask=(True,) * length,
        logps=(-1.0,) * length,
        messages=(Message("assistant", "x"),),
        stop=StopReason.END,
    )
    return Judged(attempt, verdict, Reward(reward, {"correct": reward}))


def step_of(groups, objective):
    """A stored step as the loop would have recorded it; groups are lists of (length, reward)."""
    from verigrad.core.types import Group

    made = []
    for index, rows in enumerate(groups):
        problem = Problem(prompt=(Message("user", f"q{index}"),), answer="1", task="t")
        judged = tuple(
            rollout(problem, i, length=length, reward=reward)
            for i, (length, reward) in enumerate(rows)
        )
        made.append(Group(problem, judged))
    batched = make_batch(made, objective, step=1, temperature=1.0, max_tokens=10)
    return stored_step(1, batched.records)


LENGTHS = [[(2, 1.0), (2, 0.0), (4, 0.0), (8, 0.0)]]


def test_grpo_makes_tokens_of_long_wrong_answers_cheap():
    """|A| is sqrt(3) for the right one and 1/sqrt(3) for each wrong one."""
    objective = preset("grpo", kl_coefficient=0.0)
    found = pushed(step_of(LENGTHS, objective), objective, SETTINGS)
    assert [f.push[RUN] for f in found] == pytest.approx([1 / 2, 1 / 6, 1 / 6, 1 / 6])
    assert [f.push["GRPO"] for f in found] == pytest.approx([1 / 2, 1 / 6, 1 / 6, 1 / 6])
    # Dr. GRPO: |A| x tokens = 0.75 x 2, 0.25 x 2, 0.25 x 4, 0.25 x 8, of 5 in all
    assert [f.push["Dr. GRPO"] for f in found] == pytest.approx([0.3, 0.1, 0.2, 0.4])
    assert [f.push["token mean"] for f in found] == pytest.approx([0.3, 0.1, 0.2, 0.4])
    edges = length_edges(found)
    assert bucket_names(edges) == ["to 2", "3 to 4", "from 5"]
    cells = by_length(found, edges)
    wrong = [c for c in cells if c.outcome == "wrong"]
    # of 16 tokens the wrong ones have 2, 4 and 8: 1/6 x 16/2, 1/6 x 16/4, 1/6 x 16/8
    assert [c.a_token[RUN] for c in wrong] == pytest.approx([4 / 3, 2 / 3, 1 / 3])
    assert [c.a_token["Dr. GRPO"] for c in wrong] == pytest.approx([0.8, 0.8, 0.8])
    assert [c.token_share for c in wrong] == [2 / 16, 4 / 16, 8 / 16]
    assert length_effect(cells) == pytest.approx(1 / 4)
    assert sum(c.share[RUN] for c in cells) == pytest.approx(1.0)


@pytest.mark.parametrize("name", ["dr_grpo", "reinforce"])
def test_without_length_normalisation_there_is_no_length_effect(name):
    objective = preset(name, baseline="group_mean")
    found = pushed(step_of(LENGTHS, objective), objective, SETTINGS)
    assert length_effect(by_length(found, length_edges(found))) == pytest.approx(1.0)


DIFFICULTY = [[(4, 1.0)] + [(4, 0.0)] * 7, [(4, 1.0)] * 4 + [(4, 0.0)] * 4]


def test_std_scaling_pushes_hard_questions_more():
    """Deviations sqrt(7)/8 and 1/2: the hard one is scaled up by 4 / sqrt(7) = 1.512 against it."""
    objective = preset("grpo", kl_coefficient=0.0)
    found = pushed(step_of(DIFFICULTY, objective), objective, SETTINGS)
    cells = by_difficulty(found)
    assert [c.pass_rate for c in cells] == ["0.125", "0.5"]
    assert scale_effect(cells) == pytest.approx(4 / math.sqrt(7))
    # unscaled, the sum of |A| of the groups is 2 x 7/8 and 2 x 2
    dr = [c.a_group["Dr. GRPO"] for c in cells]
    assert dr[0] / dr[1] == pytest.approx(1.75 / 4)
    plain = preset("dr_grpo")
    assert scale_effect(
        by_difficulty(pushed(step_of(DIFFICULTY, plain), plain, SETTINGS))
    ) == pytest.approx(1.0)


def test_the_push_is_the_sum_of_the_sizes_of_the_weights():
    """The closed form against the gradient of the loss itself."""
    for name, parts in (
        ("grpo", {"kl_coefficient": 0.0}),
        ("dr_grpo", {"negative_weight": 0.5}),
        ("dapo", {"aggregation": "group_token"}),
        ("gspo", {}),
        ("cispo", {}),
        ("sapo", {}),
    ):
        objective = preset(name, **parts)
        stored = step_of(LENGTHS + DIFFICULTY, objective)
        weighed = stored.weigh(objective, SETTINGS)
        sums = [float(w.abs().sum()) for w in token_weights(weighed.batch, objective).total]
        shares = [value / sum(sums) for value in sums]
        assert [f.push[RUN] for f in pushed(stored, objective, SETTINGS)] == pytest.approx(shares)


def test_groups_without_spread_and_unscored_rollouts_are_no_part_of_it():
    objective = preset("grpo", kl_coefficient=0.0)
    stored = step_of([*LENGTHS, [(3, 1.0), (5, 1.0)]], objective)
    aside = [
        RolloutRecord(1, 2, record.judged, None, Fate.NO_SPREAD) for record in stored.records[:2]
    ]
    again = stored_step(1, [*stored.records, *aside])
    assert len(again.groups) == 2
    found = pushed(again, objective, SETTINGS)
    assert {f.group for f in found} == {0}
    assert len(found) == 4


def test_effects_that_the_records_do_not_tell_are_none():
    objective = preset("grpo", kl_coefficient=0.0)
    same = pushed(step_of([[(4, 1.0), (4, 0.0)]], objective), objective, SETTINGS)
    assert length_effect(by_length(same, length_edges(same))) is None
    assert scale_effect(by_difficulty(same)) is None
    assert of_step(same, length_edges(same)).wrong_length == 4.0
