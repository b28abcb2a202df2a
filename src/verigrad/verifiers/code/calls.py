"""Function tests: arguments go into a sandbox, values come out, and are compared here."""

from __future__ import annotations

import json
import random
from dataclasses import replace
from functools import partial
from typing import Any

from verigrad.core.verdict import Reason
from verigrad.sandbox import Job, Result
from verigrad.verifiers.code import values
from verigrad.verifiers.code.checkers import ask_checker
from verigrad.verifiers.code.child.codec import encode
from verigrad.verifiers.code.frames import BadFrames, read_frames
from verigrad.verifiers.code.outcome import (
    Outcome,
    Setting,
    Solution,
    run_all,
    unfinished,
)
from verigrad.verifiers.code.packing import ENTRY, job_files, message, new_nonce
from verigrad.verifiers.code.tests_data import CallCase, CallTests

_PROGRAM = ("codec", "solution", "serve_calls")


def run_call_tests(solution: Solution, tests: CallTests, setting: Setting) -> list[Outcome]:
    """The outcomes of the cases, in the order they were run."""
    cases = list(tests.cases)
    if setting.policy.shuffle and not tests.stateful:
        random.Random(setting.seed).shuffle(cases)
    if tests.stateful or not setting.policy.fresh_process:
        return _run_together(solution, tests, cases, setting)
    checks = [(case.hidden, partial(_run_one, solution, tests, case, setting)) for case in cases]
    return run_all(checks, stop_early=_stops_early(setting))


def _stops_early(setting: Setting) -> bool:
    return setting.policy.stop_early and setting.policy.score == "all"


def _run_one(solution: Solution, tests: CallTests, case: CallCase, setting: Setting) -> Outcome:
    return _run_together(solution, tests, [case], setting)[0]


def _run_together(
    solution: Solution, tests: CallTests, cases: list[CallCase], setting: Setting
) -> list[Outcome]:
    """All `cases` in one process; where it ends early, the rest share the reason."""
    result, nonce = call_in_sandbox(solution, tests, cases, setting)
    early = unfinished(result)
    try:
        replies = read_frames(result.message, nonce=nonce, count=len(cases)) if not early else []
    except BadFrames as error:
        early, replies = Outcome(Reason.MALFORMED, str(error), level=result.level), []
    missing = early or Outcome(Reason.WRONG, "left without answering", level=result.level)
    outcomes = []
    for index, case in enumerate(cases):
        if index < len(replies) and _is_import(replies):
            outcome = _import_failed(replies[0])
        elif index < len(replies):
            outcome = _judge_reply(replies[index], tests, case, setting)
        else:
            outcome = _import_failed(replies[0]) if _is_import(replies) else missing
        outcomes.append(replace(outcome, hidden=case.hidden, level=result.level))
    return outcomes


def call_in_sandbox(
    solution: Solution, tests: CallTests, cases: list[CallCase], setting: Setting
) -> tuple[Result, str]:
    """Run the calls of `cases` in one fresh process; its result and the nonce of its frames."""
    nonce = new_nonce()
    request = {
        "nonce": nonce,
        "source": solution.source,
        "entry_point": tests.entry_point,
        "cases": [_inputs(case) for case in cases],
    }
    job = Job(
        preset=tests.preset,
        entry=ENTRY,
        files=job_files(solution.files),
        message=message(_PROGRAM, json.dumps(request).encode()),
        limits=setting.limits(tests),
        minimum=setting.policy.minimum_level,
    )
    return setting.sandbox.run(job), nonce


def _inputs(case: CallCase) -> dict[str, Any]:
    """What the candidate may know of a case: never what is expected."""
    calls = None if case.calls is None else [[name, encode(args)] for name, args in case.calls]
    return {"args": encode(case.args), "kwargs": encode(case.kwargs), "calls": calls}


def _is_import(replies: list[Any]) -> bool:
    return bool(replies) and isinstance(replies[0], list) and replies[0][:1] == ["import"]


def _import_failed(reply: list[Any]) -> Outcome:
    reason = Reason.MALFORMED if "SyntaxError" in reply[1:2] else Reason.WRONG
    return Outcome(reason, f"the solution cannot be imported: {str(reply[1:])[:300]}")


def _judge_reply(reply: Any, tests: CallTests, case: CallCase, setting: Setting) -> Outcome:
    if not isinstance(reply, list) or len(reply) != 2 or reply[0] != "value":
        return Outcome(Reason.WRONG, f"no plain value came back: {str(reply)[:300]}")
    comparator = case.comparator or tests.comparator
    got, expected = reply[1], encode(case.expected)
    as_json = not tests.literals
    if comparator.kind == "checker" and comparator.checker is not None:
        question = {"input": encode(case.args), "output": got, "expected": expected}
        return ask_checker(comparator.checker, question, tests=tests, setting=setting)
    if comparator.kind == "exact":
        same = values.equal(got, expected, as_json=as_json)
    elif comparator.kind == "floats":
        tolerance = {"absolute": comparator.absolute, "relative": comparator.relative}
        same = values.close(got, expected, **tolerance, as_json=as_json)
    elif comparator.kind == "unordered":
        same = values.unordered(got, expected, as_json=as_json)
    else:
        same = False
    if same:
        return Outcome(Reason.CORRECT)
    return Outcome(Reason.WRONG, f"another value: {json.dumps(got)[:200]}")
