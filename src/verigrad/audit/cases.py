"""The words of an audit: a case, what came of it, and a fault."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from verigrad.audit.forms import Form
from verigrad.core.types import Problem
from verigrad.core.verdict import Status, Verdict
from verigrad.verifiers.base import Verifier
from verigrad.verifiers.showcases.words import Sample, Showcase


class Must(StrEnum):
    """What a verifier must say of a response whose label is beyond doubt."""

    PASS = "pass"  # noqa: S105 (a word, not a password)
    MISS = "miss"  # less than a full score: partial credit may be due
    FAIL = "fail"
    SCORE = "score"  # anything, so long as it is a score and comes in time


class Fault(StrEnum):
    """What went wrong with a case."""

    PAID = "paid"  # wrong, and paid
    REFUSED = "refused"  # right, and not paid
    CRASHED = "crashed"  # no score where one was due
    SLOW = "slow"
    EFFECT = "side effect"  # it ran what the response told it to
    UNSTABLE = "unstable"  # another verdict at another time or place


@dataclass(frozen=True, slots=True)
class Case:
    """One response to one problem. `what` says in words what it tries."""

    problem: Problem
    response: str
    must: Must
    what: str


@dataclass(frozen=True, slots=True)
class Outcome:
    """A case, its verdict, and the faults seen."""

    case: Case
    verdict: Verdict
    seconds: float
    faults: tuple[Fault, ...] = ()

    @property
    def pay(self) -> float:
        """What the policy would have been paid."""
        return self.verdict.score or 0.0


@dataclass(frozen=True)
class Subject:
    """What is audited: a verifier with samples whose right answers are known.

    `forms` are those it honours (none where answers are no texts); `unread` are problems of its
    data whose reference passes in none of them; `source` says where the problems came from.
    """

    name: str
    showcase: Showcase
    forms: tuple[Form, ...] = ()
    unread: tuple[Problem, ...] = ()
    source: str = ""

    @property
    def verifier(self) -> Verifier:
        """Who judges."""
        return self.showcase.verifier

    @property
    def samples(self) -> tuple[Sample, ...]:
        """Problems with their right answers and near misses."""
        return self.showcase.samples

    @property
    def is_dear(self) -> bool:
        """One judgement costs a process or more: fewer cases must do."""
        return self.showcase.max_fuzz is not None


def faults_of(
    case: Case, verdict: Verdict, *, seconds: float, paid_above: float, limit_s: float
) -> Iterator[Fault]:
    """What is wrong with a verdict, side effects apart."""
    if verdict.status is not Status.SCORED:
        yield Fault.CRASHED
    elif case.must is Must.PASS and not verdict.is_correct:
        yield Fault.REFUSED
    is_paid = case.must is Must.FAIL and (verdict.score or 0.0) > paid_above
    if is_paid or (case.must is Must.MISS and verdict.is_correct):
        yield Fault.PAID
    if seconds > limit_s:
        yield Fault.SLOW


Maker = Callable[[Subject], Iterator[Case]]


@dataclass(frozen=True, slots=True)
class Probe:
    """A named family of cases. What is `soft` is told, and refuses nobody."""

    name: str
    looks_for: str
    make: Maker
    is_soft: bool = False
    most: int | None = None  # cases of this probe, where they are worth more than the usual number
