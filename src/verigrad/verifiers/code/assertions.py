"""Assert-style tests: test source and candidate in two sandboxed processes, a pipe between them.

The candidate's process holds no test, no expected value and no verdict; the tests' process sees
plain values only, and its verdict comes with a nonce and a count of the asserts that held.
"""

from __future__ import annotations

import importlib.util
import json
from functools import partial
from typing import Any

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.sandbox import Job, Limits, Result, Status
from verigrad.verifiers.code.frames import BadFrames
from verigrad.verifiers.code.helpers import trusted_helpers
from verigrad.verifiers.code.outcome import (
    BadTests,
    NotJudged,
    Outcome,
    Setting,
    Solution,
    run_all,
    unfinished,
)
from verigrad.verifiers.code.packing import ENTRY, compiled, job_files, message, new_nonce
from verigrad.verifiers.code.rewriting import Prepared, prepare
from verigrad.verifiers.code.tests_data import AssertionGroup, AssertionTests

_TEST_PROGRAM = ("codec", "run_asserts")
_CANDIDATE_PROGRAM = ("codec", "solution", "serve_peer")
_EXTRA_S = 0.25  # the tests' side outlives the candidate's limit, to see it end


def run_assertion_tests(
    solution: Solution, tests: AssertionTests, setting: Setting, *, problem: Problem
) -> list[Outcome]:
    """The outcomes of the groups of asserts, each in two processes of its own."""
    checks = [
        (group.hidden, partial(_run_group, solution, tests, group, setting, problem))
        for group in tests.groups
    ]
    stop_early = setting.policy.stop_early and setting.policy.score == "all"
    return run_all(checks, stop_early=stop_early)


def prepare_group(
    tests: AssertionTests, group: AssertionGroup, problem: Problem, *, helpers: str
) -> tuple[Prepared, tuple[str, ...]]:
    """The group's source made ready, and the names it will take from the candidate.

    Names that the tests use and do not define come from the prompt's code or the worked solution;
    BadTests where they do not, unless `helpers` lets them come from the candidate.
    """
    own = (tests.entry_point, *tests.names)
    prepared = prepare(group.source, prelude=tests.prelude, own=own)
    if not prepared.needs or helpers == "candidate":
        return prepared, prepared.needs
    source = trusted_helpers(problem, prepared.needs, own=own)
    if source:
        return prepare(group.source, prelude=f"{source}\n{tests.prelude}", own=own), ()
    if helpers == "auto" and not problem.question.strip():
        return prepared, prepared.needs
    needs = ", ".join(prepared.needs)
    raise BadTests(
        f"the tests use {needs}, which nothing trusted defines; give it as `prelude`, or in "
        "`names` if the candidate is to define it"
    )


def _run_group(
    solution: Solution,
    tests: AssertionTests,
    group: AssertionGroup,
    setting: Setting,
    problem: Problem,
) -> Outcome:
    judged, served, nonce, borrowed = _run_pair(solution, tests, group, setting, problem)
    outcome = _understand(judged, served, nonce=nonce)
    facts = {**outcome.facts, **({"helpers_from_candidate": list(borrowed)} if borrowed else {})}
    return Outcome(outcome.reason, outcome.why, level=served.level, facts=facts)


def _run_pair(
    solution: Solution,
    tests: AssertionTests,
    group: AssertionGroup,
    setting: Setting,
    problem: Problem,
    *,
    record: bool = False,
) -> tuple[Result, Result, str, tuple[str, ...]]:
    """Both results, the nonce of the verdict, and the names that were borrowed."""
    prepared, borrowed = prepare_group(tests, group, problem, helpers=setting.policy.helpers)
    head = tests.entry_point.split(".")[0]
    nonce = new_nonce()
    names = [head, *tests.names, *borrowed]
    first = _test_job(prepared, tests, setting, nonce=nonce, names=names, record=record)
    second = _candidate_job(solution, tests, setting, names=names)
    judged, served = setting.sandbox.run_pair(first, second)
    return judged, served, nonce, borrowed


def record_inputs(
    solution: Solution, tests: AssertionTests, setting: Setting, *, problem: Problem
) -> list[tuple[Any, Any]]:
    """The (args, kwargs) trees that the tests called the entry point with, for the reference."""
    found: list[tuple[Any, Any]] = []
    for group in tests.groups:
        judged, _, nonce, _ = _run_pair(solution, tests, group, setting, problem, record=True)
        calls = _verdict(judged.message, nonce).get("inputs") or []
        found += [(args, kwargs) for name, args, kwargs in calls if name == tests.entry_point]
    return found


def _test_job(
    prepared: Prepared,
    tests: AssertionTests,
    setting: Setting,
    *,
    nonce: str,
    names: list[str],
    record: bool,
) -> Job:
    request = {
        "nonce": nonce,
        "names": names,
        "entry_point": tests.entry_point,
        "record": record,
        "seed": setting.seed,
        "shuffle": setting.policy.shuffle and not tests.stateful,
        "test_cases": prepared.test_cases,
    }
    limits = setting.limits(tests)
    return Job(
        preset=tests.preset,
        entry=ENTRY,
        files=job_files(),
        message=message(
            _TEST_PROGRAM,
            json.dumps(request).encode(),
            importlib.util.MAGIC_NUMBER,
            compiled(prepared.text, filename="tests.py"),
            prepared.text.encode("utf-8", "surrogatepass"),
        ),
        limits=Limits(
            wall_s=limits.wall_s + _EXTRA_S,
            cpu_s=limits.cpu_s + 1,
            memory_mb=limits.memory_mb,
            processes=limits.processes,
            output_bytes=limits.output_bytes,
        ),
        minimum=setting.policy.minimum_level,
    )


def _candidate_job(
    solution: Solution, tests: AssertionTests, setting: Setting, *, names: list[str]
) -> Job:
    request = {"source": solution.source, "names": names}
    return Job(
        preset=tests.preset,
        entry=ENTRY,
        files=job_files(solution.files),
        message=message(_CANDIDATE_PROGRAM, json.dumps(request).encode()),
        limits=setting.limits(tests),
        minimum=setting.policy.minimum_level,
    )


def _understand(judged: Result, served: Result, *, nonce: str) -> Outcome:
    """The outcome of a pair. Only the tests' own frame, after their own clean end, can pass."""
    if Status.FAILED in (judged.status, served.status):
        raise NotJudged(judged.why or served.why)
    blamed = unfinished(served) if served.status.hit_budget else None
    early = unfinished(judged)
    if early is not None:
        return blamed or early
    verdict = _verdict(judged.message, nonce)
    facts: dict[str, object] = {"asserts": verdict.get("asserts"), "calls": verdict.get("calls")}
    if verdict.get("ok") is True:
        if type(verdict.get("asserts")) is int and verdict["asserts"] > 0:
            return Outcome(Reason.CORRECT, facts=facts)
        return Outcome(Reason.WRONG, "the tests ended without one assert", facts=facts)
    return blamed or _failure(verdict, served, facts)


def _failure(verdict: dict[str, Any], served: Result, facts: dict[str, object]) -> Outcome:
    error, text = verdict.get("error"), verdict.get("text")
    if verdict.get("own") and error in ("UnknownType", "ModuleNotFoundError", "ImportError"):
        what = "cannot be sent to a candidate" if error == "UnknownType" else "is missing there"
        raise BadTests(f"the tests need something that {what}: {text}")
    if error == "Gone" and "SyntaxError" in str(text):
        return Outcome(Reason.MALFORMED, str(text), facts=facts)
    if error == "Gone" and served.status is Status.SIGNALLED:
        died = unfinished(served)
        return Outcome(died.reason if died else Reason.WRONG, died.why if died else "", facts=facts)
    return Outcome(Reason.WRONG, f"{error}: {text}"[:300], facts=facts)


def _verdict(data: bytes, nonce: str) -> dict[str, Any]:
    """The one frame of the tests' process. It holds a JSON object: the tests are trusted."""
    header, _, body = data.partition(b"\n")
    parts = header.split(b" ")
    if (
        parts[:2] != [nonce.encode(), b"0"]
        or len(parts) != 3
        or str(len(body)) != parts[2].decode()
    ):
        return {"ok": False, "error": "BadFrames", "text": "the tests wrote no verdict"}
    try:
        verdict = json.loads(body)
    except ValueError as error:
        raise BadFrames(str(error)) from None
    return verdict if isinstance(verdict, dict) else {}
