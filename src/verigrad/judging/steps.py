"""Step judges: a score for every step of a response, for process supervision.

They add to a verdict's evidence what `verigrad.rewards.steps` reads.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol

from verigrad.core.errors import ConfigError
from verigrad.core.recipe import Part
from verigrad.core.registry import Registry
from verigrad.core.types import Problem
from verigrad.core.verdict import Verdict
from verigrad.rewards.steps import EVIDENCE

STEP_JUDGES = Registry(
    "step judge",
    {
        "worked": "verigrad.judging.steps:WorkedSteps",
        "verdict": "verigrad.judging.steps:VerdictSteps",
    },
)


class StepJudge(Protocol):
    """Says where the steps of a response end, in characters, and scores each in [0, 1]."""

    def steps(
        self, problem: Problem, response: str, verdict: Verdict
    ) -> Sequence[tuple[int, float]]:
        """At least one step; the last ends where the response does."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkedSteps:
    """Compares the steps of a response, one by one, with those of the worked solution.

    Steps stand between `separator`s. The last step is the answer and scores what the verdict does;
    each other one scores 1 where it is, blanks aside, the same text as the solution's in that
    place, so that no step can be earned twice. A response with fewer steps than the solution has
    its last step scored by the verdict too.

    >>> from verigrad.core.verdict import Reason, Status
    >>> problem = replace(Problem.of("12+9=", "21"), solution="2+9=11;1+1=2;21")
    >>> wrong = Verdict(Status.SCORED, Reason.WRONG, 0.0)
    >>> WorkedSteps().steps(problem, "2+9=11;1+1=3;31", wrong)
    [(7, 1.0), (13, 0.0), (15, 0.0)]
    """

    separator: str = ";"

    def steps(
        self, problem: Problem, response: str, verdict: Verdict
    ) -> Sequence[tuple[int, float]]:
        """One step for each part of the response."""
        worked = [part.strip() for part in (problem.solution or "").split(self.separator)[:-1]]
        parts = response.split(self.separator)
        found, end = [], 0
        for place, part in enumerate(parts):
            is_last = place == len(parts) - 1
            end += len(part) + (0 if is_last else len(self.separator))
            same = place < len(worked) and part.strip() == worked[place]
            found.append((end, (verdict.score or 0.0) if is_last else float(same)))
        return found


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictSteps:
    """The verifier puts the steps into its evidence itself: `"steps": [[end, score], ...]`."""

    def steps(
        self,
        problem: Problem,  # noqa: ARG002 (the protocol's signature)
        response: str,  # noqa: ARG002
        verdict: Verdict,
    ) -> Sequence[tuple[int, float]]:
        """As they are there."""
        return [(int(end), float(score)) for end, score in verdict.evidence.get(EVIDENCE, ())]


def with_steps(judge: StepJudge, problem: Problem, response: str, verdict: Verdict) -> Verdict:
    """A scored verdict with its steps in the evidence; others as they are."""
    if not verdict.status.is_trainable:
        return verdict
    steps: list[Any] = [[end, score] for end, score in judge.steps(problem, response, verdict)]
    return replace(verdict, evidence={**verdict.evidence, EVIDENCE: steps})


def bind_steps(section: Part | None) -> StepJudge | None:
    """The step judge a recipe names; ConfigError for unknown kinds and switches."""
    if section is None:
        return None
    try:
        return STEP_JUDGES.load(section.kind)(**section.switches)
    except TypeError as error:
        raise ConfigError(f"step judge `{section.kind}`: {error}") from error
