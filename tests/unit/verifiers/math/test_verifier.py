"""The contract: references, policies, explanations, and the same verdict wherever it is asked for."""

from __future__ import annotations

import asyncio
import json
import multiprocessing
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from pathlib import Path

import pytest
from pydantic import ValidationError

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Status
from verigrad.tasks.lint import lint
from verigrad.verifiers import TABLE
from verigrad.verifiers.math import Math, MathPolicy, verify

FOLDER = Path(__file__).parents[3] / "cases" / "math"


def test_the_registry_names_it():
    assert TABLE.load("math") is Math


@pytest.mark.parametrize("answer_in", ["auto", "boxed", "hash", "anchor", "tag", "whole"])
@pytest.mark.parametrize("answer", ["18", r"\frac{1}{2}", "x^2+1", "so 3*6\n#### 18", "A: 18"])
def test_reference_response_passes(answer, answer_in):
    verifier = Math(answer_in=answer_in)
    problem = Problem.of("?", answer)
    verdict = verifier.verify(problem, verifier.reference_response(problem))
    assert verdict.is_correct
    assert verdict.extracted is not None


@pytest.mark.parametrize(
    "answer", ["", "  ", "(1", r"\frac{1}{0}", r"\lim_{x \to 0} f(x)", None, 7, ["1"]]
)
def test_a_reference_that_cannot_be_judged_is_abstained_from(answer):
    verdict = Math().verify(Problem.of("?", answer), r"\boxed{1}")
    assert verdict.status is Status.ABSTAINED
    assert verdict.reason is Reason.BAD_REFERENCE
    assert verdict.score is None


@pytest.mark.parametrize(
    ("response", "reference", "reason"),
    [
        (r"\boxed{1}", "2", Reason.WRONG),
        (r"\boxed{9^{9^{9^9}}}", "2", Reason.UNDECIDED),
        ("no idea", "2", Reason.NO_ANSWER),
        (r"\boxed{1} \boxed{2}", "2", Reason.AMBIGUOUS),
        (r"\boxed{2 \text{ or } 3}", "2", Reason.AMBIGUOUS),
        (r"\boxed{2", "2", Reason.MALFORMED),
        (r"\boxed{(2}", "2", Reason.MALFORMED),
        (r"\boxed{" + "(" * 200 + "2" + ")" * 200 + "}", "2", Reason.OVER_LIMIT),
        (r"\boxed{" + "1" * 30_000 + "}", "2", Reason.OVER_LIMIT),
    ],
)
def test_reasons(response, reference, reason):
    verdict = verify(response, reference)
    assert verdict.reason is reason
    assert verdict.score == 0.0


def test_bad_references_are_found_and_listed_when_a_task_is_loaded():
    answers = ["18", r"\frac{1}{0}", "(1", r"\frac{1}{2}", r"\lim_{x \to 0} f(x)"]
    problems = [Problem.of(f"question {n}?", answer) for n, answer in enumerate(answers)]

    def fault(problem: Problem) -> str | None:
        verdict = Math().check_reference(problem)
        assert verdict is not None
        return None if verdict.is_correct else f"{verdict.reason}: {verdict.evidence['why']}"

    report = lint(problems, [], check_reference=fault)
    assert report.is_fatal
    assert report.count("rejected_reference") == 3
    shown = " ".join(example for finding in report.findings for example in finding.examples)
    assert "does not equal itself" in shown
    assert "cannot be read" in shown


def test_a_verdict_explains_itself():
    verdict = verify(r"It is $\boxed{\sqrt{12}}$.", r"2\sqrt{3}")
    assert verdict.extracted.text == r"\sqrt{12}"
    assert (verdict.extracted.start, verdict.extracted.end) == (14, 23)
    assert verdict.canonical_response == verdict.canonical_reference == "2*3^(1/2)"
    assert (verdict.method, verdict.certainty) == ("normal form", "exact")


@pytest.mark.parametrize(
    ("response", "reference", "certainty"),
    [
        ("0.5", r"\frac12", "exact"),
        (r"\sqrt[3]{2+\sqrt5}", r"\frac{1+\sqrt5}{2}", "exact"),
        (r"2^{10^{9}}", r"4^{5 \cdot 10^8}", "probabilistic: error < 2^-80"),
        (r"\arctan 1+\arctan 2+\arctan 3", r"\pi", "numerical"),
        ("Tuesday", "tuesday", "structural"),
    ],
)
def test_certainty_is_recorded(response, reference, certainty):
    verdict = verify(f"\\boxed{{{response}}}", reference)
    assert verdict.is_correct
    assert verdict.certainty.startswith(certainty)


def test_numerical_agreement_can_be_refused():
    response, reference = r"\boxed{\arctan 1+\arctan 2+\arctan 3}", r"\pi"
    assert verify(response, reference).is_correct
    assert verify(response, reference, least_certainty="exact").reason is Reason.UNDECIDED


def test_the_digest_follows_the_policy():
    assert Math().digest == Math(MathPolicy()).digest
    assert Math().digest != Math(percent="number").digest
    with pytest.raises(ValidationError):
        Math(tolerance=0.1)


def test_the_digest_covers_extraction():
    names = {path.parent.name for path in Math.sources()}
    assert names == {"math", "extract"}


def judge_everything(chunk: list[tuple[str, str]]) -> list[str]:
    return [str(verify(response, reference).reason) for response, reference in chunk]


def everything() -> list[tuple[str, str]]:
    found = []
    for path in sorted(FOLDER.glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            found.append((row["response"], row["reference"]))
    return found


def test_the_same_verdict_in_threads_asyncio_and_processes():
    pairs = everything()
    expected = judge_everything(pairs)
    halves = [pairs[::2], pairs[1::2]]
    with ThreadPoolExecutor(4) as threads:
        got = list(threads.map(judge_everything, [[pair] for pair in pairs]))
    assert [reasons[0] for reasons in got] == expected

    async def in_loop() -> list[list[str]]:
        return await asyncio.gather(*(asyncio.to_thread(judge_everything, half) for half in halves))

    for mode in ("fork", "spawn"):
        with ProcessPoolExecutor(2, mp_context=multiprocessing.get_context(mode)) as processes:
            first, second = processes.map(judge_everything, halves)
        assert (first, second) == (expected[::2], expected[1::2])
    first, second = asyncio.run(in_loop())
    assert (first, second) == (expected[::2], expected[1::2])


def test_no_module_evaluates_text():
    """`eval`, `exec`, `sympify`, `parse_expr`, `pickle` and signals stay out of these folders."""
    banned = ("eval(", "exec(", "sympify", "parse_expr", "pickle", "import signal", "import sympy")
    for path in Math.sources():
        source = path.read_text(encoding="utf-8").replace("_eval(", "")
        assert not [word for word in banned if word in source], path
