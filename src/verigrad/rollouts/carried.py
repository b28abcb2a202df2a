"""Partial rollouts (Kimi k1.5, arXiv:2501.12599, section 2.6.2): groups that go on in a later step.

What is kept of an episode is what it sampled, with the log-probabilities of the weights that
sampled each token, and what its environment was told. As JSON it survives the process: an
environment is made anew and told the same again.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from verigrad.core.errors import DataError
from verigrad.core.types import Group, Message, Problem, StopReason
from verigrad.rollouts.collect import Playing, open_group
from verigrad.rollouts.episode import Episode, Stage
from verigrad.rollouts.render import Renderer

STALENESS = "staleness"  # the fact: updates between the weights that sampled and those trained
_COUNTS = ("sample", "error", "submission", "calls", "turns", "turn_start")
_THOUGHT = ("is_done", "num_tokens", "num_extensions", "was_cut")
_COLUMNS = ("response_ids", "mask", "logps")


@dataclass(frozen=True, slots=True)
class Carried:
    """A group begun in `step`, with weights that had seen `version` updates."""

    step: int
    version: int
    episodes: Sequence[Episode]

    def resume(self, allowance: int) -> None:
        """Go on in a new step."""
        for episode in self.episodes:
            episode.resume(allowance)


def stamped(group: Group, *, staleness: int) -> Group:
    """The group with the fact of how stale it is."""
    return replace(
        group,
        judged=tuple(
            replace(
                judged,
                rollout=replace(
                    judged.rollout, facts={**judged.rollout.facts, STALENESS: float(staleness)}
                ),
            )
            for judged in group.judged
        ),
    )


def write_carried(path: Path, groups: Sequence[Carried]) -> None:
    """Equal groups give equal bytes."""
    rows = [
        {
            "step": carried.step,
            "version": carried.version,
            "seed": carried.episodes[0].opening.seed,
            "problem": _problem_row(carried.episodes[0].opening.problem),
            "episodes": [_episode_row(episode) for episode in carried.episodes],
        }
        for carried in groups
    ]
    path.write_text(json.dumps(rows, separators=(",", ":")), encoding="utf-8")


def read_carried(path: Path, renderer: Renderer, playing: Playing) -> list[Carried]:
    """The groups of a file, ready to go on; DataError where it is not one."""
    try:
        rows = json.loads(path.read_text(encoding="utf-8"))
        return [_carried(row, renderer, playing) for row in rows]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(
            f"unfinished rollouts cannot be read: {type(error).__name__}: {error}",
            where=str(path),
            cause="the checkpoint was damaged, or made by another version",
            remedy="resume from another checkpoint",
        ) from error


def _problem_row(problem: Problem) -> dict[str, Any]:
    return {
        "prompt": [message.to_json() for message in problem.prompt],
        "answer": problem.answer,
        "info": dict(problem.info),
        "solution": problem.solution,
        "task": problem.task,
        "id": problem.id,
    }


def _episode_row(episode: Episode) -> dict[str, Any]:
    thought = episode.thought
    return {
        **{name: getattr(episode, name) for name in (*_COUNTS, *_COLUMNS)},
        "stage": str(episode.stage),
        "stop": episode.stop and str(episode.stop),
        "asked": [message.to_json() for message in episode.asked],
        "told": [list(item) for item in episode.told],
        "messages": [message.to_json() for message in episode.messages],
        "facts": dict(episode.facts),
        "thought": thought and {name: getattr(thought, name) for name in _THOUGHT},
    }


def _carried(row: dict[str, Any], renderer: Renderer, playing: Playing) -> Carried:
    stored = row["problem"]
    problem = Problem(**{**stored, "prompt": _messages(stored["prompt"])})
    episodes = open_group(problem, renderer, playing, count=len(row["episodes"]), seed=row["seed"])
    for episode, state in zip(episodes, row["episodes"], strict=True):
        _restore(episode, state)
    return Carried(row["step"], row["version"], episodes)


def _restore(episode: Episode, state: dict[str, Any]) -> None:
    for name in (*_COUNTS, *_COLUMNS):
        setattr(episode, name, state[name])
    episode.stage = Stage(state["stage"])
    episode.stop = state["stop"] and StopReason(state["stop"])
    episode.asked = _messages(state["asked"])
    episode.messages = list(_messages(state["messages"]))
    episode.facts = Counter(state["facts"])
    if episode.thought is not None and state["thought"] is not None:
        for name, value in state["thought"].items():
            setattr(episode.thought, name, value)
    if episode.stage is not Stage.OVER:
        episode.tell_again([(bool(hears), text) for hears, text in state["told"]])


def _messages(rows: Sequence[dict[str, Any]]) -> tuple[Message, ...]:
    return tuple(Message(row["role"], row["content"]) for row in rows)
