"""Real problems: references pass, null answers never do, mutants fall where the tests can tell."""

import gzip
import json
import os
from pathlib import Path

import pytest

from verigrad.core.types import Problem
from verigrad.core.verdict import Status
from verigrad.sandbox import Job, Limits
from verigrad.sandbox.local import LocalSandbox
from verigrad.verifiers.code import Code
from verigrad.verifiers.code.formats import humaneval_problem
from verigrad.verifiers.code.mutants import Mutant, mutants
from verigrad.verifiers.code.strength import measure_strength

FOLDER = Path(os.environ.get("VERIGRAD_DATA", Path(__file__).parents[4] / "shared" / "data"))
FILE = FOLDER / "humaneval" / "HumanEval.jsonl.gz"
LIMIT_S = 2.0

pytestmark = pytest.mark.usefixtures("local")


@pytest.fixture(scope="module")
def problems() -> list[Problem]:
    if not FILE.is_file():
        pytest.skip(f"no {FILE}: set VERIGRAD_DATA")
    with gzip.open(FILE, "rt", encoding="utf-8") as stream:
        return [humaneval_problem(json.loads(line)) for line in stream]


def test_every_reference_passes(problems: list[Problem]) -> None:
    verdicts = Code().verify_batch([(p, p.solution or "") for p in problems])
    wrong = {
        p.answer["entry_point"]: v
        for p, v in zip(problems, verdicts, strict=True)
        if not v.is_correct
    }
    assert wrong == {}
    assert len(verdicts) == 164
    assert all(v.evidence["asserts"] > 0 for v in verdicts)
    assert not any("helpers_from_candidate" in v.evidence for v in verdicts)


@pytest.mark.parametrize("null", ["", "pass", "prompt", "stub"])
def test_null_answers_never_pass(problems: list[Problem], null: str) -> None:
    def response(problem: Problem) -> str:
        entry_point = problem.answer["entry_point"]
        stub = f"def {entry_point}(*arguments):\n    return None\n"
        return {"": "", "pass": "pass", "prompt": problem.question, "stub": stub}[null]

    verdicts = Code().verify_batch([(p, response(p)) for p in problems])
    assert [v for v in verdicts if v.status is not Status.SCORED or v.score] == []


def native_accepts(sandbox: LocalSandbox, problem: Problem, source: str) -> bool:
    """What one process with candidate and tests together says: right for programs that do not lie."""
    tests, mark = problem.answer, "every assert held"
    program = f"{source}\n{tests['assertions']}\ncheck({tests['entry_point']})\nprint({mark!r})\n"
    job = Job(files={"main.py": program.encode()}, limits=Limits(wall_s=LIMIT_S, cpu_s=LIMIT_S))
    return sandbox.run(job).stdout.decode().endswith(mark + "\n")


def disagreements(
    sandbox: LocalSandbox, problem: Problem, found: list[Mutant]
) -> tuple[list[Mutant], list[Mutant]]:
    """Mutants only we accept, and mutants only we reject."""
    verdicts = Code(time_limit_s=LIMIT_S).verify_batch([(problem, m.source) for m in found])
    native = [native_accepts(sandbox, problem, m.source) for m in found]
    rows = list(zip(found, verdicts, native, strict=True))
    ours = [m for m, verdict, accepted in rows if verdict.is_correct and not accepted]
    theirs = [m for m, verdict, accepted in rows if accepted and not verdict.is_correct]
    return ours, theirs


# tests of these compare with helpers of the prompt, which a mutant may change natively
BORROWING = {"find_zero", "decode_cyclic", "decode_shift"}


def check_mutants(sandbox: LocalSandbox, problems: list[Problem], num_mutants: int) -> None:
    for problem in problems:
        entry_point = problem.answer["entry_point"]
        found = mutants(problem.solution or "", entry_point=entry_point, limit=num_mutants, seed=1)
        ours, theirs = disagreements(sandbox, problem, found)
        assert ours == [], entry_point
        assert theirs == [] or entry_point in BORROWING, (entry_point, theirs)


def test_mutants_fall_where_the_tests_can_tell(
    local: LocalSandbox, problems: list[Problem]
) -> None:
    check_mutants(local, problems[::8], 8)


@pytest.mark.slow
def test_all_mutants_fall_where_the_tests_can_tell(
    local: LocalSandbox, problems: list[Problem]
) -> None:
    check_mutants(local, problems, 20)


def test_strength_names_what_weak_tests_miss() -> None:
    tests = {"entry_point": "add", "cases": [{"args": [0, 0], "expected": 0}]}
    weak = Problem.of("?", tests)
    problem = Problem(weak.prompt, tests, solution="def add(a, b):\n    return a + b\n")
    strength = measure_strength(problem, Code())
    missed = {mutant.change for mutant in strength.missed}
    assert "Add -> Sub" in missed
    assert strength.score is not None
    assert 0.0 < strength.score < 1.0
    strong = {**tests, "cases": [*tests["cases"], {"args": [2, 3], "expected": 5}]}
    better = measure_strength(Problem(weak.prompt, strong, solution=problem.solution), Code())
    assert better.score == 1.0
