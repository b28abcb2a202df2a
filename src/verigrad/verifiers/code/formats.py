"""Rows of well-known layouts as tests, by field names; any dataset in the same layout will do."""

from __future__ import annotations

import ast
from collections.abc import Mapping
from typing import Any

from verigrad.core.errors import DataError
from verigrad.core.types import Message, Problem
from verigrad.verifiers.code.parsing import parsed


def humaneval_problem(row: Mapping[str, Any]) -> Problem:
    """A problem of a row with `prompt`, `test`, `entry_point` and `canonical_solution`.

    Helpers that the tests use are taken from the prompt's code (see `helpers`).
    """
    tests = {"entry_point": row["entry_point"], "assertions": row["test"]}
    solution = row["prompt"] + row["canonical_solution"]
    prompt = (Message("user", row["prompt"]),)
    return Problem(prompt=prompt, answer=tests, solution=solution, task="humaneval")


def mbpp_problem(row: Mapping[str, Any]) -> Problem:
    """A problem of a row with `text` or `prompt`, `code`, `test_list` and `test_setup_code`.

    Each assert of `test_list` is run on its own; `challenge_test_list` is hidden.
    """
    question = row.get("prompt") or row["text"]
    hidden = [{"source": test, "hidden": True} for test in row.get("challenge_test_list", [])]
    tests = {
        "entry_point": tested_name(row["test_list"]),
        "assertions": [*row["test_list"], *hidden],
        "prelude": row.get("test_setup_code", ""),
    }
    prompt = (Message("user", question),)
    return Problem(prompt=prompt, answer=tests, solution=row["code"], task="mbpp")


def tested_name(asserts: list[str]) -> str:
    """The function that every one of `asserts` calls first, by the order of the text.

    >>> tested_name(["assert set(f(1)) == {2}", "assert set(f(3)) == {4}"])
    'f'
    """
    called = [_called_names(text) for text in asserts]
    builtin = set(dir(__builtins__)) if not isinstance(__builtins__, dict) else set(__builtins__)
    for name in called[0] if called else []:
        if name not in builtin and all(name in names for names in called):
            return name
    raise DataError("the asserts call no common function", where=str(asserts[:1])[:200])


def _called_names(text: str) -> list[str]:
    calls = [node.func for node in ast.walk(parsed(text)) if isinstance(node, ast.Call)]
    return [function.id for function in calls if isinstance(function, ast.Name)]
