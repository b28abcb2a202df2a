"""Code from prose and fences: one program or nothing."""

import json
import time
from pathlib import Path

import pytest

from verigrad.core.verdict import Reason
from verigrad.verifiers.code.extract import Found, NotFound, Wanted, find_code

CASES = [
    json.loads(line)
    for line in (Path(__file__).parents[2] / "cases" / "code_extract.jsonl")
    .read_text()
    .splitlines()
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["why"])
def test_table(case) -> None:
    response = case["response"]
    found = find_code(response, Wanted(entry_point="add"), max_chars=1000)
    if isinstance(found, NotFound):
        assert found.reason == case["expected"]
    else:
        assert found.extracted.how == case["expected"]
        assert response[found.extracted.start : found.extracted.end] == found.extracted.text


def test_the_last_block_counts_where_the_policy_says_so() -> None:
    response = "```python\nprint(1)\n```\n```python\nprint(2)\n```"
    assert isinstance(find_code(response, Wanted(), max_chars=99), NotFound)
    found = find_code(response, Wanted(block="last"), max_chars=99)
    assert isinstance(found, Found)
    assert found.extracted.text == "print(2)\n"


def test_files_by_name() -> None:
    response = "```python main.py\nimport util\n```\n```python\n# file: util.py\nx = 1\n```"
    found = find_code(response, Wanted(main="main.py"), max_chars=99)
    assert isinstance(found, Found)
    assert found.extracted.text == "import util\n"
    assert found.files == (("util.py", "# file: util.py\nx = 1\n"),)


@pytest.mark.parametrize(
    ("response", "reason"),
    [
        ("```python a.py\nx\n```\n```python a.py\ny\n```", Reason.AMBIGUOUS),
        ("```python\nx\n```\n```python main.py\ny\n```", Reason.AMBIGUOUS),
        ("```python a.py\nx\n```", Reason.NO_ANSWER),
        ("```python main.py\nx\n```\n```python ../a.py\ny\n```", Reason.MALFORMED),
    ],
)
def test_files_that_do_not_add_up(response, reason) -> None:
    found = find_code(response, Wanted(main="main.py"), max_chars=99)
    assert isinstance(found, NotFound)
    assert found.reason is reason


def test_long_hostile_text_is_linear() -> None:
    start = time.perf_counter()
    for text in ("```" * 100_000, "```x\n" * 60_000, "`" * 300_000, "~" * 10 + " " * 300_000):
        find_code(text, Wanted(entry_point="add"), max_chars=100_000)
    assert time.perf_counter() - start < 2.0


def test_too_long_is_over_the_limit() -> None:
    for text in ("x" * 101, "x" * 1000):
        found = find_code(text, Wanted(), max_chars=100)
        assert isinstance(found, NotFound)
        assert found.reason is Reason.OVER_LIMIT
