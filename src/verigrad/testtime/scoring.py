"""What a method may know of a response: how good it is, what it answers, what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from verigrad.core.types import Problem
from verigrad.verifiers.base import Verifier
from verigrad.verifiers.process.checkers import equations_of


class Scorer(Protocol):
    """Scores are in [0, 1]. A method that asks none of them needs no verifier."""

    def final(self, problem: Problem, text: str) -> float:
        """Of a whole response; 1 is certain."""
        ...

    def partial(self, problem: Problem, text: str) -> float:
        """Of a response so far: how much there is to hope for."""
        ...

    def vote(self, problem: Problem, text: str) -> str | None:
        """The answer a response gives, in the form in which equal ones are equal."""
        ...

    def feedback(self, problem: Problem, text: str) -> str:
        """What to tell the model that gave it; never the reference."""
        ...


Hope = Callable[[Problem, str], float]


def no_opinion(problem: Problem, text: str) -> float:  # noqa: ARG001 (a `Hope`)
    """Every beginning is as good as any other: the model's likelihood decides."""
    return 0.5


def sound_steps(problem: Problem, text: str) -> float:  # noqa: ARG001 (a `Hope`)
    """0 where an equation in the text is false, 1 where all hold, 0.5 where there is none.

    >>> sound_steps(Problem.of("", ""), "3*5=15;15+7=23;")
    0.0
    """
    found = equations_of(text.replace(";", "\n"))
    if not found:
        return 0.5
    return float(all(one.is_exact or one.holds_rounded for one in found))


HOPES: dict[str, Hope] = {"likelihood": no_opinion, "arithmetic": sound_steps}


@dataclass(frozen=True)
class VerifierScorer:
    """A verifier's word on whole responses, and `hope` (a process reward model, a step checker)
    on beginnings. A verdict that is not scored counts 0.
    """

    verifier: Verifier
    hope: Hope = no_opinion
    said: str = "That is not right ({reason}). Try again."  # `{reason}`: the verdict's, in a word

    def final(self, problem: Problem, text: str) -> float:
        """The verdict's score."""
        return self.verifier.verify(problem, text).score or 0.0

    def partial(self, problem: Problem, text: str) -> float:
        """What `hope` says."""
        return self.hope(problem, text)

    def vote(self, problem: Problem, text: str) -> str | None:
        """The canonical form of the answer, else the answer as it stands; None without one."""
        verdict = self.verifier.verify(problem, text)
        if verdict.canonical_response:
            return verdict.canonical_response
        return verdict.extracted.text if verdict.extracted else None

    def feedback(self, problem: Problem, text: str) -> str:
        """What is `said`; it tells nothing of the reference."""
        return self.said.replace("{reason}", str(self.verifier.verify(problem, text).reason))
