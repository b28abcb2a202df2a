"""Test source made ready: what it needs, what it calls, what may change places."""

import pytest

from verigrad.core.types import Message, Problem
from verigrad.verifiers.code import formats
from verigrad.verifiers.code.helpers import trusted_helpers
from verigrad.verifiers.code.outcome import BadTests
from verigrad.verifiers.code.rewriting import prepare


def ready(source: str, *own: str, prelude: str = ""):
    return prepare(source, prelude=prelude, own=own or ("f",))


def test_check_and_test_functions_are_called_once() -> None:
    assert ready("def check(candidate):\n    assert candidate(1)").text.endswith("check(f)")
    called = ready("def check(c):\n    assert c(1)\ncheck(f)")
    assert called.text.count("check(f)") == 1
    assert ready("def test_a():\n    assert f(1)").text.endswith("test_a()")
    assert "test_b()" not in ready("def test_b(x):\n    assert f(x)\nassert f(1)").text.split("\n")


def test_a_dotted_entry_point_is_a_method_of_a_fresh_object() -> None:
    prepared = ready("def check(candidate):\n    assert candidate(1)", "Solution.f")
    assert prepared.text.endswith("check(Solution().f)")
    assert prepared.needs == ()


def test_the_candidates_names_cannot_be_redefined_by_the_tests() -> None:
    assert "return 1" not in ready("def f(x):\n    return 1\nassert f(1) == 1").text


def test_needs_are_names_that_nothing_defines() -> None:
    source = "import math\ndef check(c):\n    y = poly(1)\n    assert c(math.pi) == y + K\n"
    assert ready(source).needs == ("K", "poly")
    assert ready(source, prelude="K = 1\ndef poly(x):\n    return x").needs == ()
    assert ready("assert candidate(1) == 2").needs == ()


def test_only_independent_asserts_change_places() -> None:
    any_order = "_verigrad_any_order"
    assert any_order in ready("assert f(1) == 1\nassert f(2) == 2").text
    assert any_order not in ready("s = f()\nassert s.push(1)\nassert s.pop() == 1").text
    assert any_order not in ready("assert (x := f(1))\nassert f(x)").text
    assert any_order not in ready("it = iter(f(1))\nassert next(it)\nassert next(it)").text


@pytest.mark.parametrize(
    "source", ["x = f(1)", "assert True", "assert 1 == 1, f(1)", "def (", "", "assert f(1)\nreturn"]
)
def test_source_that_judges_nothing_is_refused(source) -> None:
    with pytest.raises(BadTests):
        ready(source)


def test_a_main_guard_is_dropped() -> None:
    assert "exit" not in ready("assert f(1)\nif __name__ == '__main__':\n    exit(check)").text


PROMPT = 'K = 2\ndef poly(x):\n    return K * x\n\n\ndef f(x):\n    """The zero of poly."""\n'


def test_helpers_come_from_the_prompt_without_the_entry_point() -> None:
    source = trusted_helpers(Problem.of(PROMPT, {}), ("poly",), own=("f",))
    assert "def poly" in source
    assert "def f" not in source
    fenced = Problem.of(f"Complete:\n```python\n{PROMPT}```", {})
    assert "def poly" in trusted_helpers(fenced, ("poly",), own=("f",))
    assert trusted_helpers(Problem.of("What?", {}), ("poly",), own=("f",)) == ""
    solved = Problem((Message("user", "What?"),), {}, solution=PROMPT)
    assert "def poly" in trusted_helpers(solved, ("poly",), own=("f",))


def test_mbpp_rows_become_tests() -> None:
    row = {
        "text": "Write a function.",
        "code": "def f(x):\n    return {x + 1}",
        "test_list": ["assert set(f(1)) == {2}", "assert set(f(2)) == {3}"],
        "test_setup_code": "",
        "challenge_test_list": ["assert f(0) == {1}"],
    }
    problem = formats.mbpp_problem(row)
    assert problem.answer["entry_point"] == "f"
    assert problem.answer["assertions"][2] == {"source": "assert f(0) == {1}", "hidden": True}
    assert formats.tested_name(["assert sorted(g(f(1)))", "assert g(f(2))"]) == "g"
