"""The trivial environment: the problem's prompt, one answer, the end."""

from __future__ import annotations

from typing import Any

from verigrad.core.types import Message, Problem
from verigrad.rollouts.environments.base import Budgets, Observation, Setting


class SingleTurn:
    """Shows the prompt and takes one answer."""

    def reset(self, problem: Problem) -> Observation:
        """The problem's own prompt."""
        return problem.prompt

    def step(self, message: Message) -> Observation | None:  # noqa: ARG002 (any answer ends it)
        """The end, whatever was said."""
        return None

    @classmethod
    def setting(cls, options: Any, context: Any) -> Setting:  # noqa: ARG003 (there is nothing to say)
        """The one there is."""
        return ONE_ANSWER


ONE_ANSWER = Setting(make=SingleTurn, budgets=Budgets(max_turns=1), is_quick=True)
