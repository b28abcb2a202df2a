"""Rates with exact intervals, beside scipy's and by hand."""

import random

import pytest
from scipy.stats import beta

from verigrad.audit.calibration import Labelled, Rates, calibrate
from verigrad.core.statistics import clopper_pearson, incomplete_beta


@pytest.mark.parametrize(("k", "n"), [(0, 30), (3, 10), (10, 10), (500, 100_000), (1, 1), (7, 9)])
@pytest.mark.parametrize("confidence", [0.9, 0.95, 0.99])
def test_clopper_pearson_is_scipys(k, n, confidence):
    found, tail = clopper_pearson(k, n, confidence=confidence), (1 - confidence) / 2
    low = beta.ppf(tail, k, n - k + 1) if k else 0.0
    high = beta.ppf(1 - tail, k + 1, n - k) if k < n else 1.0
    assert (found.value, found.low, found.high) == pytest.approx((k / n, low, high), abs=1e-12)


def test_incomplete_beta_is_scipys():
    rng = random.Random(0)
    for _ in range(200):
        a, b = rng.uniform(0.5, 500), rng.uniform(0.5, 500)
        x = rng.betavariate(a, b)
        assert incomplete_beta(x, a, b) == pytest.approx(beta.cdf(x, a, b), abs=1e-10)
    assert incomplete_beta(0.0, 2, 3) == 0.0
    assert incomplete_beta(1.0, 2, 3) == 1.0


def test_intervals_cover_at_least_at_their_rate():
    rng = random.Random(1)
    covered = 0
    for _ in range(400):
        k = sum(rng.random() < 0.03 for _ in range(50))
        found = clopper_pearson(k, 50)
        covered += found.low <= 0.03 <= found.high
    assert covered >= 0.95 * 400 - 3 * (400 * 0.95 * 0.05) ** 0.5


def test_youden_and_the_share_of_wrong_among_paid_by_hand():
    rates = Rates(right_paid=90, right_refused=10, wrong_paid=5, wrong_refused=95)
    youden = rates.youden()
    assert youden.value == 0.85
    assert youden.low < 0.85 < youden.high
    # 0.05 * 0.9 / (0.05 * 0.9 + 0.9 * 0.1) = 0.045 / 0.135
    assert rates.wrong_among_paid(0.1) == pytest.approx(1 / 3)
    assert rates.labels_to_settle() == 0


def test_labels_that_would_settle_it():
    few = Rates(right_paid=2, right_refused=1, wrong_paid=1, wrong_refused=2)
    needed = few.labels_to_settle()
    assert needed is not None
    right, wrong = round(2 / 3 * needed), round(1 / 3 * needed)
    assert Rates(right, needed - right, wrong, needed - wrong).youden().low > 0
    assert Rates(1, 9, 9, 1).labels_to_settle() is None


def test_strata_are_counted_apart():
    rows = [
        Labelled(True, True, ("a",)),
        Labelled(True, False, ("b",)),
        Labelled(False, True, ("a",)),
    ]
    found = calibrate(rows, of="three", solve_rate=0.5).to_json()
    assert found["overall"]["right_refused"] == 1
    assert found["strata"]["a"]["false_positives"][0] == 1.0
    assert "false_positives" not in found["strata"]["b"]
    assert found["wrong_among_paid"] == pytest.approx(2 / 3)
