"""The environment contract: `reset(problem)`, then `step(message)` until it says the end."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol

from verigrad.core.types import Message, Problem

Observation = tuple[Message, ...]


class Environment(Protocol):
    """Answers the policy's turns. Single use: one instance sees one rollout."""

    def reset(self, problem: Problem) -> Observation:
        """The conversation that the policy is first shown."""
        ...

    def step(self, message: Message) -> Observation | None:
        """The answer to the policy's `message`; None when the rollout is over."""
        ...


EnvironmentFactory = Callable[[], Environment]
