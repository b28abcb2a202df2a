"""Pass rates: posterior, interval and fading by hand, by scipy and by simulation."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from verigrad.curriculum.pass_rates import PassRate

COUNTS = st.integers(min_value=0, max_value=300)


def test_posterior_mean_and_fading_by_hand() -> None:
    assert PassRate().mean == 0.5
    assert PassRate(3, 1).mean == 3.5 / 5
    assert PassRate(8, 0).seen(0, 4, keep=0.25) == PassRate(2.0, 4.0)


@settings(deadline=None)  # the first call imports scipy
@given(COUNTS, COUNTS, st.sampled_from([0.8, 0.95]))
def test_intervals_are_those_of_scipy(right: int, wrong: int, confidence: float) -> None:
    beta = pytest.importorskip("scipy.stats").beta
    tail = (1 - confidence) / 2
    found = PassRate(right, wrong).interval(confidence=confidence)
    low, high = beta.ppf([tail, 1 - tail], right + 0.5, wrong + 0.5)
    assert found.low == pytest.approx(0.0 if right == 0 else low, abs=1e-9)
    assert found.high == pytest.approx(1.0 if wrong == 0 else high, abs=1e-9)


def test_intervals_cover_at_about_their_rate() -> None:
    rng = random.Random(0)
    covered = total = 0
    for _ in range(4000):
        rate = rng.random()
        right = sum(rng.random() < rate for _ in range(8))
        interval = PassRate(right, 8 - right).interval(confidence=0.9)
        covered += interval.low <= rate <= interval.high
        total += 1
    assert 0.88 < covered / total < 0.93  # exact in the mean over the prior, nearly over this one


def test_draws_have_the_posterior_mean() -> None:
    rng, rate = random.Random(1), PassRate(6, 2)
    drawn = [rate.draw(rng) for _ in range(4000)]
    assert sum(drawn) / len(drawn) == pytest.approx(rate.mean, abs=0.01)
    assert all(0 <= value <= 1 for value in drawn)
