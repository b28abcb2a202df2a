"""The loop's own decisions: shares, resampling, the control, what halts it."""

from dataclasses import replace

import pytest

pytest.importorskip("torch")

from verigrad.algorithms import preset
from verigrad.core.errors import HaltedError
from verigrad.core.recipe import RolloutSection, TrainingSection
from verigrad.core.types import (
    Completion,
    Group,
    Judged,
    Message,
    Problem,
    Reward,
    Rollout,
    StopReason,
)
from verigrad.core.verdict import Reason
from verigrad.judging.task import Task
from verigrad.records.rollouts import Fate
from verigrad.training.batching import make_batch
from verigrad.training.controls import randomise
from verigrad.training.learner import StepReport
from verigrad.training.loop import RlLoop
from verigrad.training.measure import measure_update
from verigrad.training.supply import share_out
from verigrad.verifiers.base import Verifier, correct, failed, rejected


class Endless:
    """Problem n of step s and attempt is named after all three."""

    def train(self, num_problems, *, step, seed):
        return [
            replace(Problem.of(f"{step}/{seed}/{n}", "1"), task="t", id="")
            for n in range(num_problems)
        ]

    def held_out(self, num_problems, *, seed):
        return []


class Says(Verifier):
    name, version = "says", "1"

    def judge(self, problem, response):
        return {"right": correct(), "down": failed("the server is down")}.get(
            response, rejected(Reason.WRONG)
        )


class Engine:
    """Answers by a function of the prompt's number and the sample."""

    def __init__(self, answer):
        self.answer, self.calls = answer, 0

    capabilities = type("C", (), {"max_context": None, "gives_up": False})()

    def generate(self, requests):
        self.calls += 1
        return [
            [
                Completion(self.answer(self.calls, i, s), (5, 6), (-1.0, -1.0), StopReason.END)
                for s in range(r.num_samples)
            ]
            for i, r in enumerate(requests)
        ]

    def load(self, weights):
        pass


class Renderer:
    end_token_ids = (6,)

    def prompt(self, messages):
        return (1, 2, 3)

    def with_options(self):
        return self


class Learner:
    """Counts updates."""

    def __init__(self):
        self.batches = []

    def policy_step(self, batch, objective, *, learning_rate):
        self.batches.append((batch, learning_rate))
        return StepReport({"loss": 0.0}, 0.5, 10)

    def weights(self):
        return {}


def make_loop(answer, **training):
    section = TrainingSection(
        **{
            "steps": 10,
            "problems_per_step": 4,
            "learning_rate": 1.0,
            "warm_up_steps": 0,
            **training,
        }
    )
    learner = Learner()
    tasks = {"t": Task("t", Endless(), Says())}
    loop = RlLoop(
        tasks,
        Engine(answer),
        Renderer(),
        learner,
        preset("dr_grpo"),
        RolloutSection(num_rollouts=2, max_output_tokens=4),
        section,
        0,
    )
    return loop, learner


def test_groups_without_spread_are_recorded_and_not_trained_on():
    loop, learner = make_loop(lambda call, i, s: "right" if i < 2 or s == 0 else "wrong")
    outcome = loop.step(1)
    assert [r.fate for r in outcome.records] == [Fate.NO_SPREAD] * 4 + [Fate.TRAINED] * 4
    ((batch, _),) = learner.batches
    assert batch.advantages == (0.0, 0.0, 0.0, 0.0, 0.5, -0.5, 0.5, -0.5)
    assert outcome.metrics["group/spread_share"] == 0.5
    assert outcome.metrics["group/all_correct_share"] == 0.5
    assert outcome.metrics["score/mean"] == 0.75


class Small(Endless):
    """One problem, however many are asked for."""

    def train(self, num_problems, *, step, seed):
        return [replace(Problem.of("1+1=", "2"), task="t")] * num_problems


def test_a_problem_that_a_step_asks_twice_gets_other_answers():
    loop, _ = make_loop(lambda call, i, s: "right")
    loop.tasks["t"] = replace(loop.tasks["t"], source=Small())
    seeds = []
    answer = loop.engine.generate
    loop.engine.generate = lambda requests: (
        seeds.extend(r.seed for r in requests) or answer(requests)
    )
    loop.step(1)
    assert len(set(seeds)) == len(seeds) == 4


def test_a_step_without_any_spread_updates_nothing():
    loop, learner = make_loop(lambda call, i, s: "right")
    outcome = loop.step(1)
    assert not learner.batches
    assert outcome.metrics["batch/updates"] == 0


def test_groups_without_spread_are_resampled_at_bounded_cost():
    # first call: only group 0 is mixed; later calls: the first group of the call is mixed
    loop, learner = make_loop(lambda call, i, s: "right" if i or s else "wrong", resample_groups=2)
    outcome = loop.step(1)
    # 3 drawn again, of which one is mixed; then 2 drawn again, of which one is mixed
    assert outcome.metrics["group/resampled"] == 5
    assert outcome.metrics["rollouts/count"] == 2 * (4 + 5)
    ((batch, _),) = learner.batches
    assert sum(a != 0 for a in batch.advantages) == 6
    assert len(batch.samples) == 8
    prompts = [r.judged.rollout.problem.id for r in outcome.records[::2]]
    assert len(set(prompts)) == 9


def test_too_many_verdicts_that_say_nothing_halt_the_run():
    loop, _ = make_loop(lambda call, i, s: "down" if i == 0 else "right", max_unscored_share=0.2)
    with pytest.raises(HaltedError, match="2 of 8 rollouts of step 3") as caught:
        loop.step(3)
    assert "the server is down" in caught.value.where


def test_failed_verdicts_are_masked_out_of_the_advantages():
    loop, learner = make_loop(
        lambda call, i, s: "down" if (i, s) == (0, 0) else ("right" if s else "wrong"),
        max_unscored_share=0.5,
    )
    outcome = loop.step(1)
    ((batch, _),) = learner.batches
    assert len(batch.samples) == 7
    assert batch.advantages[0] == 0.0
    assert outcome.records[0].fate is Fate.NOT_SCORED
    assert outcome.records[0].advantage is None


def test_the_random_control_keeps_verdicts_and_draws_rewards_by_address():
    rollout = Rollout(
        Problem.of("?", "1"),
        0,
        (1,),
        (2,),
        (True,),
        (-1.0,),
        (Message("assistant", "x"),),
        StopReason.END,
    )
    judged = tuple(
        Judged(rollout, v, Reward(r)) for v, r in [(correct(), 1.0), (failed("x"), None)] * 50
    )
    group = Group(rollout.problem, judged)
    first, again, later = (randomise(group, seed=0, step=s) for s in (1, 1, 2))
    assert first == again != later
    assert [j.verdict for j in first.judged] == [j.verdict for j in judged]
    assert [j.reward.total is None for j in first.judged] == [False, True] * 50
    assert 10 < sum(first.rewards) < 40


def test_problems_are_shared_out_by_weight():
    tasks = {
        n: Task(n, Endless(), Says(), weight=w) for n, w in {"a": 3.0, "b": 1.0, "c": 1.0}.items()
    }
    assert share_out(tasks, 10) == {"a": 6, "b": 2, "c": 2}
    assert sum(share_out(tasks, 7).values()) == 7


def test_the_schedule_reaches_the_learner():
    loop, learner = make_loop(
        lambda call, i, s: "right" if s else "wrong", warm_up_steps=2, final_rate_share=1.0
    )
    for number in (1, 2, 3):
        loop.step(number)
    assert [rate for _, rate in learner.batches] == [0.5, 1.0, 1.0]


def test_measures_of_an_empty_update_and_of_lengths():
    assert measure_update([], max_gradient_norm=1.0) == {"batch/updates": 0}
    loop, _ = make_loop(lambda call, i, s: "right" if s else "wrong")
    metrics = loop.step(1).metrics
    assert (
        metrics["length/mean"]
        == metrics["length/correct_mean"]
        == metrics["length/wrong_mean"]
        == 2
    )
    assert metrics["gradient/norm"] == 0.5
    assert metrics["verdict/correct"] == metrics["verdict/wrong"] == 4


def test_make_batch_of_groups_that_cannot_be_trained_on():
    rollout = Rollout(
        Problem.of("?", "1"),
        0,
        (1,),
        (2,),
        (True,),
        (-1.0,),
        (Message("assistant", "x"),),
        StopReason.END,
    )
    group = Group(rollout.problem, (Judged(rollout, failed("x"), Reward(None)),))
    batched = make_batch([group], preset("grpo"), step=1, temperature=1.0, max_tokens=4)
    assert batched.batch is None
    assert batched.records[0].fate is Fate.NOT_SCORED
