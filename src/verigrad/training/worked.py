"""Worked solutions as samples: the prompt, and the loss on what the assistant writes."""

from __future__ import annotations

from collections.abc import Sequence

from verigrad.core.errors import DataError
from verigrad.core.types import Message, Problem
from verigrad.rollouts.collect import SINGLE_TURN, Playing
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.worked import worked_rollout
from verigrad.training.packing import Sample


def worked_samples(
    problems: Sequence[Problem], renderer: Renderer, playing: Playing = SINGLE_TURN
) -> list[Sample]:
    """Prompt and worked solution of each problem, loss on the solution and its closing token.

    Where the problem's task has an environment, the solution is played in it.
    """
    return [
        _played_sample(problem, renderer, playing, group=index)
        if problem.task in playing.settings
        else _worked_sample(problem, renderer, group=index)
        for index, problem in enumerate(problems)
    ]


def _played_sample(problem: Problem, renderer: Renderer, playing: Playing, *, group: int) -> Sample:
    rollout = worked_rollout(problem, renderer, playing)
    return Sample(rollout.prompt_ids, rollout.response_ids, rollout.loss_mask, group)


def _worked_sample(problem: Problem, renderer: Renderer, *, group: int) -> Sample:
    if problem.solution is None:
        raise DataError(
            "a problem has no worked solution to start from",
            where=f"task {problem.task}, problem {problem.id}: {problem.question[:80]!r}",
            cause="the source has answers only",
            remedy="set warm_up.steps = 0, or give the source a `solution` column",
        )
    messages = [*problem.prompt, Message("assistant", problem.solution)]
    conversation = renderer.conversation(messages)
    first = conversation.mask.index(True)
    return Sample(
        conversation.ids[:first], conversation.ids[first:], conversation.mask[first:], group
    )
