"""Generated tests: inputs from a generator, outputs from the reference, kept where repeatable."""

import pytest

from verigrad.core.errors import DataError
from verigrad.core.types import Message, Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.code import Code
from verigrad.verifiers.code.generated import generate_tests

GENERATOR = "def generate(rng):\n    return [rng.randint(0, 5), (rng.random(), 1)]\n"


pytestmark = pytest.mark.usefixtures("local")


def make(reference: str, generator: str = GENERATOR, *, num_cases: int = 10, seed: int = 3) -> dict:
    return generate_tests(generator, reference, entry_point="f", num_cases=num_cases, seed=seed)


def test_generated_tests_judge() -> None:
    reference = "def f(n, pair):\n    return (n, {pair[1]})\n"
    tests = make(reference)
    assert make(reference) == tests != make(reference, seed=4)
    assert len(tests["cases"]) == 10
    assert all(case["hidden"] for case in tests["cases"])
    problem = Problem.of("?", tests)
    assert Code().verify(problem, reference).is_correct
    assert not Code().verify(problem, "def f(n, pair):\n    return (n, {2})").is_correct


def test_inputs_are_kept_once_and_refused_ones_left_out() -> None:
    tests = make(
        "def f(n):\n    return 6 // n", "def generate(rng):\n    return [rng.randint(0, 2)]"
    )
    assert sorted((case["args"], case["expected"]) for case in tests["cases"]) == [
        ("[1]", "6"),
        ("[2]", "3"),
    ]


@pytest.mark.parametrize(
    ("reference", "generator"),
    [
        ("def f(n):\n    return object()", "def generate(rng):\n    return [1]"),
        ("import os\ndef f(n):\n    return os.urandom(8)", "def generate(rng):\n    return [1]"),
        ("def f(n):\n    return 1", "def generate(rng):\n    return 1 / 0"),
        ("def f(n) return", "def generate(rng):\n    return [1]"),
        ("import os\nos._exit(0)", "def generate(rng):\n    return [1]"),
    ],
)
def test_programs_that_do_not_answer_are_errors(reference: str, generator: str) -> None:
    with pytest.raises(DataError):
        make(reference, generator)


def generated(solution: str | None, **more: object) -> Problem:
    answer = {"entry_point": "f", "generator": GENERATOR, "num_cases": 6, **more}
    return Problem((Message("user", "Write f."),), answer, solution=solution)


def test_a_generator_may_stand_in_the_problem() -> None:
    """As Kimi k1.5 makes tests: inputs drawn, outputs by the reference, every case hidden."""
    problem = generated("def f(n, pair):\n    return n + pair[0]\n")
    verdict = Code().verify(problem, "def f(n, pair):\n    return pair[0] + n\n")
    assert verdict.is_correct
    assert verdict.evidence["hidden"] == {"passed": 6, "ran": 6, "total": 6}
    assert "visible" not in verdict.evidence
    assert Code().verify(problem, "def f(n, pair):\n    return n + pair[1]\n").score == 0.0
    assert Code().check_reference(problem).is_correct


def test_a_comparator_goes_with_generated_cases() -> None:
    solution = "def f(n, pair):\n    return n + pair[0]\n"
    close = "def f(n, pair):\n    return n + pair[0] + 1e-4\n"
    loose = {"kind": "floats", "absolute": 1e-3, "relative": 0.0}
    assert not Code().verify(generated(solution), close).is_correct
    assert Code().verify(generated(solution, comparator=loose), close).is_correct


@pytest.mark.parametrize("solution", [None, "def f(n, pair):\n    return 1 / 0\n"])
def test_without_an_answering_reference_the_problem_is_abstained_from(solution: str | None) -> None:
    verdict = Code().verify(generated(solution), "def f(n, pair):\n    return n\n")
    assert verdict.reason is Reason.BAD_REFERENCE


def test_a_sandbox_that_fails_is_not_the_generators_fault() -> None:
    missing = generated("def f(n, pair):\n    return n\n", preset="no-such-preset")
    assert Code().verify(missing, "def f(n, pair):\n    return n\n").reason is Reason.INFRASTRUCTURE
