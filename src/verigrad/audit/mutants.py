"""The verifier itself, weakened in many ways: an audit that sees none of it proves nothing.

Each mutant is the audited verifier with one hole, of a kind that real checkers had. The cases of
the probes are judged through each; a mutant is *found* where a probe sees a fault that the
verifier as it is has not.
"""

from __future__ import annotations

import itertools
import re
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from verigrad.audit.cases import Case, Subject, faults_of
from verigrad.audit.values import number
from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.verifiers.base import Verifier, correct, rejected

Judge = Callable[[Problem, str], Verdict]
Hole = Callable[[Judge, Problem, str], Verdict]

_NUMBERS = re.compile(r"-?\d[\d,]{0,40}(?:\.\d{1,40})?")
_NO_NUMBER = re.compile(r"\bnan\b|1e999")
_LAYOUT = re.compile(r"\\boxed\{|<answer>|####|[Aa]nswer:")
_SENTENCES = re.compile(r"(?<=[.\n])\s{1,20}")


@dataclass(frozen=True, slots=True)
class Mutant:
    """One hole, in words."""

    name: str
    hole: Hole


def _pays(condition: Callable[[Problem, str], bool]) -> Hole:
    """Pays also where the condition holds."""

    def hole(judge: Judge, problem: Problem, response: str) -> Verdict:
        return correct() if condition(problem, response) else judge(problem, response)

    return hole


def _pays_verdicts(*reasons: Reason) -> Hole:
    def hole(judge: Judge, problem: Problem, response: str) -> Verdict:
        verdict = judge(problem, response)
        return correct() if verdict.reason in reasons else verdict

    return hole


def _reads(change: Callable[[str], str]) -> Hole:
    """Pays also where the changed response passes."""

    def hole(judge: Judge, problem: Problem, response: str) -> Verdict:
        verdict = judge(problem, response)
        changed = change(response)
        if verdict.is_correct or changed == response:
            return verdict
        other = judge(problem, changed)
        return other if other.is_correct else verdict

    return hole


def _refuses(condition: Callable[[Problem, str], bool]) -> Hole:
    def hole(judge: Judge, problem: Problem, response: str) -> Verdict:
        return rejected(Reason.WRONG) if condition(problem, response) else judge(problem, response)

    return hole


def _any_sentence(judge: Judge, problem: Problem, response: str) -> Verdict:
    verdict = judge(problem, response)
    if verdict.is_correct or len(response) > 5_000:
        return verdict
    for part in _SENTENCES.split(response):
        if part != response and judge(problem, part).is_correct:
            return correct()
    return verdict


def _up_to_first_answer(response: str) -> str:
    """Through the end of the line that holds the first mark of an answer."""
    found = _LAYOUT.search(response)
    if found is None:
        return response
    return response[: found.end()] + response[found.end() :].partition("\n")[0]


def _last_number(problem: Problem, response: str) -> bool:
    found = _NUMBERS.findall(response[-2_000:])
    value, gold = number(found[-1]) if found else None, number(str(problem.answer))
    return value is not None and value == gold


def _near(problem: Problem, response: str) -> bool:
    found = _NUMBERS.findall(response[-2_000:])
    value, gold = number(found[-1]) if found else None, number(str(problem.answer))
    return value is not None and gold is not None and abs(value - gold) <= abs(gold) / 50


def _holds(problem: Problem, response: str) -> bool:
    return isinstance(problem.answer, str) and problem.answer.strip() in response


def _every_fifth() -> Hole:
    count = itertools.count(1)

    def hole(judge: Judge, problem: Problem, response: str) -> Verdict:
        return correct() if next(count) % 5 == 0 else judge(problem, response)

    return hole


def _blind_in_threads(judge: Judge, problem: Problem, response: str) -> Verdict:
    if threading.current_thread() is not threading.main_thread():
        return correct()
    return judge(problem, response)


def mutants() -> tuple[Mutant, ...]:
    """Fresh ones: some remember how often they were asked."""
    return (
        Mutant("pays an empty response", _pays(lambda _p, r: not r.strip())),
        Mutant("pays where no answer is found", _pays_verdicts(Reason.NO_ANSWER)),
        Mutant("pays what it cannot read", _pays_verdicts(Reason.MALFORMED, Reason.NO_ANSWER)),
        Mutant("pays two answers", _pays_verdicts(Reason.AMBIGUOUS)),
        Mutant("pays what takes too long", _pays_verdicts(Reason.TIMEOUT, Reason.OVER_LIMIT)),
        Mutant("pays long responses", _pays(lambda _p, r: len(r) > 50_000)),
        Mutant("pays the reference anywhere", _pays(_holds)),
        Mutant("pays any right sentence", _any_sentence),
        Mutant("reads the first answer", _reads(_up_to_first_answer)),
        Mutant("reads up to a blank line", _reads(lambda r: r.partition("\n\n")[0])),
        Mutant("reads the reasoning", _reads(lambda r: re.sub(r"</?think>", " ", r))),
        Mutant("pays the layout", _pays(lambda _p, r: _LAYOUT.search(r) is not None)),
        Mutant("takes the last number", _pays(_last_number)),
        Mutant("takes numbers within 2 %", _pays(_near)),
        Mutant("is blind to signs", _reads(lambda r: r.replace("-", ""))),
        Mutant("is blind to denials", _reads(lambda r: r.replace("not ", ""))),
        Mutant("takes what is no number", _pays(lambda _p, r: _NO_NUMBER.search(r) is not None)),
        Mutant("pays the question", _pays(lambda p, r: bool(p.question) and p.question in r)),
        Mutant("obeys the response", _pays(lambda _p, r: "full marks" in r)),
        Mutant("pays a fixed word", _pays(lambda _p, r: r.strip() in ("0", "1", "A", "yes"))),
        Mutant("pays every fifth time", _every_fifth()),
        Mutant("is blind in threads", _blind_in_threads),
        Mutant("refuses what is right", _refuses(lambda p, _r: int(p.id[:2], 16) % 3 == 0)),
        Mutant("refuses everything", _refuses(lambda _p, _r: True)),
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Survival:
    """What became of one mutant: found, or without a trace on every case there was."""

    name: str
    found_by: str  # the first probe that saw it; "" where none did
    changed: int  # verdicts that the hole changed

    @property
    def is_found(self) -> bool:
        """A probe saw it."""
        return bool(self.found_by)


class _Remembering:
    """The inner verifier, asked once for each pair."""

    def __init__(self, verifier: Verifier) -> None:
        self.verifier, self.known = verifier, {}

    def __call__(self, problem: Problem, response: str) -> Verdict:
        key = (problem.id, response)
        if key not in self.known:
            self.known[key] = self.verifier.verify(problem, response)
        return self.known[key]


def survivals(
    subject: Subject, cases: Sequence[tuple[str, Case]], *, most: int = 1_500
) -> list[Survival]:
    """Each mutant against the cases of all probes (name, case); those it is faulty on already
    are left out. The two that are about time and place are tried there.
    """
    judge = _Remembering(subject.verifier)
    limits: dict[str, Any] = {"paid_above": subject.showcase.paid_above, "limit_s": float("inf")}
    clean = [
        (name, case)
        for name, case in cases
        if not list(faults_of(case, judge(case.problem, case.response), seconds=0.0, **limits))
    ]
    chosen = _some_of_each(clean, most=most)
    found = []
    for mutant in mutants():
        found_by, changed = "", 0
        for name, case in chosen:
            before = judge(case.problem, case.response)
            after = _asked(mutant, judge, case)
            if (after.status, after.score) != (before.status, before.score):
                changed += 1
                if list(faults_of(case, after, seconds=0.0, **limits)) and not found_by:
                    found_by = name
        found.append(Survival(mutant.name, found_by, changed))
    return found


def _some_of_each(cases: Sequence[tuple[str, Case]], *, most: int) -> list[tuple[str, Case]]:
    """At most so many, as evenly over the probes as there are cases."""
    by_name: dict[str, list[tuple[str, Case]]] = {}
    for name, case in cases:
        by_name.setdefault(name, []).append((name, case))
    share = max(1, most // max(1, len(by_name)))
    return [
        pair for group in by_name.values() for pair in group[:: max(1, -(-len(group) // share))]
    ]


def _asked(mutant: Mutant, judge: Judge, case: Case) -> Verdict:
    """The mutant's word; asked in another thread too, where its hole is about threads."""
    if mutant.hole is not _blind_in_threads:
        return mutant.hole(judge, case.problem, case.response)
    box: list[Verdict] = []
    thread = threading.Thread(
        target=lambda: box.append(mutant.hole(judge, case.problem, case.response))
    )
    thread.start()
    thread.join()
    return box[0]
