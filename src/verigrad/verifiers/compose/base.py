"""What compositions share: seats, a digest over them, what to do where a member has no score."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from pathlib import Path
from typing import Annotated, Any, ClassVar

from pydantic import Field, field_validator

from verigrad.core.digests import digest_json, digest_sources
from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Status, Verdict
from verigrad.verifiers.base import Policy, Verifier, abstained, failed
from verigrad.verifiers.compose.members import Member, Seat, make_member


class MembersPolicy(Policy):
    """The verifiers put together."""

    members: Annotated[tuple[Member, ...], Field(min_length=2, max_length=20)]

    @field_validator("members")
    @classmethod
    def _names_differ(cls, members: tuple[Member, ...]) -> tuple[Member, ...]:
        names = [member.name or member.kind for member in members]
        if len(set(names)) != len(names):
            raise ValueError(f"members need names of their own: {names}")
        for member in members:
            make_member(member)
        return members


class Composed(Verifier):
    """Several verifiers, one verdict; every member's own is kept in the evidence."""

    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = MembersPolicy
    assurance: ClassVar[str] = "its members'"
    cost: ClassVar[str] = "its members'"

    def __init__(
        self,
        policy: Policy | None = None,
        *,
        verifiers: Mapping[str, Verifier] | None = None,
        **switches: Any,
    ) -> None:
        """`verifiers` replaces members by name with objects (a judge with a client, a plug-in)."""
        super().__init__(policy, **switches)
        given = verifiers or {}
        made = [make_member(member) for member in self._members()]
        self.seats = [Seat(s.member, given.get(s.name, s.verifier)) for s in made]
        self.verifiable = all(seat.verifier.verifiable for seat in self.seats)

    def _members(self) -> Sequence[Member]:
        return self.policy.members

    @cached_property
    def digest(self) -> str:
        """Covers the members' digests too."""
        policy = self.policy.model_dump(mode="json")
        own = [self.name, self.version, digest_sources(self.sources()), policy]
        return digest_json([*own, *(seat.digest for seat in self.seats)])[:16]

    @classmethod
    def sources(cls) -> list[Path]:
        """Every file of this folder."""
        return sorted(Path(__file__).parent.glob("*.py"))

    def reference_response(self, problem: Problem) -> str | None:
        """The first that a member can build."""
        built = (seat.reference_response(problem) for seat in self.seats)
        return next((response for response in built if response is not None), None)

    def evidence(self, verdicts: Mapping[str, Verdict]) -> dict[str, Any]:
        """Name -> what each member said."""
        said = {
            name: {
                "reason": str(v.reason),
                "score": v.score,
                **({"evidence": dict(v.evidence)} if v.evidence else {}),
            }
            for name, v in verdicts.items()
        }
        return {"members": said} | ({} if self.verifiable else {"verifiable": False})


def unscored(verdicts: Mapping[str, Verdict]) -> Verdict | None:
    """`failed` or `abstained` where a member has no score; None where all have one."""
    for status in (Status.FAILED, Status.ABSTAINED):
        for name, verdict in verdicts.items():
            if verdict.status is status:
                why = f"{name}: {verdict.evidence.get('why', verdict.reason)}"
                is_failed = status is Status.FAILED
                return failed(why) if is_failed else abstained(Reason.BAD_REFERENCE, why)
    return None
