"""Multi-turn chat with a verifier's word: "wrong, try again", a number of times."""

from __future__ import annotations

from typing import ClassVar

from pydantic import Field

from verigrad.core.errors import SetupError
from verigrad.core.types import Message, Problem
from verigrad.core.verdict import Reason, Status
from verigrad.rollouts.environments.base import Observation, Reply, Setting, Turn
from verigrad.rollouts.environments.bind import Context, EnvironmentOptions
from verigrad.verifiers.base import Verifier

# One word of the verdict, in a sentence; evidence and canonical forms may hold the answer.
_SAID = {
    Reason.NO_ANSWER: "I could not find a final answer.",
    Reason.AMBIGUOUS: "I found more than one final answer.",
    Reason.MALFORMED: "I could not read the final answer.",
    Reason.OVER_LIMIT: "The answer is too long.",
    Reason.TIMEOUT: "The answer took too long to run.",
    Reason.VIOLATION: "The answer breaks the rules.",
}


class FeedbackOptions(EnvironmentOptions):
    """`max_turns` counts the tries. `tells_why` adds what kind of fault it was, in fixed words."""

    text: str = Field(default="That is not correct. Try again.", min_length=1)
    tells_why: bool = False
    max_turns: int = Field(default=3, ge=1)


class Feedback:
    """Ends at the first full score. Tells nothing of a verdict but that it is not one.

    The fact `tries_after_first` may be paid for: `reward.facts = { tries_after_first = -0.2 }`.
    """

    options_type: ClassVar[type[EnvironmentOptions]] = FeedbackOptions

    def __init__(self, options: FeedbackOptions, verifier: Verifier) -> None:
        self.options, self.verifier = options, verifier
        self.problem: Problem | None = None

    @classmethod
    def setting(cls, options: FeedbackOptions, context: Context) -> Setting:
        """With the task's own verifier."""
        return Setting(make=lambda: cls(options, context.verifier), budgets=options.budgets())

    def reset(self, problem: Problem) -> Observation:
        """The problem's own prompt."""
        self.problem = problem
        return problem.prompt

    def step(self, message: Message) -> Reply:
        """The end where the answer is right or cannot be judged, else the next try."""
        assert self.problem is not None
        verdict = self.verifier.verify(self.problem, message.content)
        if verdict.status is Status.FAILED:
            raise SetupError(
                "a try could not be judged", where=f"{verdict.verifier}: {dict(verdict.evidence)}"
            )
        if verdict.is_correct or verdict.status is Status.ABSTAINED:
            return None
        why = _SAID.get(verdict.reason, "") if self.options.tells_why else ""
        text = f"{why} {self.options.text}".strip()
        return Turn(messages=(Message("user", text),), facts={"tries_after_first": 1})
