"""Rollouts -> judged groups."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from verigrad.core.types import Group, Judged, Rollout, StopReason
from verigrad.core.verdict import Verdict
from verigrad.judging.steps import with_steps
from verigrad.judging.task import Task
from verigrad.rewards import Outcome
from verigrad.rewards.facts import PREFERENCE
from verigrad.verifiers.base import failed


def judge(tasks: Mapping[str, Task], groups: Sequence[Sequence[Rollout]]) -> list[Group]:
    """Judge and reward every rollout; groups keep their order. Each task verifies in one batch."""
    verdicts: dict[int, list[Verdict]] = {}
    for name, task in tasks.items():
        members = [index for index, group in enumerate(groups) if group[0].problem.task == name]
        flat = iter(_verify(task, [rollout for index in members for rollout in groups[index]]))
        verdicts |= {index: [next(flat) for _ in groups[index]] for index in members}
    return [
        _group(tasks[group[0].problem.task], group, verdicts[index])
        for index, group in enumerate(groups)
    ]


def _verify(task: Task, rollouts: Sequence[Rollout]) -> list[Verdict]:
    """A rollout that the engine or the environment broke is `failed`, never judged."""
    whole = [r for r in rollouts if r.stop is not StopReason.ERROR]
    verdicts = task.verifier.verify_batch([(r.problem, r.response) for r in whole])
    if (steps := task.step_judge) is not None:
        pairs = zip(whole, verdicts, strict=True)
        verdicts = [with_steps(steps, r.problem, r.response, verdict) for r, verdict in pairs]
    judged = iter(verdicts)
    return [
        failed(rollout.error or "the engine or the environment broke this rollout")
        if rollout.stop is StopReason.ERROR
        else next(judged)
        for rollout in rollouts
    ]


def _with_preference(task: Task, rollouts: Sequence[Rollout]) -> Sequence[Rollout]:
    """Rollouts with the reward model's score among their facts, so that it is in the record.

    One that has it keeps it: a recorded run is judged again with the scores it was paid by.
    """
    if task.preference is None:
        return rollouts
    scores = task.preference([(rollout.problem, rollout.response) for rollout in rollouts])
    return [
        replace(rollout, facts={PREFERENCE: score, **rollout.facts})
        for rollout, score in zip(rollouts, scores, strict=True)
    ]


def _group(task: Task, rollouts: Sequence[Rollout], verdicts: Sequence[Verdict]) -> Group:
    rollouts = _with_preference(task, rollouts)
    outcomes = [
        Outcome(verdict, rollout.num_response_tokens, rollout.facts)
        for verdict, rollout in zip(verdicts, rollouts, strict=True)
    ]
    rewards = task.reward_rule.rewards(outcomes)
    judged = tuple(map(Judged, rollouts, verdicts, rewards))
    return Group(rollouts[0].problem, judged)
