"""Parsing from many threads: the interpreter's shared depth counter never reaches a verdict."""

import ast
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from threading import Lock

import pytest

from verigrad.verifiers.code.parsing import parsed

SOURCE = "def f(a):\n    return " + " + ".join(f"(a * {i})" for i in range(30)) + "\n"


@pytest.fixture
def switching() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


def test_many_threads_get_the_same_tree(switching: None) -> None:
    expected = ast.dump(ast.parse(SOURCE))
    with ThreadPoolExecutor(8) as pool:
        trees = list(pool.map(parsed, [SOURCE] * 2000))
    assert {ast.dump(tree) for tree in trees[::100]} == {expected}


def test_never_two_at_once(monkeypatch: pytest.MonkeyPatch, switching: None) -> None:
    inside, parse = Lock(), ast.parse

    def alone(source: str) -> ast.Module:
        assert inside.acquire(blocking=False), "two threads parse at once"
        try:
            return parse(source)
        finally:
            inside.release()

    monkeypatch.setattr(ast, "parse", alone)
    with ThreadPoolExecutor(8) as pool:
        assert len(list(pool.map(parsed, [SOURCE] * 500))) == 500


def test_another_librarys_thread_costs_a_second_try(monkeypatch: pytest.MonkeyPatch) -> None:
    parse, calls = ast.parse, []

    def disturbed(source: str) -> ast.Module:
        calls.append(source)
        if len(calls) == 1:
            raise SystemError("AST constructor recursion depth mismatch (before=60, after=47)")
        return parse(source)

    monkeypatch.setattr(ast, "parse", disturbed)
    assert isinstance(parsed("x = 1"), ast.Module)
    assert len(calls) == 2


def test_what_is_no_python_is_said_at_once() -> None:
    with pytest.raises(SyntaxError):
        parsed("def")
