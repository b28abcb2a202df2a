"""Standard benchmarks by their own file formats. The files are the user's: none ships."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from verigrad.core.errors import DataError, UsageError
from verigrad.core.registry import nearest
from verigrad.core.types import Message, Problem
from verigrad.tasks.prompts import PromptTemplate
from verigrad.tasks.references import ReferenceForm, split_reference
from verigrad.tasks.rows import iter_rows
from verigrad.verifiers.code.formats import humaneval_problem, mbpp_problem

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Benchmark:
    """How a row becomes a problem, who judges it, and where the row says how hard it is."""

    name: str
    read: Callable[[Row], Problem]
    verifier: str
    switches: Mapping[str, Any] = field(default_factory=dict)
    difficulty: Callable[[Row], str] = lambda _: ""


def _asked(question: str, answer: Any, **info: Any) -> Problem:
    messages = PromptTemplate(answer_in="boxed").render(question)
    return Problem(prompt=tuple(messages), answer=answer, info=info)


def gsm8k(row: Row) -> Problem:
    """`question`, and `answer` whose last line is `#### 18`."""
    answer, worked = split_reference(row["answer"], ReferenceForm.HASH)
    return replace(_asked(row["question"], answer), solution=worked)


def math(row: Row) -> Problem:
    r"""`problem`, and `answer`, or `solution` whose last `\boxed{}` is the answer."""
    if row.get("answer") is not None:
        return _asked(row["problem"], str(row["answer"]))
    answer, worked = split_reference(row["solution"], ReferenceForm.BOXED)
    return replace(_asked(row["problem"], answer), solution=worked)


def aime(row: Row) -> Problem:
    """`problem` (or `Problem`, `question`) and a whole number in `answer` (or `Answer`)."""
    question = next(row[name] for name in ("problem", "Problem", "question") if name in row)
    answer = row["answer"] if "answer" in row else row["Answer"]
    return _asked(question, str(int(answer)))


def ifeval(row: Row) -> Problem:
    """`prompt`, `instruction_id_list` and `kwargs`, whose empty values are left out."""
    kwargs = [{k: v for k, v in (given or {}).items() if v is not None} for given in row["kwargs"]]
    answer = {"instruction_id_list": list(row["instruction_id_list"]), "kwargs": kwargs}
    return Problem(prompt=(Message("user", row["prompt"]),), answer=answer)


def _level(row: Row) -> str:
    return str(row.get("level", ""))


BENCHMARKS = {
    one.name: one
    for one in (
        Benchmark("gsm8k", gsm8k, "math"),
        Benchmark("math", math, "math", difficulty=_level),
        Benchmark("aime", aime, "math"),
        Benchmark("humaneval", humaneval_problem, "code"),
        Benchmark("mbpp", mbpp_problem, "code"),
        Benchmark("ifeval", ifeval, "constraints"),
    )
}


@dataclass(frozen=True, slots=True)
class Asked:
    """A problem of a benchmark and its difficulty ("" where rows have none)."""

    problem: Problem
    difficulty: str


def find_benchmark(name: str) -> Benchmark:
    """By name; UsageError with the nearest for a name there is not."""
    if name not in BENCHMARKS:
        raise UsageError(
            f'there is no benchmark "{name}"',
            where="--tasks",
            remedy=f"{nearest(name, list(BENCHMARKS))}benchmarks: {', '.join(BENCHMARKS)}",
        )
    return BENCHMARKS[name]


def load_benchmark(name: str, path: Path, *, limit: int | None = None) -> list[Asked]:
    """The problems of a file (JSONL, JSON, Parquet, .jsonl.gz); DataError names a row that has
    another layout.
    """
    benchmark = find_benchmark(name)
    asked: list[Asked] = []
    for number, row in enumerate(_rows(path), start=1):
        if limit is not None and number > limit:
            break
        try:
            problem = replace(benchmark.read(row), task=name, id="")
        except (KeyError, TypeError, ValueError, StopIteration) as error:
            raise DataError(
                f"a row is not in the layout of {name}",
                where=f"{path}, row {number}",
                cause=f"{type(error).__name__}: {error}",
                remedy=f"fields here: {', '.join(row)}; the layout: {benchmark.read.__doc__}",
            ) from error
        asked.append(Asked(problem, benchmark.difficulty(row)))
    if not asked:
        raise DataError("a benchmark without problems", where=str(path))
    return asked


def _rows(path: Path) -> Any:
    if path.suffix != ".gz":
        return iter_rows(path)
    try:
        with gzip.open(path, "rt", encoding="utf-8") as lines:
            return [json.loads(line) for line in lines if line.strip()]
    except (OSError, ValueError) as error:
        raise DataError("cannot read", where=str(path), cause=str(error)) from error
