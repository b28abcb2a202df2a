"""`gated`: quality counts only behind correctness.

Why not a sum. With weights 0.7 (correct) and 0.3 (quality), a wrong answer in the best style gets
0.3. Within a group that has no right answer that is the best there is, so its style is reinforced;
and with partial correctness 0.5 in bad style (0.35) it nearly ties. Behind a gate a wrong answer
gets 0 whatever its style, and a right one 0.7 to 1: no wrong answer reaches any right one.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Status, Verdict
from verigrad.verifiers.base import Policy, correct, partial, rejected
from verigrad.verifiers.compose.base import Composed, unscored
from verigrad.verifiers.compose.members import Member, make_member

PRESETS: dict[str, tuple[float, float]] = {
    "hybrid": (0.7, 0.3),  # verifiable correctness 0.7, judged quality 0.3
    "correctness": (1.0, 0.0),  # plain RLVR: quality is recorded, and pays nothing
}
"""Weights of correctness and quality, by name. `hybrid` is the pair that the literature names."""


def additive(correctness: float, quality: float, *, weights: tuple[float, float]) -> float:
    """The sum that `gated` replaces, kept to show what it does: 0 and 1 give 0.3."""
    return weights[0] * correctness + weights[1] * quality


def gated(correctness: float, quality: float, *, weights: tuple[float, float]) -> float:
    """0 unless correctness is full: 0 and 1 give 0, 1 and 0 give 0.7, 1 and 1 give 1."""
    if correctness < 1.0:
        return 0.0
    return min(1.0, weights[0] + weights[1] * min(1.0, max(0.0, quality)))


class GatedPolicy(Policy):
    """gate: must give a full score. quality: then adds its share. Weights by preset or number."""

    gate: Member
    quality: Member
    preset: str = "hybrid"
    correctness_weight: float | None = Field(default=None, gt=0.0, le=1.0)

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if self.preset not in PRESETS:
            raise ValueError(f"preset must be one of {', '.join(PRESETS)}")
        for member in (self.gate, self.quality):
            make_member(member)
        return self

    @property
    def weights(self) -> tuple[float, float]:
        """Of correctness and quality; they sum to 1."""
        if self.correctness_weight is None:
            return PRESETS[self.preset]
        return self.correctness_weight, 1.0 - self.correctness_weight


class Gated(Composed):
    """0 unless the gate is passed; then the correctness weight, and quality on top."""

    name: ClassVar[str] = "gated"
    policy_type: ClassVar[type[Policy]] = GatedPolicy
    proves: ClassVar[str] = "a score above 0: what its gate proves"
    cannot: ClassVar[str] = "vouch for the quality share where a judge gives it"

    def _members(self) -> Sequence[Member]:
        return (
            self.policy.gate.model_copy(update={"name": "gate"}),
            self.policy.quality.model_copy(update={"name": "quality"}),
        )

    def judge(self, problem: Problem, response: str) -> Verdict:
        """The gate first; quality is only asked for where it is passed."""
        gate, quality = self.seats
        verdicts = {"gate": gate.verify(problem, response)}
        first = verdicts["gate"]
        if (missing := unscored(verdicts)) is not None:
            return missing
        if not first.is_correct:
            reason = Reason.WRONG if first.reason is Reason.PARTIAL else first.reason
            return rejected(reason, method="gate", evidence=self.evidence(verdicts))
        verdicts["quality"] = quality.verify(problem, response)
        if verdicts["quality"].status is not Status.SCORED:
            missing = unscored(verdicts)
            assert missing is not None
            return missing
        share = verdicts["quality"].score or 0.0
        total = gated(1.0, share, weights=self.policy.weights)
        facts: dict[str, Any] = {"method": "gated", "evidence": self.evidence(verdicts)}
        facts["evidence"]["channels"] = {"correctness": 1.0, "quality": share}
        return correct(**facts) if total == 1.0 else partial(total, **facts)
