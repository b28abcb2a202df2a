"""Benchmark files in their own formats: each reference is accepted by the benchmark's verifier."""

import json
import os
from pathlib import Path

import pytest

from verigrad.core.errors import DataError
from verigrad.evaluation.benchmarks import load_benchmark
from verigrad.judging.bind import make_verifier

DATA = Path(os.environ.get("VERIGRAD_DATA", "../shared/data"))


def write(path, row):
    path.write_text(json.dumps(row) + "\n")
    return path


@pytest.mark.parametrize(
    ("name", "row", "answer"),
    [
        ("gsm8k", {"question": "q", "answer": "9+9=18\n#### 18"}, "18"),
        ("math", {"problem": "q", "solution": r"so \boxed{\frac{1}{2}}", "level": "Level 2"}, None),
        ("aime", {"Problem": "q", "Answer": 25}, "25"),
    ],
)
def test_rows_become_problems(tmp_path, name, row, answer):
    (asked,) = load_benchmark(name, write(tmp_path / "f.jsonl", row))
    assert asked.problem.task == name
    assert answer is None or asked.problem.answer == answer
    assert asked.difficulty == row.get("level", "")
    verifier = make_verifier("math", {})
    said = asked.problem.answer if answer else r"\frac{1}{2}"
    assert verifier.verify(asked.problem, f"\\boxed{{{said}}}").is_correct
    assert not verifier.verify(asked.problem, "\\boxed{77}").is_correct


def test_ifeval_row_is_judged(tmp_path):
    row = {"prompt": "p", "instruction_id_list": ["punctuation:no_comma"], "kwargs": [{"n": None}]}
    (asked,) = load_benchmark("ifeval", write(tmp_path / "f.jsonl", row))
    verifier = make_verifier("constraints", {})
    assert verifier.verify(asked.problem, "no commas here").is_correct
    assert not verifier.verify(asked.problem, "one, two").is_correct


def test_another_layout_names_the_row(tmp_path):
    with pytest.raises(DataError, match="layout of gsm8k"):
        load_benchmark("gsm8k", write(tmp_path / "f.jsonl", {"text": "x"}))


def test_real_files():
    files = {"gsm8k": "gsm8k/test.jsonl", "humaneval": "humaneval/HumanEval.jsonl.gz"}
    for name, count in (("gsm8k", 1319), ("humaneval", 164)):
        path = DATA / files[name]
        if not path.exists():
            pytest.skip(f"no {path}")
        assert len(load_benchmark(name, path)) == count
