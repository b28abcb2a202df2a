"""Mixtures: shares, order, repeats."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verigrad.core.errors import ConfigError
from verigrad.core.types import Problem
from verigrad.tasks.mixture import mix


def part(name, count):
    return [Problem.of(f"{name}{n}", str(n)) for n in range(count)]


def test_without_a_size_nothing_repeats():
    mixed = mix({"a": part("a", 3), "b": part("b", 100)}, {"a": 1, "b": 1})
    assert [p.question for p in mixed] == ["a0", "b0", "a1", "b1", "a2", "b2"]


def test_with_a_size_short_parts_start_over():
    mixed = mix({"a": part("a", 2), "b": part("b", 100)}, {"a": 2, "b": 2}, size=7)
    assert [p.question for p in mixed] == ["a0", "b0", "a1", "b1", "a0", "b2", "a1"]
    assert [p.question for p in mixed[2:4]] == ["a1", "b1"]
    assert mixed[-1].question == "a1"


@given(st.lists(st.integers(1, 50), min_size=1, max_size=5), st.integers(1, 200))
def test_every_prefix_keeps_the_shares(weights, size):
    names = [str(index) for index in range(len(weights))]
    mixed = mix(
        {name: part(name, 3) for name in names}, dict(zip(names, weights, strict=True)), size=size
    )
    assert len(mixed) == size
    for length in range(1, size + 1):
        for index, weight in enumerate(weights):
            share = weight / sum(weights) * length
            taken = sum(chosen == index for chosen, _ in mixed.order[:length])
            assert abs(taken - share) < len(weights)


@pytest.mark.parametrize(
    ("weights", "why"),
    [
        ({"a": 1}, '"b" has no weight'),
        ({"a": 1, "b": 1, "c": 1}, '"c" is no part'),
        ({"a": 0, "b": 1}, '"a" weighs 0'),
        ({"a": float("nan"), "b": 1}, '"a" weighs nan'),
    ],
)
def test_weights_that_do_not_fit(weights, why):
    with pytest.raises(ConfigError, match=why):
        mix({"a": part("a", 1), "b": part("b", 1)}, weights)


def test_parts_without_problems_and_no_parts():
    with pytest.raises(ConfigError, match='"a" has no problems'):
        mix({"a": []}, {"a": 1})
    with pytest.raises(ConfigError, match="no parts"):
        mix({}, {})
