"""The environment contract: `reset(problem)`, then `step(message)` until it says the end."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

from verigrad.core.errors import ConfigError
from verigrad.core.types import Message, Problem

Observation = tuple[Message, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """All that an environment may say to a turn; most say an observation, or None for the end.

    `messages` go on with the conversation. `ask` is a conversation to be answered by the policy
    itself, apart from this one and not trained on (its move in the other seat): the environment
    then `hear`s the answer. `facts` are added to the rollout's, name by name. `is_over` ends the
    rollout; `submission` is then what the verifier judges in place of the last message.
    """

    messages: Observation = ()
    ask: Observation = ()
    facts: Mapping[str, float] = field(default_factory=dict)
    is_over: bool = False
    submission: str | None = None

    def __post_init__(self) -> None:
        if sum(map(bool, (self.messages, self.ask, self.is_over))) != 1:
            raise ValueError("a turn has messages, or asks something, or is over")
        if self.submission is not None and not self.is_over:
            raise ValueError("a submission belongs to the end of a rollout")


Reply = Observation | Turn | None


def as_turn(reply: Reply) -> Turn:
    """The long form of a reply."""
    if reply is None:
        return Turn(is_over=True)
    return reply if isinstance(reply, Turn) else Turn(messages=tuple(reply))


class Environment(Protocol):
    """Answers the policy's turns. Single use: one instance sees one rollout."""

    def reset(self, problem: Problem) -> Observation:
        """The conversation that the policy is first shown: decided by the problem alone."""
        ...

    def step(self, message: Message) -> Reply:
        """The answer to the policy's `message`; None when the rollout is over."""
        ...


@runtime_checkable
class Hearing(Protocol):
    """An environment that asks the policy something of its own."""

    def hear(self, message: Message) -> Reply:
        """What follows from the policy's answer to the last `ask`."""
        ...


EnvironmentFactory = Callable[[], Environment]


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """What one rollout may spend.

    `max_turns` of the policy; `max_tokens` that it writes in all turns together (a rollout that
    uses them up ends as one that is cut). One answer of the environment may take `step_limit_s`,
    all answers together `time_limit_s`: beyond either the rollout is `failed`, for clocks say
    nothing of the policy.
    """

    max_turns: int = 8
    max_tokens: int | None = None
    step_limit_s: float = 30.0
    time_limit_s: float = 300.0

    def __post_init__(self) -> None:
        wrong = [
            name
            for name in ("max_turns", "max_tokens", "step_limit_s", "time_limit_s")
            if (value := getattr(self, name)) is not None and not value > 0
        ]
        if wrong:
            raise ConfigError(
                f"{' and '.join(wrong)} must be above 0", remedy="correct these budgets"
            )


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """How the problems of a task are played.

    `make` makes the environment of one rollout. `template_options` go to the chat template
    (`tools`). An environment that `is_quick` is called without a thread of its own: it computes
    for at most milliseconds, whatever it is told, and cannot hang. Where it `submits`, the verifier
    judges its submission and nothing else: a rollout that ends without one submits the empty text,
    so that nothing the policy wrote can pass for it. `shared` is whatever its rollouts share.
    """

    make: EnvironmentFactory
    budgets: Budgets = Budgets()
    template_options: Mapping[str, Any] = field(default_factory=dict)
    is_quick: bool = False
    submits: bool = False
    shared: Any = None
