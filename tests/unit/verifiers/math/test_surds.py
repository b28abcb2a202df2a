"""The direct reading of one square root agrees with the grammar, in value and in what is shown."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verigrad.verifiers.math import verify
from verigrad.verifiers.math.reading import read
from verigrad.verifiers.math.show import show
from verigrad.verifiers.math.surds import Surd, read_surd, show_surd

_SMALL = st.integers(0, 60).map(str)
_ROOTS = st.builds(
    "{}{}".format,
    st.one_of(st.just(""), _SMALL, _SMALL.map("{}*".format), _SMALL.map("{}\\cdot ".format)),
    st.one_of(_SMALL.map("\\sqrt{{{}}}".format), st.integers(0, 9).map("\\sqrt{}".format)),
)
_SIGNS = st.sampled_from(["+", "-", " + ", " - "])
_SUMS = st.one_of(
    _ROOTS,
    st.builds("{}{}{}".format, _SMALL, _SIGNS, _ROOTS),
    st.builds("{}{}{}".format, _ROOTS, _SIGNS, _SMALL),
    st.builds("-{}".format, _ROOTS),
)
_ANSWERS = st.one_of(
    _SUMS,
    st.builds("-{}".format, _SUMS),
    st.builds("\\frac{{{}}}{{{}}}".format, _SUMS, st.integers(1, 60)),
    st.builds("-\\dfrac{{{}}}{{{}}}".format, _SUMS, st.integers(1, 60)),
)


@given(text=_ANSWERS)
@settings(max_examples=600, deadline=None)
def test_it_agrees_with_the_grammar(text):
    surd = read_surd(text)
    if surd is not None:
        node = read(text).node
        assert node is not None
        assert show(node) == show_surd(surd)


@pytest.mark.parametrize(
    ("text", "rational", "factor", "primes"),
    [
        (r"2\sqrt{3}", 0, 2, (3,)),
        (r"\sqrt{12}", 0, 2, (3,)),
        (r"-\sqrt{30}", 0, -1, (2, 3, 5)),
        (r"3-\sqrt{8}", 3, -2, (2,)),
        (r"\frac{-6+2\sqrt5}{2}", -3, 1, (5,)),
    ],
)
def test_values(text, rational, factor, primes):
    surd = read_surd(text)
    assert surd is not None
    assert (surd.rational, surd.factor, surd.primes) == (rational, factor, primes)
    assert isinstance(surd, Surd)


@pytest.mark.parametrize(
    "text", ["", "3", r"\sqrt{9}", r"\sqrt{x}", r"\sqrt{2}+\sqrt{3}", r"0\sqrt{2}", r"\sqrt{2}x",
             r"\frac{\sqrt{2}}{0}", r"\frac{\sqrt{2}", r"\sqrt[3]{2}", r"\sqrt{2}^2", r"\sqrt{2}\%"]
)  # fmt: skip
def test_anything_else_is_left_to_the_grammar(text):
    assert read_surd(text) is None


def test_a_surd_as_reference_judges_what_the_grammar_reads():
    reference = r"\frac{1+\sqrt{5}}{2}"
    assert verify(r"\boxed{\frac{2}{\sqrt5-1}}", reference).is_correct
    assert verify(r"\boxed{x=\frac12+\frac{\sqrt5}{2}}", reference).is_correct
    assert not verify(r"\boxed{\frac{1-\sqrt{5}}{2}}", reference).is_correct
    assert not verify(r"\boxed{1.618033988749895}", reference).is_correct
    assert verify(r"\boxed{2\sqrt{3}}", r"2\sqrt{3}", unit="required").is_correct
