"""The code verifier: a response's program, run on tests it cannot see, judged where it is not."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from verigrad.core import seeds
from verigrad.core.errors import DataError, SetupError
from verigrad.core.types import Problem
from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.sandbox import shared_sandbox
from verigrad.verifiers.base import Verifier, abstained, correct, failed, rejected
from verigrad.verifiers.code.assertions import run_assertion_tests
from verigrad.verifiers.code.calls import run_call_tests
from verigrad.verifiers.code.extract import NotFound, Wanted, find_code
from verigrad.verifiers.code.generated import tests_of
from verigrad.verifiers.code.outcome import BadTests, NotJudged, Outcome, Setting, Solution
from verigrad.verifiers.code.policy import CodePolicy
from verigrad.verifiers.code.programs import run_program_tests
from verigrad.verifiers.code.tests_data import (
    AssertionTests,
    CallTests,
    ProgramTests,
    Tests,
)

BATCH_THREADS = 8


class Code(Verifier):
    """Judges programs. The candidate never holds expected values, tests, comparator or verdict."""

    name = "code"
    version = "1"
    policy_type = CodePolicy
    proves = "the program gave the expected outputs on every test that ran"
    cannot = "that the tests are enough: see `strength`"
    assurance = "tests"
    cost = "a sandboxed process for each test"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """Find the code, run it on the tests, compare outside its reach."""
        try:
            return self._judge(problem, response, attempt=0)
        except (DataError, BadTests) as error:
            return abstained(Reason.BAD_REFERENCE, str(error))
        except (NotJudged, SetupError) as error:
            return failed(str(error) or "the sandbox could not run the job")

    def _judge(self, problem: Problem, response: str, *, attempt: int) -> Verdict:
        tests = tests_of(problem)
        found = find_code(
            response, _wanted(tests, self.policy), max_chars=self.policy.max_source_chars
        )
        if isinstance(found, NotFound):
            return rejected(found.reason, evidence={"why": found.why})
        address = {"problem": problem.id, "response": _digest(response), "attempt": attempt}
        seed = seeds.derive("verifiers.code.order", **address)
        setting = Setting(shared_sandbox(), self.policy, seed)
        solution = Solution(found.extracted.text, found.files)
        outcomes = _run(solution, tests, setting, problem)
        return summarise(outcomes, found.extracted, total=_totals(tests), policy=self.policy)

    def verify_batch(self, pairs: Sequence[tuple[Problem, str]]) -> list[Verdict]:
        """Judge many at once over the sandbox's pool, in order."""
        with ThreadPoolExecutor(min(BATCH_THREADS, max(1, len(pairs)))) as pool:
            return list(pool.map(lambda pair: self.verify(*pair), pairs))

    def reference_response(self, problem: Problem) -> str | None:
        """The problem's worked solution."""
        return problem.solution

    def check_reference(self, problem: Problem) -> Verdict | None:
        """What the reference gets, run several times in different orders: it must always pass."""
        if problem.solution is None:
            return None
        runs = [self._attempt(problem, attempt) for attempt in range(self.policy.reference_runs)]
        worst = next((verdict for verdict in runs if not verdict.is_correct), runs[0])
        if worst.is_correct or worst.reason is Reason.INFRASTRUCTURE:
            return worst
        passed = sum(verdict.is_correct for verdict in runs)
        why = f"the reference passed {passed} of {len(runs)} runs: {dict(worst.evidence)}"
        return abstained(Reason.BAD_REFERENCE, ("flaky: " if passed else "") + why[:800])

    def _attempt(self, problem: Problem, attempt: int) -> Verdict:
        try:
            return self._judge(problem, problem.solution or "", attempt=attempt)
        except (DataError, BadTests) as error:
            return abstained(Reason.BAD_REFERENCE, str(error))
        except (NotJudged, SetupError) as error:
            return failed(str(error))

    @classmethod
    def sources(cls) -> list[Path]:
        """Every file of this folder, those that run inside the sandbox included."""
        return sorted(Path(__file__).parent.rglob("*.py"))


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _wanted(tests: Tests, policy: CodePolicy) -> Wanted:
    language = tests.preset.split("-")[0]
    entry_point = None if isinstance(tests, ProgramTests) else tests.entry_point
    return Wanted(language, entry_point, tests.main, policy.block)


def _run(solution: Solution, tests: Tests, setting: Setting, problem: Problem) -> list[Outcome]:
    if isinstance(tests, CallTests):
        return run_call_tests(solution, tests, setting)
    if isinstance(tests, ProgramTests):
        return run_program_tests(solution, tests, setting)
    return run_assertion_tests(solution, tests, setting, problem=problem)


def _totals(tests: Tests) -> dict[bool, int]:
    """How many cases there are, by hidden."""
    cases: Sequence[Any] = tests.groups if isinstance(tests, AssertionTests) else tests.cases
    hidden = sum(case.hidden for case in cases)
    return {True: hidden, False: len(cases) - hidden}


def summarise(
    outcomes: Sequence[Outcome],
    extracted: Extracted,
    *,
    total: dict[bool, int],
    policy: CodePolicy,
) -> Verdict:
    """One verdict of all outcomes. Passing needs every case to have run and passed."""
    passed = sum(outcome.passed for outcome in outcomes)
    count = total[True] + total[False]
    failure = next((outcome for outcome in outcomes if not outcome.passed), None)
    facts = {
        "extracted": extracted,
        "method": "sandboxed run",
        "certainty": f"tests: {count}",
        "evidence": _evidence(outcomes, total, failure),
    }
    if passed == count == len(outcomes) and count:
        return correct(**facts)
    if policy.score == "fraction" and 0 < passed < count:
        return Verdict(Reason.PARTIAL.status, Reason.PARTIAL, passed / count, **facts)
    return rejected(failure.reason if failure else Reason.WRONG, **facts)


def _evidence(
    outcomes: Sequence[Outcome], total: dict[bool, int], failure: Outcome | None
) -> dict[str, Any]:
    """Small JSON facts: level, rates by visibility, the first failure; no expected values."""
    levels = sorted({o.level for o in outcomes if o.level}, key=lambda level: level.strength)
    evidence: dict[str, Any] = {"level": str(levels[0]) if levels else None}
    for name, hidden in (("visible", False), ("hidden", True)):
        ran = [outcome for outcome in outcomes if outcome.hidden is hidden]
        if total[hidden]:
            counts = {"passed": sum(o.passed for o in ran), "ran": len(ran), "total": total[hidden]}
            evidence[name] = counts
    for outcome in outcomes:
        for name, fact in outcome.facts.items():
            numbers = isinstance(fact, int) and isinstance(evidence.get(name, 0), int)
            evidence[name] = evidence.get(name, 0) + fact if numbers else fact
    if failure is not None:
        evidence["failure"] = {"why": failure.why[:300], "hidden": failure.hidden}
    return evidence
