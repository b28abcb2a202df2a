"""`appeal`: a court for what a deterministic verifier rejected, on a sample, up to a cap.

Two uses. With `overturn = false` (the default) the score stays what it was, and the share of
appeals granted estimates how often the verifier rejects right answers. With `overturn = true` a
granted appeal pays; then the verdict is no longer verifiable.
"""

from __future__ import annotations

import threading
from dataclasses import replace
from functools import cached_property
from typing import Any, ClassVar

from pydantic import Field

from verigrad.core import seeds
from verigrad.core.digests import digest_bytes, digest_json, digest_sources
from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.verifiers.base import Policy, Verifier, correct
from verigrad.verifiers.compose.members import Member, make_member
from verigrad.verifiers.judges.judge import Judge

_APPEALABLE = (Reason.WRONG, Reason.UNDECIDED, Reason.MALFORMED)


class AppealPolicy(Policy):
    """member: the deterministic verifier. judge: the judge's switches. share: of the rejected
    answers, drawn by problem and response, so that the draw repeats. max_appeals: of this object.
    """

    member: Member
    judge: dict[str, Any]
    share: float = Field(default=0.1, gt=0.0, le=1.0)
    max_appeals: int = Field(default=1_000, ge=0)
    overturn: bool = False


class Appeal(Verifier):
    """The member's verdict, and the court's beside it where an appeal was heard."""

    name: ClassVar[str] = "appeal"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = AppealPolicy
    proves: ClassVar[str] = "what its member proves; with `overturn`, or what a judge thinks"
    cannot: ClassVar[str] = "mend false positives: only rejected answers are appealed"
    assurance: ClassVar[str] = "its member's; opinion where overturned"
    cost: ClassVar[str] = "its member's, and model calls for a sample of the rejected"
    verifiable: bool = False

    def __init__(
        self, policy: Policy | None = None, *, court: Judge | None = None, **switches: Any
    ) -> None:
        """`court` replaces the judge that the policy describes."""
        super().__init__(policy, **switches)
        self.verifiable = not self.policy.overturn
        self._member = make_member(self.policy.member)
        self._court = court if court is not None else Judge(**self.policy.judge)
        self._heard = 0
        self._lock = threading.Lock()

    @cached_property
    def digest(self) -> str:
        """Covers member and court."""
        policy = self.policy.model_dump(mode="json")
        own = [self.name, self.version, digest_sources(self.sources()), policy]
        return digest_json([*own, self._member.digest, self._court.digest])[:16]

    def judge(self, problem: Problem, response: str) -> Verdict:
        """The member's verdict; then perhaps the court's."""
        first = self._member.verify(problem, response)
        if first.reason not in _APPEALABLE or not self._is_heard(problem, response):
            return first
        second = self._court.verify(problem, response)
        appeal = {"reason": str(second.reason), "granted": second.is_correct}
        evidence = {**first.evidence, "appeal": appeal}
        if second.is_correct and self.policy.overturn:
            return correct(method="appeal granted", evidence={**evidence, "verifiable": False})
        return replace(first, evidence=evidence)

    def reference_response(self, problem: Problem) -> str | None:
        """The member's."""
        return self._member.reference_response(problem)

    def _is_heard(self, problem: Problem, response: str) -> bool:
        text = digest_bytes(response.encode("utf-8", "surrogatepass"))
        drawn = seeds.stream("verifiers.appeal", problem=problem.id, response=text).random()
        if drawn >= self.policy.share:
            return False
        with self._lock:
            self._heard += 1
            return self._heard <= self.policy.max_appeals
