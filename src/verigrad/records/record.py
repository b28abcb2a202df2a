"""The record: what a run was and how it ended, for programs. It holds no clock time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Literal, Self

SCHEMA = "verigrad.record/1"
Ending = Literal["finished", "halted", "interrupted"]


@dataclass(frozen=True, slots=True)
class VerifierRecord:
    """Who judged a task: equal digests judge equally."""

    task: str
    name: str
    version: str
    digest: str
    proves: str = ""
    cannot: str = ""


@dataclass(frozen=True, slots=True)
class RunRecord:
    """`num_rollouts` is per problem; `control_run` is a path relative to this run's folder."""

    name: str
    kind: Literal["train", "evaluate", "verify", "audit"]
    ending: Ending
    seed: int
    steps: int
    num_rollouts: int
    objective: str
    model: str
    num_parameters: int
    verifiers: tuple[VerifierRecord, ...]
    control: str = "none"
    control_run: str | None = None
    halted_because: str = ""
    accepted_risk: str = ""
    warm_up_steps: int = 0
    facts: Mapping[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with its schema."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The record written by `to_json`."""
        fields = {key: item for key, item in value.items() if key != "schema"}
        fields["verifiers"] = tuple(VerifierRecord(**item) for item in fields["verifiers"])
        return cls(**fields)
