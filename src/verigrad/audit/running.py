"""Running probes: every case judged, its faults seen, what it cost counted."""

from __future__ import annotations

import itertools
import time
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from verigrad.audit.cases import Case, Fault, Outcome, Probe, Subject, faults_of

_DEAR = 24


@dataclass(frozen=True, slots=True)
class Result:
    """One probe on one subject."""

    probe: Probe
    outcomes: tuple[Outcome, ...]

    @property
    def faulty(self) -> list[Outcome]:
        """The cases with a fault."""
        return [outcome for outcome in self.outcomes if outcome.faults]

    @property
    def faults(self) -> Counter[Fault]:
        """How often each fault was seen."""
        return Counter(fault for outcome in self.outcomes for fault in outcome.faults)

    @property
    def mean_pay(self) -> float:
        """What a policy that always answers so would earn."""
        if not self.outcomes:
            return 0.0
        return sum(outcome.pay for outcome in self.outcomes) / len(self.outcomes)

    @property
    def slowest_s(self) -> float:
        """The longest judgement."""
        return max((outcome.seconds for outcome in self.outcomes), default=0.0)


@dataclass(frozen=True, slots=True)
class Bounds:
    """`most` cases of a probe (spread over all it makes); `limit_s` a judgement may take."""

    most: int = 2_000
    limit_s: float = 10.0


def run_probes(
    subject: Subject,
    probes: Sequence[Probe],
    *,
    canary: Path,
    bounds: Bounds | None = None,
    progress: Callable[[str], None] = lambda _: None,
) -> list[Result]:
    """Every probe in turn; a probe that makes no case for this subject gives an empty result."""
    bounds = bounds or Bounds()
    results = []
    for probe in probes:
        progress(probe.name)
        most = probe.most or (_DEAR if subject.is_dear else bounds.most)
        cases = _spread(probe.make(subject), most)
        outcomes = tuple(judge_case(subject, case, canary=canary, bounds=bounds) for case in cases)
        results.append(Result(probe, outcomes))
    return results


def judge_case(subject: Subject, case: Case, *, canary: Path, bounds: Bounds) -> Outcome:
    """One verdict and its faults. The canary is removed where it was made."""
    start = time.perf_counter()
    verdict = subject.verifier.verify(case.problem, case.response)
    seconds = time.perf_counter() - start
    faults = list(
        faults_of(
            case,
            verdict,
            seconds=seconds,
            paid_above=subject.showcase.paid_above,
            limit_s=bounds.limit_s,
        )
    )
    if canary.exists():
        canary.unlink()
        faults.append(Fault.EFFECT)
    return Outcome(case, verdict, seconds, tuple(faults))


def _spread(cases: Iterable[Case], most: int) -> list[Case]:
    """At most so many, evenly over all of them; equal ones once."""
    found = list({(c.problem.id, c.response): c for c in itertools.islice(cases, 200_000)}.values())
    if len(found) <= most:
        return found
    return [found[index * len(found) // most] for index in range(most)]
