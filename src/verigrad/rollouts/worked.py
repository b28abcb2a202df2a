"""Worked solutions of problems with an environment: the turns of somebody who knows, played."""

from __future__ import annotations

from dataclasses import replace

from verigrad.core.errors import DataError
from verigrad.core.types import Completion, Problem, Rollout, StopReason
from verigrad.rollouts.collect import Playing, open_group
from verigrad.rollouts.environments.tool_use import Toolbox
from verigrad.rollouts.episode import Stage
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import SamplingParameters
from verigrad.rollouts.tools.base import ToolCall

_NO_LIMIT = SamplingParameters(max_output_tokens=1 << 30)


def worked_rollout(problem: Problem, renderer: Renderer, playing: Playing) -> Rollout:
    """The worked solution as a rollout: its token ids and mask are those that sampling gives.

    The real environment answers every turn. DataError where there is no solution, or it does not
    bring the rollout to its end.
    """
    turns = worked_turns(problem, playing)
    (episode,) = open_group(problem, renderer, replace(playing, thinking=None), count=1, seed=0)
    for text in turns:
        ids = (*renderer.encode(text), renderer.end_token_ids[0])
        completion = Completion(text, ids, (0.0,) * len(ids), StopReason.END)
        episode.request(_NO_LIMIT, None)
        message = episode.take(completion, _NO_LIMIT, None)
        assert message is not None
        episode.hear(episode.answer(message), stop=StopReason.END)
        if episode.stage is Stage.OVER:
            break
    if episode.stage is not Stage.OVER or len(episode.messages) < len(turns):
        raise DataError(
            "a worked solution does not fit its environment",
            where=f"task {problem.task}, problem {problem.id}: {turns!r:.200}",
            cause="it goes on after the end, or the environment waits for more",
            remedy="mend the source's solutions, or set warm_up.steps = 0",
        )
    return episode.rollout()


def worked_turns(problem: Problem, playing: Playing) -> list[str]:
    """What the assistant says: one turn for each of `info["calls"]` where there are tools, then the
    solution.
    """
    if problem.solution is None:
        raise DataError(
            "a problem has no worked solution to start from",
            where=f"task {problem.task}, problem {problem.id}: {problem.question[:80]!r}",
            cause="the source has answers only",
            remedy="set warm_up.steps = 0, or give the source a `solution` column",
        )
    box = playing.setting(problem).shared
    calls = problem.info.get("calls", ()) if isinstance(box, Toolbox) else ()
    written = [box.worked_turn([ToolCall(c["name"], c["arguments"])]) for c in calls]
    return [*written, problem.solution]
