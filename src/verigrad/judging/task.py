"""A task: a source of problems, the verifier that judges them and the rule that rewards them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from verigrad.core.types import Problem
from verigrad.judging.steps import StepJudge
from verigrad.rewards import RewardRule
from verigrad.verifiers.base import Verifier


class ProblemSource(Protocol):
    """Where a task's problems come from: addressed by step, so that a resume draws the same."""

    def train(self, num_problems: int, *, step: int, seed: int) -> Sequence[Problem]:
        """The training problems of one step."""
        ...

    def held_out(self, num_problems: int, *, seed: int) -> Sequence[Problem]:
        """At most `num_problems` held-out problems, never drawn for training."""
        ...


class AnswerScorer(Protocol):
    """A reward model: what it thinks of each answer, finite, higher is better."""

    def __call__(self, answers: Sequence[tuple[Problem, str]]) -> Sequence[float]:
        """One score for each (problem, response), in order."""
        ...


@dataclass(frozen=True)
class Task:
    """What is trained on and how it is judged. Every problem's `task` is this task's name."""

    name: str
    source: ProblemSource
    verifier: Verifier
    reward_rule: RewardRule = field(default_factory=RewardRule)
    weight: float = 1.0
    step_judge: StepJudge | None = None
    shadow: Verifier | None = None  # judges some rollouts a second time, and never pays
    held_out: Verifier | None = None  # as the shadow; for looking only, never to mend anything by
    preference: AnswerScorer | None = None  # its score becomes the fact `preference` of a rollout
