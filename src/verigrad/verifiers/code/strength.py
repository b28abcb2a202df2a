"""How much a problem's tests can tell: mutants of the reference that they catch.

A weak suite pays for wrong programs, however safe the sandbox. So, before training: change the
reference in small ways, keep the changes that give another result on the tests' own inputs or on
variations of them, and count how many of those the tests reject.
"""

from __future__ import annotations

import json
import random
from dataclasses import dataclass, replace
from typing import Any

from verigrad.core.errors import DataError
from verigrad.core.types import Problem
from verigrad.sandbox import shared_sandbox
from verigrad.verifiers.code.assertions import record_inputs
from verigrad.verifiers.code.calls import call_in_sandbox
from verigrad.verifiers.code.child.codec import decode
from verigrad.verifiers.code.frames import BadFrames, read_frames
from verigrad.verifiers.code.generated import tests_of
from verigrad.verifiers.code.mutants import Mutant, mutants
from verigrad.verifiers.code.outcome import Setting, Solution
from verigrad.verifiers.code.tests_data import (
    AssertionTests,
    CallCase,
    CallTests,
    ProgramTests,
)
from verigrad.verifiers.code.variations import vary
from verigrad.verifiers.code.verifier import Code

MAX_INPUTS = 40


@dataclass(frozen=True, slots=True)
class Strength:
    """What became of the mutants.

    caught: rejected by the tests. missed: accepted, although they behave differently on some
    input. alike: accepted, and no different behaviour was found (most are no change at all).
    """

    caught: tuple[Mutant, ...]
    missed: tuple[Mutant, ...]
    alike: tuple[Mutant, ...]

    @property
    def score(self) -> float | None:
        """The share of differing mutants that the tests catch; None where there were none."""
        differing = len(self.caught) + len(self.missed)
        return len(self.caught) / differing if differing else None


def measure_strength(
    problem: Problem, verifier: Code, *, num_mutants: int = 20, seed: int = 0
) -> Strength:
    """Mutate the problem's worked solution and judge the mutants with its own tests.

    DataError where the problem has no worked solution or its tests no entry point.
    """
    tests = tests_of(problem)
    if problem.solution is None or isinstance(tests, ProgramTests):
        raise DataError(
            "the strength of these tests cannot be measured",
            cause="no worked solution, or tests of a program rather than a function",
        )
    found = mutants(problem.solution, entry_point=tests.entry_point, limit=num_mutants, seed=seed)
    verdicts = verifier.verify_batch([(problem, mutant.source) for mutant in found])
    caught = [m for m, verdict in zip(found, verdicts, strict=True) if not verdict.is_correct]
    passed = [m for m, verdict in zip(found, verdicts, strict=True) if verdict.is_correct]
    setting = Setting(shared_sandbox(), verifier.policy, seed)
    inputs = widened(inputs_of(problem, setting), seed=seed)
    expected = behaviour(problem.solution, tests, inputs, setting)
    alike = [m for m in passed if behaviour(m.source, tests, inputs, setting) == expected]
    missed = [m for m in passed if m not in alike]
    return Strength(tuple(caught), tuple(missed), tuple(alike))


def inputs_of(problem: Problem, setting: Setting) -> list[CallCase]:
    """The calls that a problem's tests make, without expected values."""
    tests = tests_of(problem)
    if isinstance(tests, CallTests):
        return [replace_expected(case) for case in tests.cases]
    if isinstance(tests, AssertionTests):
        solution = Solution(problem.solution or "")
        trees = record_inputs(solution, tests, setting, problem=problem)
        return [
            CallCase(args=decode(a)[:], kwargs=decode(k), expected=None) for a, k in _plain(trees)
        ]
    return []


def _plain(trees: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """Calls whose arguments are plain; the tuple of positional arguments as a list."""
    kept = [(["l", *a[1:]], k) for a, k in trees if '["h"' not in json.dumps([a, k])]
    return kept[:MAX_INPUTS]


def replace_expected(case: CallCase) -> CallCase:
    """The case's inputs alone."""
    return case.model_copy(update={"expected": None, "comparator": None})


def widened(cases: list[CallCase], *, seed: int) -> list[CallCase]:
    """The cases and as many variations of each."""
    rng = random.Random(seed)
    varied = [
        case.model_copy(update={"args": [vary(argument, rng) for argument in case.args]})
        for case in cases
        for _ in range(2)
    ]
    return [*cases, *varied][: 3 * MAX_INPUTS]


def behaviour(
    source: str, tests: CallTests | AssertionTests, cases: list[CallCase], setting: Setting
) -> list[Any]:
    """What `source` answers to each case, as replies of the wire; a final mark for how it ended."""
    entry = {"entry_point": tests.entry_point, "preset": tests.preset}
    calls = CallTests.model_validate({**entry, "cases": [{"expected": None}]})
    patient = replace(setting, policy=setting.policy.model_copy(update={"time_limit_s": 1.0}))
    result, nonce = call_in_sandbox(Solution(source), calls, cases, patient)
    try:
        replies = read_frames(result.message, nonce=nonce, count=len(cases))
    except BadFrames:
        replies = []
    return [*replies, str(result.status)]
