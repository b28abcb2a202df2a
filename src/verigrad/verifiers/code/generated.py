"""Tests from a generator of inputs and a reference that answers them, as Kimi k1.5 makes them.

Both run in sandboxes. A case is kept where the reference gives the same plain value twice.
"""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Any

from verigrad.core.errors import DataError
from verigrad.core.types import Problem
from verigrad.sandbox import Job, Status, shared_sandbox
from verigrad.verifiers.code.calls import call_in_sandbox
from verigrad.verifiers.code.child.codec import decode
from verigrad.verifiers.code.frames import BadFrames, read_frames
from verigrad.verifiers.code.outcome import NotJudged, Setting, Solution
from verigrad.verifiers.code.packing import ENTRY, job_files, message, new_nonce
from verigrad.verifiers.code.policy import CodePolicy
from verigrad.verifiers.code.tests_data import (
    CallCase,
    CallTests,
    GeneratedTests,
    Tests,
    read_tests,
)
from verigrad.verifiers.code.values import canonical

_PROGRAM = ("codec", "solution", "run_generator")


def tests_of(problem: Problem) -> Tests:
    """A problem's tests, drawn and answered first where its `answer` holds a generator of inputs.

    Equal generators, references and seeds give equal tests, kept for the next response. DataError
    where the tests cannot be read or made, NotJudged where the sandbox is to blame.
    """
    tests = read_tests(problem.answer)
    if not isinstance(tests, GeneratedTests):
        return tests
    if problem.solution is None:
        raise DataError(
            "generated tests need the problem's worked solution, which answers their inputs",
            where=tests.entry_point,
        )
    return _made(tests.model_dump_json(), problem.solution)


@lru_cache(maxsize=4096)
def _made(described: str, reference: str) -> CallTests:
    tests = GeneratedTests.model_validate_json(described)
    answer = generate_tests(
        tests.generator,
        reference,
        entry_point=tests.entry_point,
        num_cases=tests.num_cases,
        seed=tests.seed,
        preset=tests.preset,
    )
    own = tests.model_dump(exclude={"generator", "num_cases", "seed", "comparator"})
    made = read_tests(answer | own)
    assert isinstance(made, CallTests)
    return made.model_copy(update={"comparator": tests.comparator})


def generate_tests(
    generator: str,
    reference: str,
    *,
    entry_point: str,
    num_cases: int,
    seed: int,
    preset: str = "python",
) -> dict[str, Any]:
    """Hidden cases as a problem's `answer`: `generator` defines `generate(rng)` -> argument list.

    Equal inputs are kept once, so there may be fewer than `num_cases`; inputs on which the
    reference raises, or answers differently the second time, are left out. Values that JSON cannot
    say make the tests `literals`. DataError where nothing is left, or a program does not run.
    """
    setting = Setting(shared_sandbox(), CodePolicy(), seed)
    drawn = _draw(generator, num_cases, setting, preset=preset)
    cases = [CallCase(args=args, expected=None) for args in drawn]
    entry = {"entry_point": entry_point, "preset": preset, "cases": [{"expected": None}]}
    tests = CallTests.model_validate(entry)
    answers = [_answers(reference, tests, cases, setting) for _ in range(2)]
    kept = [
        {"args": repr(case.args), "expected": repr(decode(first[1])), "hidden": True}
        for case, first, second in zip(cases, *answers, strict=True)
        if first == second and first[0] == "value"
    ]
    if not kept:
        raise DataError("the reference answered none of the generated inputs", where=entry_point)
    return {"entry_point": entry_point, "literals": True, "cases": kept}


def _draw(generator: str, num_cases: int, setting: Setting, *, preset: str) -> list[list[Any]]:
    nonce = new_nonce()
    request = {"nonce": nonce, "source": generator, "seed": setting.seed, "count": num_cases}
    job = Job(
        preset=preset,
        entry=ENTRY,
        files=job_files(),
        message=message(_PROGRAM, json.dumps(request).encode()),
    )
    result = setting.sandbox.run(job)
    if result.status is Status.FAILED:
        raise NotJudged(result.why)
    try:
        frames = read_frames(result.message, nonce=nonce, count=1) if result.exited_cleanly else []
    except BadFrames:
        frames = []
    if not frames:
        said = result.why or result.stderr[-300:].decode("utf-8", "replace")
        raise DataError("the generator did not run", cause=said)
    different = {canonical(tree): tree for tree in frames[0]}
    return [list(decode(tree)) for tree in different.values()]


def _answers(
    reference: str, tests: CallTests, cases: list[CallCase], setting: Setting
) -> list[list[Any]]:
    """The reference's replies, one per case; raises DataError where it ends early."""
    result, nonce = call_in_sandbox(Solution(reference), tests, cases, setting)
    if result.status is Status.FAILED:
        raise NotJudged(result.why)
    try:
        replies = read_frames(result.message, nonce=nonce, count=len(cases))
    except BadFrames:
        replies = []
    if len(replies) != len(cases) or not result.exited_cleanly:
        said = str(replies[:1] or result.why or result.stderr[-300:])[:300]
        raise DataError("the reference did not answer every generated input", cause=said)
    return replies
