"""The calculator against Python's own exact arithmetic, and against what should not be computed."""

import contextlib
import time
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verigrad.rollouts.tools.base import ToolError
from verigrad.rollouts.tools.calculator import Calculator, show

CALC = Calculator()


def value(text):
    return CALC.value(text)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("347*862", "299114"),
        ("2+3*4", "14"),
        ("(2+3)*4", "20"),
        ("2-3-4", "-5"),
        ("2**3**2", "512"),
        ("-2**2", "-4"),
        ("2**-1", "0.5"),
        ("7//2", "3"),
        ("-7//2", "-4"),
        ("-7%3", "2"),
        ("2^10 % 7", "2"),
        ("1/8", "0.125"),
        ("0.1+0.2", "0.3"),
        (".5*4", "2"),
        ("7/3", "7/3 = 2.3333333333..."),
        ("-1/3", "-1/3 = -0.3333333333..."),
        ("3 \u00d7 4 \u2212 1", "11"),
        ("0**0", "1"),
        ("(-1)**" + "9" * 400, "-1"),
        ("1**(10**200)", "1"),
    ],
)
def test_values(text, expected):
    assert CALC.answer({"expression": text}) == expected


@pytest.mark.parametrize(
    "text",
    [
        "",
        "2+",
        "2 3",
        "(2",
        "2)",
        "1/0",
        "5%0",
        "5//0",
        "0**-1",
        "2**0.5",
        "1e5",
        "1_000",
        "1,000",
        "abs(2)",
        "__import__('os')",
        "2**100000",
        "9**9**9",
        "(10**1000)*(10**1000)",
        "9" * 501,
        "(" * 51 + "1" + ")" * 51,
        "-" * 60 + "1",
        "\u0661+\u0661",
    ],
)
def test_what_is_no_expression_or_too_large_is_told(text):
    start = time.perf_counter()
    with pytest.raises(ToolError):
        value(text)
    assert time.perf_counter() - start < 0.5


@pytest.mark.parametrize(
    "arguments", [{}, {"expression": 5}, {"expression": "1", "x": 1}, {"expr": "1"}]
)
def test_wrong_arguments_are_told_by_name(arguments):
    with pytest.raises(ToolError, match="calculator: "):
        CALC.answer(arguments)


NUMBERS = st.integers(0, 10**6).map(str)
EXPRESSIONS = st.recursive(
    NUMBERS,
    lambda inner: st.one_of(
        st.tuples(inner, st.sampled_from("+-*/"), inner).map("({0[0]}{0[1]}{0[2]})".format),
        inner.map("(-{})".format),
    ),
    max_leaves=12,
)


@settings(max_examples=200, deadline=None)
@given(EXPRESSIONS)
def test_it_agrees_with_fractions(text):
    """The same tree, by Python's Fraction operators (the text is ours, not a model's)."""
    wrapped = "".join(f"Fraction({part})" if part.isdigit() else part for part in _parts(text))
    try:
        expected = eval(wrapped, {"Fraction": Fraction})  # our own text
    except ZeroDivisionError:
        with pytest.raises(ToolError, match="division by zero"):
            value(text)
        return
    assert value(text) == expected


def _parts(text):
    parts = [""]
    for character in text:
        if character.isdigit() and parts[-1].isdigit():
            parts[-1] += character
        else:
            parts.append(character)
    return parts


@given(st.text(max_size=60))
def test_no_text_raises_anything_else(text):
    with contextlib.suppress(ToolError):
        CALC.answer({"expression": text})


def test_shown_decimals():
    assert show(Fraction(1, 3), decimals=0) == "1/3"
    assert show(Fraction(1, 1000), decimals=3) == "0.001"
    assert show(Fraction(-12345, 100), decimals=5) == "-123.45"
