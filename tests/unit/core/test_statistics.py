"""Intervals and pass@k against scipy, direct enumeration and published numbers."""

import math
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verigrad.core.statistics import bootstrap, mean, pass_at_k, wilson


@pytest.mark.parametrize(("successes", "trials"), [(0, 10), (10, 10), (1, 3), (81, 263), (15, 148)])
def test_wilson_equals_scipy(successes, trials):
    stats = pytest.importorskip("scipy.stats")
    theirs = stats.binomtest(successes, trials).proportion_ci(method="wilson")
    ours = wilson(successes, trials)
    assert ours.low == pytest.approx(theirs.low, abs=1e-12)
    assert ours.high == pytest.approx(theirs.high, abs=1e-12)


def test_wilson_equals_the_published_example():
    # Newcombe 1998, table I: 81 of 263, score method: 0.2553 to 0.3662
    interval = wilson(81, 263)
    assert (round(interval.low, 4), round(interval.high, 4)) == (0.2553, 0.3662)


@pytest.mark.parametrize(("successes", "trials"), [(-1, 3), (4, 3), (0, 0)])
def test_wilson_refuses_nonsense(successes, trials):
    with pytest.raises(ValueError):
        wilson(successes, trials)


@given(
    st.integers(1, 8).flatmap(lambda n: st.tuples(st.just(n), st.integers(0, n), st.integers(1, n)))
)
def test_pass_at_k_is_the_share_of_subsets_with_a_right_one(case):
    n, c, k = case
    subsets = list(combinations([True] * c + [False] * (n - c), k))
    assert pass_at_k(n, c, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))


def test_bootstrap_is_deterministic_and_contains_the_mean():
    values = [0.0] * 30 + [1.0] * 70
    first, second = bootstrap(values, seed=3), bootstrap(values, seed=3)
    assert first == second
    assert first.low < 0.7 < first.high
    # normal approximation: 0.7 +- 1.96 * sqrt(0.21 / 100) = 0.7 +- 0.0898
    assert first.low == pytest.approx(0.7 - 0.0898, abs=0.02)


def test_the_mean_of_nothing_is_an_error():
    assert mean([0.1] * 10) == pytest.approx(0.1)
    assert not math.isnan(mean([1.0]))
    with pytest.raises(ValueError):
        mean([])
