"""The `process` verifier: the outcome is the gate, the steps decide the rest."""

from __future__ import annotations

from dataclasses import replace
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar, Literal

from pydantic import Field, field_validator

from verigrad.core.digests import digest_json
from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.verifiers.base import Policy, Verifier, rejected
from verigrad.verifiers.process.checkers import CHECKERS, StepVerdict
from verigrad.verifiers.process.segments import Split, segments

_MAX_CHARS = 200_000
_MAX_STEPS = 2_000


class ProcessPolicy(Policy):
    """outcome: the verifier of the final answer, `{"kind": "math", ...}`.

    check: what a step is judged by. split: where steps end. process_share: how much of a right
    answer's score its steps decide. decimals: whether a step may round at the places it states.
    least_steps: with fewer steps that can be checked, the process share is not earned.
    """

    outcome: dict[str, Any] = Field(default_factory=lambda: {"kind": "math"})
    check: Literal["arithmetic", "algebra"] = "arithmetic"
    split: Split = "lines"
    process_share: float = Field(default=0.5, ge=0.0, lt=1.0)
    decimals: Literal["exact", "stated_precision"] = "exact"
    least_steps: int = Field(default=1, ge=1)

    @field_validator("outcome")
    @classmethod
    def _names_a_kind(cls, outcome: dict[str, Any]) -> dict[str, Any]:
        if not isinstance(outcome.get("kind"), str) or outcome["kind"] == "process":
            raise ValueError('outcome needs the kind of another verifier: { kind = "math" }')
        return outcome


class Process(Verifier):
    r"""Outcome times (1 - share + share x the part of the checkable steps that hold).

    Outcome and process feedback: Uesato et al. 2022 (arXiv 2211.14275); Lightman et al. 2023
    (2305.20050). A wrong answer scores 0 whatever its steps. The evidence holds `steps`,
    [[end, score], ...] for process supervision, and `right_from_wrong` where a right answer
    stands on a step that does not hold.

    >>> problem = Problem.of("3 bags of 4 and 1 more?", "13")
    >>> text = "3*4=11\n11+1=12\nSo \\boxed{13}"
    >>> verdict = Process().verify(problem, text)
    >>> verdict.score, verdict.evidence["right_from_wrong"]
    (0.75, True)
    """

    name: ClassVar[str] = "process"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = ProcessPolicy
    proves: ClassVar[str] = "the answer is right, and so is every step that can be checked"
    cannot: ClassVar[str] = "judge steps in words, or that the steps lead to the answer"
    assurance: ClassVar[str] = "exact, for the steps that can be checked"
    cost: ClassVar[str] = "under 5 ms, and the outcome verifier's"

    @cached_property
    def outcome(self) -> Verifier:
        """The verifier of the final answer."""
        from verigrad.verifiers import TABLE

        switches = dict(self.policy.outcome)
        return TABLE.load(switches.pop("kind"))(**switches)

    @cached_property
    def digest(self) -> str:
        """That of this verifier and of the outcome's."""
        return digest_json([super().digest, self.outcome.digest])[:16]

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Outcome first; steps are judged whatever it is, and paid only behind it."""
        if len(response) > _MAX_CHARS:
            return rejected(Reason.OVER_LIMIT)
        outcome = self.outcome.verify(problem, response)
        if outcome.score is None:
            return outcome
        steps = segments(response, by=self.policy.split)
        if len(steps) > _MAX_STEPS:
            return rejected(Reason.OVER_LIMIT, evidence={"why": f"over {_MAX_STEPS} steps"})
        found = list(CHECKERS[self.policy.check](steps, self.policy.decimals))
        evidence = {**outcome.evidence, **_facts(found, response, outcome)}
        if not outcome.score:
            return replace(outcome, evidence=evidence)
        score = outcome.score * (1.0 - self.policy.process_share * (1.0 - self._share(found)))
        reason = Reason.CORRECT if score == 1.0 else Reason.PARTIAL
        method = f"{self.policy.check} steps behind {self.outcome.name}"
        return replace(outcome, reason=reason, score=score, evidence=evidence, method=method)

    def _share(self, found: list[StepVerdict]) -> float:
        """The part of the checkable steps that hold; 0 where there are too few."""
        checkable = [step for step in found if step.holds is not None]
        if len(checkable) < self.policy.least_steps:
            return 0.0
        return sum(step.score for step in checkable) / len(checkable)

    def reference_response(self, problem: Problem) -> str | None:
        """The worked solution, if there is one: its steps must hold too."""
        answer = self.outcome.reference_response(problem)
        if answer is None or problem.solution is None:
            return None
        return f"{problem.solution}\n{answer}"

    @classmethod
    def sources(cls) -> list[Path]:
        """The folder's files, `checkers` among them."""
        return sorted(Path(__file__).parent.glob("*.py"))


def _facts(found: list[StepVerdict], response: str, outcome: Verdict) -> dict[str, Any]:
    """Every step's end and score (a step with nothing to check has the outcome's), and faults."""
    steps = [
        [step.segment.end, step.score if step.holds is not None else outcome.score]
        for step in found
    ]
    if steps:
        steps[-1][0] = len(response)
    wrong = [
        {"start": step.segment.start, "end": step.segment.end, "why": step.why}
        for step in found
        if step.holds is False
    ]
    return {
        "steps": steps,
        "steps_checked": sum(step.holds is not None for step in found),
        "steps_wrong": wrong[:20],
        "right_from_wrong": outcome.is_correct and bool(wrong),
    }
