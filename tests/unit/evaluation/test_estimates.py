"""Estimates equal enumeration; intervals cover in simulation."""

import random
from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verigrad.core.statistics import pass_at_k
from verigrad.evaluation.estimates import Ballot, best_of_k, clustered_interval, majority_at_k

_ballots = st.lists(
    st.sampled_from(
        [Ballot("a", True), Ballot("b", False), Ballot("c", False), Ballot(None, False)]
    ),
    min_size=1,
    max_size=7,
)


def _elected(drawn):
    counts = {}
    for ballot in drawn:
        if ballot.answer is not None:
            counts[ballot.answer] = counts.get(ballot.answer, 0) + 1
    winners = [name for name, count in counts.items() if count == max(counts.values())]
    return ("a" in winners) / len(winners) if winners else 0.0


def _averaged(rows, k, value):
    draws = list(combinations(rows, k))
    return sum(value(draw) for draw in draws) / len(draws)


@given(st.lists(st.booleans(), min_size=1, max_size=8), st.data())
def test_pass_at_k_is_enumeration(right, data):
    k = data.draw(st.integers(1, len(right)))
    assert pass_at_k(len(right), sum(right), k) == pytest.approx(_averaged(right, k, any))


@given(_ballots, st.data())
def test_majority_is_enumeration(ballots, data):
    k = data.draw(st.integers(1, len(ballots)))
    assert majority_at_k(ballots, k) == pytest.approx(_averaged(ballots, k, _elected))


@given(st.lists(st.tuples(st.integers(0, 3), st.booleans()), min_size=1, max_size=7), st.data())
def test_best_of_k_is_enumeration(scored, data):
    k = data.draw(st.integers(1, len(scored)))

    def chosen(draw):
        top = [right for score, right in draw if score == max(score for score, _ in draw)]
        return sum(top) / len(top)

    assert best_of_k(scored, k) == pytest.approx(_averaged(scored, k, chosen))


@pytest.mark.parametrize(("a", "b", "samples"), [(1, 1, 8), (0.5, 2, 4), (2, 0.5, 4), (4, 4, 1)])
def test_clustered_interval_covers(a, b, samples):
    """Problems with Beta(a, b) pass rates: the mean a/(a+b) is inside about 95 % of intervals."""
    source, inside, repeats = random.Random(0), 0, 1500
    for _ in range(repeats):
        values = []
        for _ in range(60):
            rate = source.betavariate(a, b)
            values.append(sum(source.random() < rate for _ in range(samples)) / samples)
        interval = clustered_interval(values)
        inside += interval.low <= a / (a + b) <= interval.high
    assert 0.93 <= inside / repeats <= 0.98
