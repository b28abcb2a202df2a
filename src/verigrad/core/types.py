"""Words everyone shares: message, problem, completion, rollout, reward, group.

All are frozen. Token ids are plain tuples so that this layer needs neither torch nor numpy.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal

from verigrad.core.digests import digest_json
from verigrad.core.verdict import Verdict

Role = Literal["system", "user", "assistant", "tool"]


@dataclass(frozen=True, slots=True)
class Message:
    """One chat message."""

    role: Role
    content: str

    def to_json(self) -> dict[str, str]:
        """The form chat templates take."""
        return {"role": self.role, "content": self.content}


@dataclass(frozen=True, slots=True)
class Problem:
    """One question.

    `answer` is the reference (a string for most verifiers, a JSON value where the verifier says
    so, such as a code problem's tests); `info` holds what a verifier needs beside it (hidden
    tests, constraints, documents); `solution` is a worked solution for supervised warm-up, if
    the source has one. `id` is derived from the content.
    """

    prompt: tuple[Message, ...]
    answer: Any
    info: Mapping[str, Any] = field(default_factory=dict)
    solution: str | None = None
    task: str = ""
    id: str = ""

    def __post_init__(self) -> None:
        if not self.id:
            content = [
                self.task,
                [m.to_json() for m in self.prompt],
                self.answer,
                dict(self.info),
            ]
            object.__setattr__(self, "id", digest_json(content)[:16])

    @property
    def question(self) -> str:
        """The last user message, for people to look at."""
        return next((m.content for m in reversed(self.prompt) if m.role == "user"), "")

    @staticmethod
    def of(question: str, answer: Any, **info: Any) -> Problem:
        """A problem from a bare question: `Problem.of("2+2?", "4")`."""
        return Problem(prompt=(Message("user", question),), answer=answer, info=info)


class StopReason(StrEnum):
    """Why sampling ended."""

    END = "end"  # the model closed its turn
    STOP = "stop"  # a stop string or stop token
    LENGTH = "length"  # the token limit
    ERROR = "error"  # the engine or the environment failed

    @property
    def is_truncated(self) -> bool:
        """The response was cut, not finished."""
        return self is StopReason.LENGTH


@dataclass(frozen=True, slots=True)
class Completion:
    """What one call of the engine returned.

    `logps[i]` is the natural-log probability of `token_ids[i]` under softmax(logits / temperature),
    before top-k and top-p (greedy sampling: at temperature 1). The closing token is part of
    `token_ids` when the model produced it; `text` contains neither it nor a stop string.
    """

    text: str
    token_ids: tuple[int, ...]
    logps: tuple[float, ...]
    stop: StopReason


@dataclass(frozen=True, slots=True)
class Rollout:
    """One whole attempt at a problem.

    `response_ids`, `loss_mask` and `logps` have one entry for every token after the prompt:
    the mask is False (and the log-probability 0.0) where an environment wrote the token.

    `facts` are what environment, thinking and scheduling counted, by name (`turns`, `tool_calls`):
    rewards may pay for them. `submission` is what an environment hands to the verifier in place of
    the last message (the moves of a game); `error` says what broke a rollout with `stop` ERROR.
    """

    problem: Problem
    sample: int
    prompt_ids: tuple[int, ...]
    response_ids: tuple[int, ...]
    loss_mask: tuple[bool, ...]
    logps: tuple[float, ...]
    messages: tuple[Message, ...]  # what came after the prompt
    stop: StopReason
    facts: Mapping[str, float] = field(default_factory=dict)
    submission: str | None = None
    error: str = ""

    @property
    def response(self) -> str:
        """What a verifier judges: the submission, else the last assistant message."""
        if self.submission is not None:
            return self.submission
        return next((m.content for m in reversed(self.messages) if m.role == "assistant"), "")

    @property
    def num_response_tokens(self) -> int:
        """Tokens the policy wrote."""
        return sum(self.loss_mask)


@dataclass(frozen=True, slots=True)
class Reward:
    """The number the policy is trained on, every term kept by name; None where not trainable."""

    total: float | None
    terms: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Judged:
    """A rollout with its verdict and its reward."""

    rollout: Rollout
    verdict: Verdict
    reward: Reward


@dataclass(frozen=True, slots=True)
class Group:
    """The judged rollouts of one problem in one step."""

    problem: Problem
    judged: tuple[Judged, ...]

    @property
    def rewards(self) -> tuple[float, ...]:
        """Rewards of the trainable rollouts, in sample order."""
        return tuple(j.reward.total for j in self.judged if j.reward.total is not None)

    @property
    def has_spread(self) -> bool:
        """True where at least two trainable rollouts were rewarded differently."""
        rewards = self.rewards
        return len(rewards) > 1 and min(rewards) != max(rewards)
