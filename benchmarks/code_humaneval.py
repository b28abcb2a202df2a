"""HumanEval through the code verifier: references, null answers, mutants against a plain run.

A mutant is judged twice: by us (two processes) and by candidate and tests in one process, which is
right for programs that do not lie. `python benchmarks/code_humaneval.py [--mutants 20]`.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import statistics
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from verigrad.core.types import Problem
from verigrad.sandbox import Job, Limits, Sandbox, shared_sandbox
from verigrad.verifiers.code import Code
from verigrad.verifiers.code.formats import humaneval_problem
from verigrad.verifiers.code.mutants import Mutant, mutants
from verigrad.verifiers.code.outcome import Setting
from verigrad.verifiers.code.strength import behaviour, inputs_of, widened
from verigrad.verifiers.code.tests_data import read_tests

MARK = "every assert held"
LIMIT_S = 2.0
# natively, these tests use the candidate's own helper; ours use the prompt's
BORROWING = {"find_zero", "decode_cyclic", "decode_shift"}


def load(folder: Path) -> list[Problem]:
    with gzip.open(folder / "humaneval" / "HumanEval.jsonl.gz", "rt", encoding="utf-8") as stream:
        return [humaneval_problem(json.loads(line)) for line in stream]


def native_accepts(sandbox: Sandbox, problem: Problem, source: str) -> bool:
    tests = problem.answer
    program = f"{source}\n{tests['assertions']}\ncheck({tests['entry_point']})\nprint({MARK!r})\n"
    job = Job(files={"main.py": program.encode()}, limits=Limits(wall_s=LIMIT_S, cpu_s=LIMIT_S))
    return sandbox.run(job).stdout.decode(errors="replace").endswith(MARK + "\n")


def timings_ms(problems: list[Problem]) -> list[float]:
    code, times = Code(), []
    for _ in range(3):
        for problem in problems:
            start = time.perf_counter()
            assert code.verify(problem, problem.solution or "").is_correct
            times.append((time.perf_counter() - start) * 1e3)
    return sorted(times)


def differing(problem: Problem, limit: int) -> list[Mutant]:
    """Up to `limit` mutants that behave differently on the tests' inputs or variations of them."""
    setting = Setting(shared_sandbox(), Code().policy, 0)
    tests = read_tests(problem.answer)
    inputs = widened(inputs_of(problem, setting), seed=0)
    expected = behaviour(problem.solution or "", tests, inputs, setting)  # type: ignore[arg-type]
    found: list[Mutant] = []
    entry_point = problem.answer["entry_point"]
    for mutant in mutants(problem.solution or "", entry_point=entry_point, limit=200, seed=1):
        if len(found) == limit:
            break
        if behaviour(mutant.source, tests, inputs, setting) != expected:  # type: ignore[arg-type]
            found.append(mutant)
    return found


def judge_mutants(problem: Problem, limit: int) -> dict[str, int]:
    found = differing(problem, limit)
    code, sandbox = Code(time_limit_s=LIMIT_S), shared_sandbox()
    rows = [
        (code.verify(problem, m.source).is_correct, native_accepts(sandbox, problem, m.source))
        for m in found
    ]
    return {
        "mutants": len(rows),
        "rejected": sum(not ours for ours, _ in rows),
        "missed_by_tests": sum(ours and native for ours, native in rows),
        "only_we_accept": sum(ours and not native for ours, native in rows),
        "only_we_reject": sum(native and not ours for ours, native in rows),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--data", default=os.environ.get("VERIGRAD_DATA", "../shared/data"))
    parser.add_argument("--mutants", type=int, default=10, help="per problem; 0 leaves them out")
    arguments = parser.parse_args()
    problems = load(Path(arguments.data))
    verdicts = Code().verify_batch([(p, p.solution or "") for p in problems])
    nulls = Code().verify_batch([(p, r) for p in problems for r in ("", "pass", p.question)])
    times = timings_ms(problems)
    report = {
        "level": verdicts[0].evidence["level"],
        "problems": len(problems),
        "references_passed": sum(v.is_correct for v in verdicts),
        "null_answers_passed": sum(v.is_correct for v in nulls),
        "median_ms": round(statistics.median(times), 2),
        "p90_ms": round(times[int(len(times) * 0.9)], 2),
    }
    if arguments.mutants:
        with ThreadPoolExecutor(2) as pool:
            rows = list(pool.map(lambda p: judge_mutants(p, arguments.mutants), problems))
        report |= {name: sum(row[name] for row in rows) for name in rows[0]}
        report["problems_with_fewer_mutants"] = sum(r["mutants"] < arguments.mutants for r in rows)
        stricter = [
            p.answer["entry_point"]
            for p, r in zip(problems, rows, strict=True)
            if r["only_we_reject"]
        ]
        report["only_we_reject_in"] = stricter
        report["of_which_tests_borrow_helpers"] = sorted(BORROWING & set(stricter))
    for name, value in report.items():
        print(f"{name:32} {value}")
    print(json.dumps(report))


if __name__ == "__main__":
    main()
