"""`all_of`, `any_of`, `cascade`, `majority`, `weighted`: verifiers joined."""

from __future__ import annotations

import math
from typing import Any, ClassVar

from pydantic import model_validator

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Status, Verdict
from verigrad.verifiers.base import Policy, correct, partial, rejected
from verigrad.verifiers.compose.base import Composed, MembersPolicy, unscored


class AllOf(Composed):
    """Right by every member. One rejection is enough, whatever the others could not judge."""

    name: ClassVar[str] = "all_of"
    proves: ClassVar[str] = "what each of its members proves"
    cannot: ClassVar[str] = "what none of its members can"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Members in order, up to the first that rejects."""
        verdicts: dict[str, Verdict] = {}
        for seat in self.seats:
            verdict = verdicts[seat.name] = seat.verify(problem, response)
            if verdict.status is Status.SCORED and not verdict.is_correct:
                reason = Reason.WRONG if verdict.reason is Reason.PARTIAL else verdict.reason
                return rejected(reason, method=seat.name, evidence=self.evidence(verdicts))
        missing = unscored(verdicts)
        return missing or correct(method="all_of", evidence=self.evidence(verdicts))


class AnyOf(Composed):
    """Right by at least one member: false positives add up, and `warning` says to what.

    Members that pass 2 % and 3 % of wrong answers together pass up to 5 %.
    """

    name: ClassVar[str] = "any_of"
    proves: ClassVar[str] = "what at least one of its members proves"
    cannot: ClassVar[str] = "be surer than its weakest member: false positives add up"

    @property
    def false_positive_bound(self) -> float | None:
        """The sum of the members' rates (at most 1); None where a member's is not known."""
        rates = [seat.member.false_positives for seat in self.seats]
        known = [rate for rate in rates if rate is not None]
        return min(1.0, math.fsum(known)) if len(known) == len(rates) else None

    @property
    def warning(self) -> str:
        """What everybody who uses it should know."""
        bound = self.false_positive_bound
        if bound is None:
            unknown = [s.name for s in self.seats if s.member.false_positives is None]
            return f"false positives add up; unknown for {', '.join(unknown)}"
        return f"passes up to {bound:.1%} of wrong answers: the members' rates add up"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Members in order, up to the first that accepts."""
        verdicts: dict[str, Verdict] = {}
        for seat in self.seats:
            verdict = verdicts[seat.name] = seat.verify(problem, response)
            if verdict.is_correct:
                evidence = self.evidence(verdicts) | {"warning": self.warning}
                return correct(method=seat.name, evidence=evidence)
        missing = unscored(verdicts)
        first = next(iter(verdicts.values()))
        reason = Reason.WRONG if first.reason is Reason.PARTIAL else first.reason
        return missing or rejected(reason, method="any_of", evidence=self.evidence(verdicts))


class Cascade(Composed):
    """The first member that can tell decides; those that cannot pass the response on.

    Cheap members first. `undecided`, `abstained` and `failed` are passed on, a rejection is not:
    a later member cannot overturn it (that is `appeal`).
    """

    name: ClassVar[str] = "cascade"
    proves: ClassVar[str] = "what the member that decided proves; the verdict names it"
    cannot: ClassVar[str] = "be surer than the member that decided"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Members in order, up to the first decision."""
        verdicts: dict[str, Verdict] = {}
        for seat in self.seats:
            verdict = verdicts[seat.name] = seat.verify(problem, response)
            if verdict.status is Status.SCORED and verdict.reason is not Reason.UNDECIDED:
                return self._decided(seat.name, verdict, verdicts)
        last = next((v for v in verdicts.values() if v.reason is Reason.UNDECIDED), None)
        if last is not None:
            return rejected(Reason.UNDECIDED, evidence=self.evidence(verdicts))
        missing = unscored(verdicts)
        assert missing is not None
        return missing

    def _decided(self, name: str, verdict: Verdict, verdicts: dict[str, Verdict]) -> Verdict:
        facts: dict[str, Any] = {"method": name, "evidence": self.evidence(verdicts)}
        facts |= {"extracted": verdict.extracted, "certainty": verdict.certainty}
        if verdict.is_correct:
            return correct(**facts)
        if verdict.score:
            return partial(verdict.score, **facts)
        return rejected(verdict.reason, **facts)


class MajorityPolicy(MembersPolicy):
    """An odd number of members, so that there are no ties."""

    @model_validator(mode="after")
    def _is_odd(self) -> MajorityPolicy:
        if len(self.members) % 2 == 0:
            raise ValueError("a majority needs an odd number of members")
        return self


class Majority(Composed):
    """Right by more than half of all members, counting those that could not judge as against.

    Three independent members of which each passes 10 % of wrong answers together pass 2.8 %.
    """

    name: ClassVar[str] = "majority"
    policy_type: ClassVar[type[Policy]] = MajorityPolicy
    proves: ClassVar[str] = "more than half of its members accept"
    cannot: ClassVar[str] = "help where members err together: copies of one verifier are one vote"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """All members; undecided by those that had no score only where these could turn it."""
        verdicts = {seat.name: seat.verify(problem, response) for seat in self.seats}
        scored = [v for v in verdicts.values() if v.status is Status.SCORED]
        votes, need = sum(v.is_correct for v in scored), len(verdicts) // 2 + 1
        facts: dict[str, Any] = {
            "method": f"{votes} of {len(verdicts)}",
            "evidence": self.evidence(verdicts),
        }
        if votes >= need:
            return correct(**facts)
        missing = unscored(verdicts)
        if missing is not None and votes + len(verdicts) - len(scored) >= need:
            return missing
        return rejected(Reason.WRONG, **facts)


class Weighted(Composed):
    """The weighted mean of the members' scores. Graded: it ties wrong with right (see `gated`).

    Weights 3 and 1, scores 1 and 0: 0.75.
    """

    name: ClassVar[str] = "weighted"
    proves: ClassVar[str] = "nothing by itself: it is a mean of what its members say"
    cannot: ClassVar[str] = "keep wrong answers below right ones: use `gated` for that"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """All members, each of which must have a score."""
        verdicts = {seat.name: seat.verify(problem, response) for seat in self.seats}
        if (missing := unscored(verdicts)) is not None:
            return missing
        weights = [seat.member.weight for seat in self.seats]
        scores = [verdict.score or 0.0 for verdict in verdicts.values()]
        mean = math.fsum(w * s for w, s in zip(weights, scores, strict=True)) / math.fsum(weights)
        facts: dict[str, Any] = {"method": "weighted mean", "evidence": self.evidence(verdicts)}
        if all(score == 1.0 for score in scores):
            return correct(**facts)
        return partial(min(mean, 1.0), **facts) if mean > 0.0 else rejected(Reason.WRONG, **facts)
