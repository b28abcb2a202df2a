"""The verifier contract: `verify(problem, response) -> Verdict`, deterministic and bounded.

A verifier subclasses `Verifier`, sets `name` and `version`, and writes `judge`. The base class
times it, stamps name, version and digest, and turns an escaped exception into `failed`: a bug in
a verifier must never become a reward, nor end a run unseen.
"""

from __future__ import annotations

import inspect
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import fields
from functools import cached_property
from operator import attrgetter
from pathlib import Path
from typing import Any, ClassVar

from pydantic import BaseModel, ConfigDict

from verigrad.core.digests import digest_json, digest_sources
from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict


class Policy(BaseModel):
    """Switches of a verifier. Frozen, strict, and part of the verifier's digest."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Verifier(ABC):
    """Judges one response against one problem."""

    name: ClassVar[str]
    version: ClassVar[str]
    policy_type: ClassVar[type[Policy]] = Policy
    proves: ClassVar[str] = ""  # one line: what a pass means
    cannot: ClassVar[str] = ""  # one line: what a pass does not mean
    assurance: ClassVar[str] = ""  # "exact", "tests", "kernel", "opinion", ...: how sure a pass is
    cost: ClassVar[str] = ""  # what one verdict costs: "under 1 ms", "a sandboxed process", ...
    verifiable: bool = True  # False where a model's opinion may decide; shown wherever it is named

    def __init__(self, policy: Policy | None = None, **switches: Any) -> None:
        """`Math(order_matters=True)` or `Math(MathPolicy(...))`; unknown switches are errors."""
        if policy is not None and switches:
            raise TypeError("give a policy or switches, not both")
        self.policy: Any = policy if policy is not None else self.policy_type(**switches)

    @abstractmethod
    def judge(self, problem: Problem, response: str) -> Verdict:
        """The verdict, without name, digest and cost (the base class adds them)."""

    def reference_response(self, problem: Problem) -> str | None:  # noqa: ARG002 (subclasses use it)
        """A response that must pass, built from the reference; None where none can be built."""
        return None

    def verify(self, problem: Problem, response: str) -> Verdict:
        """Judge one response. Never raises for anything the response or the problem contains."""
        start = time.perf_counter()
        try:
            verdict = self.judge(problem, response)
        except Exception as error:  # noqa: BLE001 (a verifier's own bug is `failed`, never a reward)
            verdict = failed(f"{type(error).__name__}: {error}"[:500])
        stamp = (time.perf_counter() - start, self.name, self.version, self.digest)
        return _stamped(verdict, stamp)

    def verify_batch(self, pairs: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        """Judge many, in order."""
        return [self.verify(problem, response) for problem, response in pairs]

    def check_reference(self, problem: Problem) -> Verdict | None:
        """What this verifier says of the problem's own reference; None where it has none."""
        response = self.reference_response(problem)
        return None if response is None else self.verify(problem, response)

    @classmethod
    def sources(cls) -> list[Path]:
        """Files whose content decides verdicts: the class's own file, or its whole folder."""
        own = Path(inspect.getfile(cls))
        return sorted(own.parent.glob("*.py")) if own.parent.name != "verifiers" else [own]

    @cached_property
    def digest(self) -> str:
        """Digest of name, version, code and switches: equal digests judge equally."""
        policy = self.policy.model_dump(mode="json")
        return digest_json([self.name, self.version, digest_sources(self.sources()), policy])[:16]


_STAMPED = ("cost_s", "verifier", "version", "digest")
_JUDGED = tuple(field.name for field in fields(Verdict) if field.name not in _STAMPED)
_judged_values = attrgetter(*_JUDGED)


def _stamped(verdict: Verdict, stamp: tuple[float, str, str, str]) -> Verdict:
    """With cost, name, version and digest, and without checking a checked verdict again, which
    would be a third of the cost of judging an integer. A verdict that bears no stamp yet is the
    judge's own and is stamped itself; one that does (of an inner verifier) is copied.
    """
    if not verdict.digest:
        for name, value in zip(_STAMPED, stamp, strict=True):
            object.__setattr__(verdict, name, value)
        return verdict
    copy = object.__new__(Verdict)
    for name, value in zip(_JUDGED, _judged_values(verdict), strict=True):
        object.__setattr__(copy, name, value)
    for name, value in zip(_STAMPED, stamp, strict=True):
        object.__setattr__(copy, name, value)
    return copy


def correct(*, extracted: Extracted | None = None, **facts: Any) -> Verdict:
    """A full score."""
    return Verdict(Reason.CORRECT.status, Reason.CORRECT, 1.0, extracted=extracted, **facts)


def partial(score: float, *, extracted: Extracted | None = None, **facts: Any) -> Verdict:
    """A score between 0 and 1, for what is graded by nature or paid in parts by name."""
    return Verdict(Reason.PARTIAL.status, Reason.PARTIAL, score, extracted=extracted, **facts)


def rejected(reason: Reason, *, extracted: Extracted | None = None, **facts: Any) -> Verdict:
    """Score 0, for a reason that is the response's own."""
    return Verdict(reason.status, reason, 0.0, extracted=extracted, **facts)


def abstained(reason: Reason, why: str, **facts: Any) -> Verdict:
    """The problem cannot be judged."""
    return Verdict(reason.status, reason, None, evidence={"why": why}, **facts)


def failed(why: str, **facts: Any) -> Verdict:
    """The infrastructure could not judge."""
    reason = Reason.INFRASTRUCTURE
    return Verdict(reason.status, reason, None, evidence={"why": why}, **facts)
