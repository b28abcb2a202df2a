"""Members of a composition: other verifiers by name, with their switches and their reference."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.verifiers.base import Verifier, abstained


class Member(BaseModel):
    """A verifier by `kind`; every other key is one of its switches.

    name: what the verdict calls it (its kind unless given). at: the name in `info` under which
    the problem keeps this member's reference; without it, the problem's own `answer`.
    false_positives: the share of wrong answers it passes, where that was measured.
    """

    model_config = ConfigDict(frozen=True, extra="allow")

    kind: str
    name: str = ""
    at: str = ""
    weight: float = Field(default=1.0, gt=0.0)
    false_positives: float | None = Field(default=None, ge=0.0, le=1.0)

    @property
    def switches(self) -> dict[str, Any]:
        """The verifier's own keys."""
        return dict(self.model_extra or {})


@dataclass(frozen=True)
class Seat:
    """A member with its verifier."""

    member: Member
    verifier: Verifier

    @property
    def name(self) -> str:
        """What the verdict calls it."""
        return self.member.name or self.member.kind

    @property
    def digest(self) -> str:
        """The verifier's."""
        return self.verifier.digest

    def verify(self, problem: Problem, response: str) -> Verdict:
        """The verifier's verdict on its own reference."""
        at = self.member.at
        if at and at not in problem.info:
            return abstained(Reason.BAD_REFERENCE, f'info has no "{at}" for {self.name}')
        return self.verifier.verify(self._own(problem), response)

    def reference_response(self, problem: Problem) -> str | None:
        """The verifier's."""
        at = self.member.at
        return (
            None
            if at and at not in problem.info
            else self.verifier.reference_response(self._own(problem))
        )

    def _own(self, problem: Problem) -> Problem:
        at = self.member.at
        return replace(problem, answer=problem.info[at], id=problem.id) if at else problem


def make_member(member: Member) -> Seat:
    """The member with its verifier; a ValueError names switches that it does not know."""
    from verigrad.verifiers import TABLE

    cls: type[Verifier] = TABLE.load(member.kind)
    try:
        return Seat(member, cls(**member.switches))
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors())
        raise ValueError(f"member {member.kind}: {said}") from None
