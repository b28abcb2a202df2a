"""Planning: the plan is carried out step by step in a STRIPS world, and must reach the goal.

`info`: `objects` (name -> type), `actions`, `init` and `goal` (lists of facts like
`["on", "a", "b"]`), `max_steps` (null). An action has `name`, `parameters` (variable -> type),
`needs`, `forbids`, `adds`, `removes` (facts over its variables). Fikes and Nilsson 1971.

The answer is one step a line (or between `;`): `(stack a b)`, `stack a b` or `stack(a, b)`.
"""

from __future__ import annotations

import re
from typing import Annotated, ClassVar, Self

from pydantic import Field, model_validator

from verigrad.core.verdict import Reason
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.puzzles.base import Puzzle, PuzzleVerifier
from verigrad.verifiers.puzzles.reading import malformed, plain_lines

MAX_STEPS = 2_000
Fact = Annotated[tuple[str, ...], Field(min_length=1, max_length=10)]
Facts = Annotated[tuple[Fact, ...], Field(max_length=10_000)]
Step = tuple[str, ...]
_NUMBER = re.compile(r"\s{0,8}(?:[0-9]{1,4}[.):]|[-*])\s{1,8}")
_BREAK = re.compile(r"[\n;]|(?<=\)),")


class Action(Puzzle):
    """What an action needs and does, over its own variables."""

    name: str
    parameters: dict[str, str] = Field(default={}, max_length=10)
    needs: Facts = ()
    forbids: Facts = ()
    adds: Facts = ()
    removes: Facts = ()

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if not self.adds and not self.removes:
            raise ValueError(f"{self.name} changes nothing")
        return self


class World(Puzzle):
    """A planning problem."""

    objects: dict[str, str] = Field(min_length=1, max_length=1_000)
    actions: tuple[Action, ...] = Field(min_length=1, max_length=200)
    init: Facts
    goal: Facts = Field(min_length=1)
    max_steps: int | None = Field(default=None, ge=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len({action.name.casefold() for action in self.actions}) != len(self.actions):
            raise ValueError("two actions of one name")
        if len({name.casefold() for name in self.objects}) != len(self.objects):
            raise ValueError("two objects of one name")
        return self


class Planning(PuzzleVerifier):
    r"""A plan whose every step may be taken, and after which the goal holds.

    >>> from verigrad.core.types import Problem
    >>> go = {"name": "go", "parameters": {"x": "room", "y": "room"},
    ...       "needs": [["in", "x"]], "adds": [["in", "y"]], "removes": [["in", "x"]]}
    >>> rooms = {"hall": "room", "attic": "room"}
    >>> facts = {"objects": rooms, "actions": [go], "init": [["in", "hall"]]}
    >>> problem = Problem.of("?", None, **facts, goal=[["in", "attic"]])
    >>> Planning().verify(problem, r"\boxed{(go hall attic)}").is_correct
    True
    """

    name: ClassVar[str] = "planning"
    version: ClassVar[str] = "1"
    puzzle_type: ClassVar[type[Puzzle]] = World
    proves: ClassVar[str] = "every step may be taken at its turn, and the goal holds at the end"
    cannot: ClassVar[str] = "tell whether fewer steps would do, unless the problem limits them"

    def unfit(self, puzzle: World) -> str | None:
        """Something of the goal must be missing."""
        holds = set(puzzle.goal) <= set(puzzle.init)
        return "the goal holds before anything is done" if holds else None

    def read_solution(self, text: str, puzzle: World) -> tuple[Step, ...]:
        """Steps: an action's name and objects, spelt as the problem spells them."""
        actions = {action.name.casefold(): action.name for action in puzzle.actions}
        objects = {name.casefold(): name for name in puzzle.objects}
        lines = [line for line in _BREAK.split(plain_lines(text)) if line.strip(" .\t")]
        if len(lines) > MAX_STEPS:
            raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_STEPS} steps")
        if not lines:
            raise UnreadableError(Reason.NO_ANSWER, "the plan is empty")
        return tuple(_step(line, actions, objects) for line in lines)

    def first_fault(self, puzzle: World, solution: tuple[Step, ...]) -> str | None:
        """Every step in order, then the goal."""
        if puzzle.max_steps is not None and len(solution) > puzzle.max_steps:
            return f"{len(solution)} steps, and {puzzle.max_steps} are allowed"
        actions = {action.name: action for action in puzzle.actions}
        state = set(puzzle.init)
        for number, (name, *chosen) in enumerate(solution, start=1):
            fault = _take(actions[name], chosen, puzzle.objects, state)
            if fault is not None:
                return f"step {number} ({' '.join((name, *chosen))}): {fault}"
        missing = [fact for fact in puzzle.goal if fact not in state]
        return f"at the end it is not true that {' '.join(missing[0])}" if missing else None

    def show(self, solution: tuple[Step, ...]) -> str:
        """Steps in parentheses."""
        return " ".join(f"({' '.join(step)})" for step in solution)


def _step(line: str, actions: dict[str, str], objects: dict[str, str]) -> Step:
    number = _NUMBER.match(line)
    line = (line[number.end() :] if number else line).strip(" .\t")
    bare = line.replace("(", " ").replace(")", " ").replace(",", " ")
    words = bare.split()
    if not words or line.count("(") > 1 or line.count(")") != line.count("("):
        raise malformed(f"{line[:60]!r} is no step")
    name = actions.get(words[0].casefold())
    if name is None:
        raise malformed(f"{words[0][:40]!r} is none of the actions")
    chosen = [objects.get(word.casefold()) for word in words[1:]]
    if None in chosen:
        raise malformed(f"{words[1 + chosen.index(None)][:40]!r} is none of the objects")
    return (name, *(found for found in chosen if found is not None))


def _take(
    action: Action, chosen: list[str], objects: dict[str, str], state: set[Step]
) -> str | None:
    """Why the action may not be taken; None once `state` is what it leaves behind."""
    if len(chosen) != len(action.parameters):
        return f"it takes {len(action.parameters)} objects"
    bound = dict(zip(action.parameters, chosen, strict=True))
    for variable, kind in action.parameters.items():
        if objects[bound[variable]] != kind:
            return f"{bound[variable]} is no {kind}"

    def ground(facts: tuple[Step, ...]) -> set[Step]:
        return {tuple(bound.get(word, word) for word in fact) for fact in facts}

    if missing := sorted(ground(action.needs) - state):
        return f"it is not true that {' '.join(missing[0])}"
    if present := sorted(ground(action.forbids) & state):
        return f"it is true that {' '.join(present[0])}"
    state -= ground(action.removes)
    state |= ground(action.adds)
    return None
