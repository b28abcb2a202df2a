"""Program tests: standard input goes into a sandbox, bytes come out, and are compared here."""

from __future__ import annotations

import random
from dataclasses import replace
from functools import partial

from verigrad.core.verdict import Reason
from verigrad.sandbox import Job
from verigrad.verifiers.code import outputs
from verigrad.verifiers.code.checkers import ask_checker
from verigrad.verifiers.code.outcome import (
    MIN_OUTPUT_BYTES,
    Outcome,
    Setting,
    Solution,
    run_all,
    unfinished,
)
from verigrad.verifiers.code.tests_data import Comparator, ProgramCase, ProgramTests

ENTRY_FILES = {
    "c": "main.c",
    "cpp": "main.cpp",
    "javascript": "main.js",
    "perl": "main.pl",
    "ruby": "main.rb",
    "rust": "main.rs",
    "shell": "main.sh",
}


def entry_file(tests: ProgramTests) -> str:
    """The name a program's entry file gets: `main.py` unless the preset is another language's."""
    return tests.main or ENTRY_FILES.get(tests.preset, "main.py")


def run_program_tests(solution: Solution, tests: ProgramTests, setting: Setting) -> list[Outcome]:
    """The outcomes of the cases, each in a process of its own, in the order they were run."""
    cases = list(tests.cases)
    if setting.policy.shuffle and not tests.stateful:
        random.Random(setting.seed).shuffle(cases)
    checks = [(case.hidden, partial(_run_one, solution, tests, case, setting)) for case in cases]
    stop_early = setting.policy.stop_early and setting.policy.score == "all"
    return run_all(checks, stop_early=stop_early)


def _run_one(
    solution: Solution, tests: ProgramTests, case: ProgramCase, setting: Setting
) -> Outcome:
    expected_bytes = len(case.stdout.encode("utf-8", "surrogatepass"))
    due = max(MIN_OUTPUT_BYTES, 4 * expected_bytes)
    files = {entry_file(tests): solution.source, **dict(solution.files)}
    job = Job(
        preset=tests.preset,
        entry=entry_file(tests),
        files={name: text.encode("utf-8", "surrogatepass") for name, text in files.items()},
        stdin=case.stdin.encode("utf-8", "surrogatepass"),
        limits=setting.limits(tests, output_bytes=min(due, setting.policy.output_bytes)),
        minimum=setting.policy.minimum_level,
    )
    result = setting.sandbox.run(job)
    early = unfinished(result)
    if early is not None:
        return early
    if result.stdout_cut:
        return Outcome(Reason.OVER_LIMIT, "the output was cut", level=result.level)
    comparator = case.comparator or tests.comparator
    if comparator.kind == "checker" and comparator.checker is not None:
        outcome = _ask(comparator.checker, result.stdout, tests, case, setting)
        return replace(outcome, level=result.level)
    if matches(comparator, result.stdout, case.stdout):
        return Outcome(Reason.CORRECT, level=result.level)
    shown = result.stdout[:200].decode("utf-8", "backslashreplace")
    return Outcome(Reason.WRONG, f"another output: {shown!r}", level=result.level)


def matches(comparator: Comparator, got: bytes, expected: str) -> bool:
    """Whether a comparator for programs accepts the bytes; False for one that is for functions."""
    if comparator.kind == "exact":
        return outputs.exact(got, expected)
    if comparator.kind == "lines":
        return outputs.lines(got, expected)
    if comparator.kind == "tokens":
        return outputs.tokens(got, expected, ignore_case=comparator.ignore_case)
    if comparator.kind == "unordered_lines":
        return outputs.unordered_lines(got, expected)
    if comparator.kind == "json":
        return outputs.json_equal(got, expected)
    if comparator.kind == "floats":
        tolerance = {"absolute": comparator.absolute, "relative": comparator.relative}
        return outputs.floats(got, expected, **tolerance)
    return False


def _ask(
    source: str, got: bytes, tests: ProgramTests, case: ProgramCase, setting: Setting
) -> Outcome:
    try:
        output = got.decode("utf-8")
    except UnicodeDecodeError:
        return Outcome(Reason.WRONG, "the output is not UTF-8")
    question = {"input": case.stdin, "output": output, "expected": case.stdout}
    return ask_checker(source, question, tests=tests, setting=setting)
