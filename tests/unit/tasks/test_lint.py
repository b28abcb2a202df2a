"""Lint: each fault is found, counted and shown, and the fatal ones end in one error."""

from dataclasses import replace

import pytest

from verigrad.core.errors import DataError
from verigrad.core.types import Problem
from verigrad.tasks.faults import Fault
from verigrad.tasks.lint import NUM_EXAMPLES, lint

GOOD = Problem.of("2+2?", "4")


def found(*problems, **settings):
    report = lint(problems, **settings)
    return {str(finding.fault): finding.count for finding in report.findings}


@pytest.mark.parametrize(
    ("problem", "fault"),
    [
        (Problem.of(" \n", "4"), "empty_prompt"),
        (Problem(prompt=(), answer="4"), "empty_prompt"),
        (Problem.of("2+2?", " "), "empty_reference"),
        (Problem.of("2+2?", None), "empty_reference"),
        (Problem.of("2+2?", []), "empty_reference"),
        (Problem.of("2+2?\n#### 4", "4"), "leaked_answer"),
        (Problem.of(r"2+2? Say \boxed{ 4 }", "4"), "leaked_answer"),
        (Problem.of("2+2? Answer: 4", "4"), "leaked_answer"),
        (Problem.of("2+2? The answer is $4$.", "4"), "leaked_answer"),
        (replace(Problem.of("Two, then two: four makes 4. Why?", "4"), solution="Two, then two: four makes 4"), "leaked_answer"),
        (Problem.of("2+\ud8002?", "4"), "broken_text"),
        (Problem.of("2+2?", "4\ud800"), "broken_text"),
        (Problem.of("caf\u00c3\u00a9?", "4"), "doubtful_text"),
        (Problem.of("it\u00e2\u20ac\u2122s?", "4"), "doubtful_text"),
        (Problem.of("2\x002?", "4"), "doubtful_text"),
        (Problem.of("caf\ufffd?", "4"), "doubtful_text"),
        (Problem.of("Say 1234.", "1234"), "answer_in_prompt"),
    ],
)  # fmt: skip
def test_faults_of_one_problem(problem, fault):
    assert found(problem) == {fault: 1}


@pytest.mark.parametrize(
    "problem",
    [
        GOOD,
        Problem.of("There are 4 pens. How many pens?", "4"),
        Problem.of("The answer is 42 in one book. 2+2?", "4"),
        Problem.of("The answer is 4.5 elsewhere. 2+2?", "4"),
        Problem.of("Écris la réponse: 2+2 ?", "4"),
        Problem.of("12345678?", "1234"),
        Problem.of("Pass the tests.", ["assert f(1) == 2"]),
        Problem.of("Right?", False),
        Problem.of("Put your final answer in \\boxed{}.", "4"),
    ],
)
def test_sound_problems_have_none(problem):
    assert found(problem) == {}


def test_repeats_are_told_from_contradictions():
    assert found(GOOD, GOOD, Problem.of("2 + 2?", "4"), Problem.of("2+2? ", "4")) == {
        "duplicate": 2
    }
    assert found(GOOD, Problem.of("2+2?", "5")) == {"contradiction": 1}


def test_overlap_is_between_the_splits_only():
    report = lint(
        [GOOD, Problem.of("2+3?", "5")], [Problem.of("2+2?\n", "4"), Problem.of("1+1?", "2")]
    )
    assert report.count("overlap") == 1
    assert GOOD.id in report.findings[0].examples[0]
    with pytest.raises(DataError, match=r"^1 train problem with a held-out twin"):
        report.raise_if_fatal()


def test_references_are_judged_by_the_callable_once_they_are_there():
    def check(problem):
        return None if problem.answer.isdigit() else "wrong_form"

    problems = [Problem.of(f"{n}?", answer) for n, answer in enumerate(["4", "four", "", "five"])]
    assert found(*problems, check_reference=check) == {
        "rejected_reference": 2,
        "empty_reference": 1,
    }


def test_prompts_are_measured_by_the_callable():
    def count_tokens(problem):
        return len(problem.question)

    problems = [Problem.of("x" * n, "4") for n in (9, 10, 11)]
    report = lint(problems, count_tokens=count_tokens, max_prompt_tokens=10)
    assert report.count(Fault.PROMPT_TOO_LONG) == 1
    assert "11 tokens, room for 10" in report.findings[0].examples[0]
    with pytest.raises(TypeError):
        lint(problems, count_tokens=count_tokens)


def test_the_error_says_how_many_which_first_and_what_to_do():
    problems = [Problem.of(f"{n}?", "") for n in range(1_200)] + [GOOD, GOOD]
    report = lint(problems)
    with pytest.raises(DataError) as caught:
        report.raise_if_fatal(where="train.jsonl")
    error = caught.value
    assert error.what.startswith(
        "1,200 train problems with an empty reference:\n    problem 1: '0?'"
    )
    assert error.what.count("    problem") == NUM_EXAMPLES == 3
    assert "duplicate" not in str(error)
    assert (error.where, error.exit_code) == ("train.jsonl", 4)
    assert "1,202 problems" in error.cause
    assert "name the right answer column" in error.remedy


def test_an_allowed_fault_is_reported_and_not_fatal():
    report = lint([Problem.of("2+2?", "")], allow=["empty_reference"])
    report.raise_if_fatal()
    assert report.to_json() == [
        {
            "fault": "empty_reference",
            "split": "train",
            "count": 1,
            "fatal": False,
            "examples": ["problem 1: '2+2?' ('')"],
        }
    ]
    with pytest.raises(ValueError, match="empty_referense"):
        lint([GOOD], allow=["empty_referense"])


def test_broken_text_can_still_be_printed():
    report = lint([Problem.of("2+\ud8002?", "4")])
    "\n".join(report.lines()).encode("utf-8")


def test_no_faults_no_error():
    report = lint([GOOD], [Problem.of("2+3?", "5")])
    report.raise_if_fatal()
    assert not report.is_fatal
    assert report.num_problems == 2
