"""A small text world: a maze seen from inside, one step a turn, until the goal is found.

The policy sees which ways are open where it stands, never the map. The maze verifier then judges
the way that was walked.
"""

from __future__ import annotations

from dataclasses import replace
from typing import ClassVar

from pydantic import Field

from verigrad.core.errors import ConfigError
from verigrad.core.types import Message, Problem
from verigrad.rollouts.environments.base import Observation, Reply, Setting, Turn
from verigrad.rollouts.environments.bind import Context, EnvironmentOptions
from verigrad.verifiers.extract import ExtractPolicy, extract
from verigrad.verifiers.puzzles.maze import STEPS, Maze, MazePuzzle, find, is_open

_NAMES = {"U": "up", "D": "down", "L": "left", "R": "right"}
_LETTERS = {name: letter for letter, name in _NAMES.items()} | {k.lower(): k for k in STEPS}
_PLACES = ("boxed", "tag", "whole")  # the first that holds something


class MazeWalkOptions(EnvironmentOptions):
    """How the world is told; `max_turns` bounds the walk."""

    opening: str = (
        "You stand in a maze and look for the goal. Each turn, say one step in \\boxed{}: "
        "up, down, left or right."
    )
    max_turns: int = Field(default=64, ge=1)


class MazeWalk:
    """Counts the facts `steps` and `bumps`."""

    options_type: ClassVar[type[EnvironmentOptions]] = MazeWalkOptions

    def __init__(self, options: MazeWalkOptions, verifier: Maze) -> None:
        self.options, self.verifier = options, verifier
        self.way: list[str] = []

    @classmethod
    def setting(cls, options: MazeWalkOptions, context: Context) -> Setting:
        """With the task's maze verifier; ConfigError for another one."""
        verifier = context.verifier
        if not isinstance(verifier, Maze):
            raise ConfigError(
                f'the environment "maze_walk" needs the verifier "maze", not "{verifier.name}"',
                remedy='set verifier = { kind = "maze" }; a walk that need not be the shortest '
                "wants problems with shortest = false",
            )
        return Setting(
            make=lambda: cls(options, verifier),
            budgets=options.budgets(),
            is_quick=True,
            submits=True,
        )

    def reset(self, problem: Problem) -> Observation:
        """What the walker is told; the problem's own prompt would show the map."""
        self.problem = problem
        self.maze: MazePuzzle = self.verifier.read_reference(problem)
        self.at = find(self.maze.rows, "S")
        system = tuple(message for message in problem.prompt if message.role == "system")
        return (*system, Message("user", f"{self.options.opening}\n{self._view()}"))

    def step(self, message: Message) -> Reply:
        """What is seen after the step; the end at the goal."""
        letter = _step(message.content)
        if letter is None:
            said = Message("user", f"I did not understand that.\n{self._view()}")
            return Turn(messages=(said,), facts={"bumps": 1})
        down, right = STEPS[letter]
        there = (self.at[0] + down, self.at[1] + right)
        if not is_open(self.maze.rows, *there):
            said = Message("user", f"There is a wall.\n{self._view()}")
            return Turn(messages=(said,), facts={"bumps": 1})
        self.at = there
        self.way.append(letter)
        if there == find(self.maze.rows, "G"):
            walked = replace(self.problem, answer="".join(self.way))
            submission = self.verifier.reference_response(walked)
            return Turn(is_over=True, submission=submission or "", facts={"steps": 1})
        return Turn(messages=(Message("user", self._view()),), facts={"steps": 1})

    def _view(self) -> str:
        open_ways = [
            name
            for letter, name in _NAMES.items()
            if is_open(self.maze.rows, self.at[0] + STEPS[letter][0], self.at[1] + STEPS[letter][1])
        ]
        return f"Open: {', '.join(open_ways)}."


def _step(text: str) -> str | None:
    """The one step that a message names; None for none or several."""
    for place in _PLACES:
        found = extract(text, ExtractPolicy(answer_in=place)).candidates  # type: ignore[arg-type]
        if found:
            steps = {_LETTERS.get(item.text.strip(" .").lower()) for item in found}
            return steps.pop() if len(steps) == 1 else None
    return None
