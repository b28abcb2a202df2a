"""The verifier card: what an audit found, keyed by the verifier's digest."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from verigrad.audit.cases import Fault, Outcome, Subject
from verigrad.audit.leaks.secret import LeakCheck
from verigrad.audit.mutants import Survival
from verigrad.audit.running import Result
from verigrad.audit.stability import Check
from verigrad.audit.values import kind_of
from verigrad.core.digests import digest_json

SCHEMA = "verigrad.card/1"
AUDIT_VERSION = "1"  # raised when a probe is added or changed: older cards are stale
_EXAMPLES = 3
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class ProbeRow:
    """One probe's numbers. `faults` by their word; `mean_pay` is what its policy would earn."""

    name: str
    looks_for: str
    cases: int
    faults: Mapping[str, int]
    mean_pay: float
    slowest_s: float
    is_soft: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One response that was judged as it must not be, and how to see it again."""

    probe: str
    faults: tuple[str, ...]
    what: str
    question: str
    answer: str
    response: str
    reason: str
    score: float | None
    why: str


@dataclass(frozen=True, slots=True)
class Card:
    """Everything an audit found of one verifier. Plain values only; `to_json` writes them all.

    `problems`: count, kinds, source, digest, how many references were unread. `constructed` is the
    calibration on cases made here, `labelled` that on responses with labels from outside; `leaks`
    are for problems on repositories only.
    """

    verifier: str
    version: str
    digest: str
    switches: Mapping[str, Any]
    target: str
    proves: str
    cannot: str
    audited_on: str
    problems: Mapping[str, Any]
    forms: tuple[str, ...]
    probes: tuple[ProbeRow, ...]
    stability: tuple[Check, ...]
    findings: tuple[Finding, ...]
    mutants: tuple[Survival, ...]
    constructed: Mapping[str, Any]
    labelled: Mapping[str, Any] | None = None
    second: Mapping[str, Any] | None = None
    drift: Mapping[str, Any] | None = None
    leaks: tuple[LeakCheck, ...] = ()
    seconds: float = 0.0
    audit_version: str = AUDIT_VERSION
    software: Mapping[str, str] = field(default_factory=dict)

    def row(self, name: str) -> ProbeRow | None:
        """A probe's row; None where it made no case."""
        return next((row for row in self.probes if row.name == name), None)

    @property
    def num_cases(self) -> int:
        """Responses judged by probes."""
        return sum(row.cases for row in self.probes)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON with its schema."""
        return {"schema": SCHEMA, **asdict(self)}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The card written by `to_json`; ValueError for another schema."""
        if value.get("schema") != SCHEMA:
            raise ValueError(f"not a card of schema {SCHEMA}: {value.get('schema')!r}")
        fields = {key: item for key, item in value.items() if key != "schema"}
        fields["forms"] = tuple(fields["forms"])
        fields["probes"] = tuple(ProbeRow(**row) for row in fields["probes"])
        fields["stability"] = tuple(Check(**row) for row in fields["stability"])
        fields["mutants"] = tuple(Survival(**row) for row in fields["mutants"])
        fields["leaks"] = tuple(
            LeakCheck(**{**row, "examples": tuple(row["examples"])})
            for row in fields.get("leaks", ())  # a card of before repositories has none
        )
        fields["findings"] = tuple(
            Finding(**{**row, "faults": tuple(row["faults"])}) for row in fields["findings"]
        )
        return cls(**fields)


def probe_rows(results: Sequence[Result]) -> tuple[ProbeRow, ...]:
    """The numbers of the probes that made a case."""
    return tuple(
        ProbeRow(
            result.probe.name,
            result.probe.looks_for,
            len(result.outcomes),
            {str(fault): count for fault, count in sorted(result.faults.items())},
            result.mean_pay,
            result.slowest_s,
            result.probe.is_soft,
        )
        for result in results
        if result.outcomes
    )


def findings(results: Sequence[Result]) -> tuple[Finding, ...]:
    """A few examples of every kind of fault of every probe."""
    found = []
    for result in results:
        shown: dict[tuple[Fault, ...], int] = {}
        for outcome in result.faulty:
            shown[outcome.faults] = shown.get(outcome.faults, 0) + 1
            if shown[outcome.faults] <= _EXAMPLES:
                found.append(_finding(result.probe.name, outcome))
    return tuple(found)


def problem_facts(subject: Subject) -> dict[str, Any]:
    """What was audited on: how many problems, of which kinds, from where; their digest."""
    problems = [sample.problem for sample in subject.samples]
    kinds: dict[str, int] = {}
    for problem in (*problems, *subject.unread):
        kind = str(kind_of(problem.answer))
        kinds[kind] = kinds.get(kind, 0) + 1
    return {
        "count": len(problems) + len(subject.unread),
        "kinds": kinds,
        "source": subject.source,
        "digest": digest_json(sorted(p.id for p in (*problems, *subject.unread)))[:16],
        "unread": len(subject.unread),
    }


def _finding(probe: str, outcome: Outcome) -> Finding:
    case, verdict = outcome.case, outcome.verdict
    why = verdict.evidence.get("why", "")
    return Finding(
        probe,
        tuple(map(str, outcome.faults)),
        case.what,
        _cut(case.problem.question),
        _cut(str(case.problem.answer)),
        _cut(case.response),
        str(verdict.reason),
        verdict.score,
        _cut(str(why)),
    )


def _cut(text: str) -> str:
    """Short, and sayable in UTF-8 whatever it holds."""
    plain = text.encode("utf-8", "backslashreplace").decode("utf-8")
    if len(plain) <= _SHOWN:
        return plain
    return f"{plain[:_SHOWN]}... ({len(plain)} characters)"
