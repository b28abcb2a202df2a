"""GSM8K as it is: every reference is extracted, and passes the verifier that will judge it."""

import os
import re
from pathlib import Path

import pytest

from verigrad.tasks.dataset import RowsSource
from verigrad.tasks.lint import lint
from verigrad.tasks.references import ReferenceForm
from verigrad.verifiers import TABLE

DATA = Path(os.environ.get("VERIGRAD_DATA", Path(__file__).parents[3] / "../shared/data"))
GSM8K = DATA / "gsm8k"

pytestmark = pytest.mark.skipif(
    not GSM8K.is_dir(), reason=f"real data not found in {GSM8K} (set VERIGRAD_DATA)"
)


@pytest.fixture(scope="module")
def gsm8k():
    return RowsSource.from_file(
        GSM8K / "train.jsonl", held_out_path=GSM8K / "test.jsonl", task="gsm8k"
    )


def test_all_8792_references_are_numbers_with_a_worked_solution(gsm8k):
    assert gsm8k.reader.columns.form is ReferenceForm.HASH
    problems = [*gsm8k.problems("train"), *gsm8k.problems("held_out")]
    assert len(problems) == 7_473 + 1_319 == 8_792
    for problem in problems:
        assert re.fullmatch(r"-?[\d,]+(\.\d+)?", problem.answer), problem
        assert problem.solution.endswith(f"\n\\boxed{{{problem.answer}}}")
        assert "<<" not in problem.solution


def test_references_and_worked_solutions_pass_the_math_verifier_and_lint(gsm8k):
    verifier = TABLE.load("math")()

    def check(problem):
        for response in (verifier.reference_response(problem), problem.solution):
            if not verifier.verify(problem, response).is_correct:
                return response
        return None

    report = lint(gsm8k.problems("train"), gsm8k.problems("held_out"), check_reference=check)
    assert report.num_problems == 8_792
    assert not report.is_fatal, "\n".join(report.lines(fatal_only=True))
