"""Kinds of answers, and near misses that surely differ."""

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verigrad.audit.values import (
    Kind,
    kind_of,
    near_misses,
    number,
    other_spellings,
    surely_differ,
)


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("72", Kind.INTEGER), ("-5", Kind.INTEGER), ("1,234", Kind.INTEGER), (7, Kind.INTEGER),
        ("3.14", Kind.DECIMAL), (".5", Kind.DECIMAL), ("3/4", Kind.FRACTION),
        (r"-\frac{10}{3}", Kind.FRACTION), ("(1, 2)", Kind.SEQUENCE), (r"\{1, 2\}", Kind.SEQUENCE),
        ("x^2+1", Kind.EXPRESSION), (r"\sqrt{2}", Kind.EXPRESSION), ("B", Kind.CHOICE),
        ("yes", Kind.TRUTH), ("False", Kind.TRUTH), ("New York", Kind.TEXT),
        ({"cases": []}, Kind.STRUCTURED), ("two\nlines", Kind.STRUCTURED), (None, Kind.STRUCTURED),
        (True, Kind.STRUCTURED), ("", Kind.STRUCTURED),
    ],
)  # fmt: skip
def test_kinds(answer, kind):
    assert kind_of(answer) is kind


@pytest.mark.parametrize(
    ("one", "other", "differ"),
    [
        ("1", "1.0", False), ("1/2", "0.5", False), (r"\frac{2}{4}", "1/2", False),
        ("1", "2", True), ("Paris", "paris.", False), ("Paris", "Rome", True),
        ("yes", "no", True), ("x+1", "1+x", False), ("1,234", "(1, 234)", False),
        ("New York", "York", False), ("B", "C", True),
    ],
)  # fmt: skip
def test_surely_differ(one, other, differ):
    assert surely_differ(one, other) is differ
    assert surely_differ(other, one) is differ


@given(st.integers(-(10**30), 10**30))
def test_near_misses_of_integers_are_other_numbers(value):
    texts = [miss.text for miss in near_misses(str(value))]
    assert len(texts) == len(set(texts))
    assert str(value + 1) in texts
    assert all(number(text) != value for text in texts)
    assert all(number(s.text.strip()) == value for s in other_spellings(str(value)))


@given(st.fractions(min_value=-1000, max_value=1000, max_denominator=50))
def test_near_misses_of_fractions_and_decimals_are_other_numbers(value):
    texts = [f"{value.numerator}/{value.denominator}"]
    if 10**6 % value.denominator == 0:
        texts.append(f"{float(value):.6f}")
    for text in texts:
        assert number(text) == value
        assert all(number(miss.text) != value for miss in near_misses(text))
        assert all(number(s.text.strip()) == value for s in other_spellings(text))


def test_a_decimal_by_hand():
    texts = {miss.what: miss.text for miss in near_misses("3.14")}
    assert texts["one more in the last place"] == "3.15"
    assert texts["the point one place on"] == "31.40"
    assert texts["rounded"] == "3.1"
    assert number("3.14") == Fraction(157, 50)


def test_a_sequence_by_hand():
    texts = {miss.what: miss.text for miss in near_misses("(1, 4, 9)")}
    assert texts["the last member missing"] == "(1, 4)"
    assert texts["no members"] == "()"
    assert texts["the other way round"] == "(9, 4, 1)"
    assert "the other way round" not in {miss.what for miss in near_misses("{1, 4}")}
