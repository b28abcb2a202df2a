"""The arithmetic behind a page: intervals, axes, geometry, choices. Numbers by hand or from papers."""

from __future__ import annotations

import math
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

import pytest

from verigrad.core.statistics import Interval, wilson
from verigrad.records.rollouts import Fate, RolloutRecord, write_rollouts
from verigrad.reports.browser import cut
from verigrad.reports.charts import (
    LEFT,
    RIGHT,
    WIDE,
    Layer,
    Line,
    interval_chart,
    line_chart,
    stacked_chart,
)
from verigrad.reports.choice import GroupFacts, choose_groups
from verigrad.reports.facts import read_step
from verigrad.reports.intervals import clustered, difference
from verigrad.reports.scale import bins, extent, number, thinned, ticks


def test_difference_of_shares_is_newcombes_example() -> None:
    """Newcombe 1998, Statistics in Medicine 17, table II, example (a): 56/70 less 48/80."""
    found = difference(wilson(48, 80), wilson(56, 70))
    assert found.value == pytest.approx(0.2)
    assert (round(found.low, 4), round(found.high, 4)) == (0.0524, 0.3339)


def test_difference_of_shares_at_the_border() -> None:
    """The same table, example (h): 10/10 less 0/10, method 10: 0.6075 to 1."""
    found = difference(wilson(0, 10), wilson(10, 10))
    assert (round(found.low, 4), round(found.high, 4)) == (0.6075, 1.0)


def test_the_interval_of_a_step_counts_problems_not_rollouts() -> None:
    """Group means 1, 0, 1, 0: sd = 1/sqrt(3), error = sd/2 = 0.288675, times 1.959964."""
    few = clustered([[1.0] * 8, [0.0] * 8, [1.0] * 8, [0.0] * 8])
    assert few is not None
    assert few.high - few.value == pytest.approx(1.959964 * 0.288675, abs=1e-5)
    assert clustered([]) is None
    assert clustered([[], []]) is None
    single = clustered([[0.0, 1.0]])
    assert single == Interval(0.5, -math.inf, math.inf)


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0, 1, [0, 0.2, 0.4, 0.6, 0.8, 1.0]),
        (0, 0.042, [0, 0.01, 0.02, 0.03, 0.04]),
        (-3, 4, [-2, 0, 2, 4]),
        (995, 1005, [996, 998, 1000, 1002, 1004]),
        (5, 5, [5]),
    ],
)
def test_ticks_are_round_and_inside(low: float, high: float, expected: list[float]) -> None:
    assert ticks(low, high) == pytest.approx(expected)


def test_steps_are_whole_numbers_on_the_axis() -> None:
    assert ticks(1, 3, whole=True) == [1, 2, 3]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0, "0"),
        (0.12345, "0.123"),
        (1e-7, "1e-07"),
        (-12.34, "\u221212.3"),
        (1_871_104, "1\u202f871\u202f104"),
    ],
)
def test_numbers_for_people(value: float, text: str) -> None:
    assert number(value) == text


def test_an_axis_is_never_empty() -> None:
    for values in ([], [0.0], [2.0, 2.0], [math.inf, 1.0], [-1.0, 3.0]):
        low, high = extent(values, from_zero=True)
        assert high > low
    assert extent([1.0, 3.0], from_zero=True)[0] == 0.0


def test_many_points_are_averaged_not_dropped() -> None:
    points = [(float(step), float(step % 2)) for step in range(1000)]
    found = thinned(points)
    assert len(found) == 334
    assert found[0] == (1.0, pytest.approx(1 / 3))
    assert sum(len(group) for group in bins(1000)) == 1000


def test_a_line_goes_where_the_numbers_say() -> None:
    chart = line_chart(
        [Line("a", "c-blue", [(0, 0.0), (5, 1.0), (10, 0.5)])], title="t", y_range=(0, 1)
    )
    assert chart is not None
    [path] = re.findall(r'class="line c-blue" d="M([^"]+)"', chart.svg)
    places = [tuple(map(float, place.split())) for place in path.split("L")]
    middle = (LEFT + WIDE.width - RIGHT) / 2
    assert [x for x, _ in places] == [LEFT, middle, WIDE.width - RIGHT]
    assert places[0][1] > places[2][1] > places[1][1]
    assert places[2][1] == pytest.approx((places[0][1] + places[1][1]) / 2)
    assert chart.data["series"][0]["points"] == [[0, 0], [5, 1], [10, 0.5]]


def test_a_band_without_bounds_reaches_the_edge_and_stays_json() -> None:
    points = [(1, 0.5, -math.inf, math.inf), (2, 0.5, 0.4, 0.6)]
    chart = line_chart([Line("a", "c-blue", points)], title="t", y_range=(0, 1))
    assert chart is not None
    assert "inf" not in chart.svg
    assert chart.data["series"][0]["points"][0] == [1, 0.5, None, None]


def test_a_stack_fills_its_frame() -> None:
    layers = [Layer("a", "x", [0.25, 0.5]), Layer("b", "y", [0.75, 0.5])]
    chart = stacked_chart([1, 2], layers, title="t", top=1.0)
    assert chart is not None
    lower, upper = re.findall(r'class="area \w" d="M([^"]+)Z"', chart.svg)
    ys = [[float(place.split()[1]) for place in path.split("L")] for path in (lower, upper)]
    assert ys[0][0] - ys[1][0] == pytest.approx(3 * (ys[0][3] - ys[0][0]))
    assert ys[1][:2] == [10, 10]  # the top of the frame: shares add up to one


def test_nothing_to_draw_is_no_chart() -> None:
    assert line_chart([Line("a", "x", [])], title="t") is None
    assert stacked_chart([], [], title="t") is None


def test_labels_in_charts_are_escaped() -> None:
    svg = interval_chart([("<b>&", "c-blue", Interval(0.5, 0.4, 0.6))], title='"<x>')
    assert "<b>" not in svg
    assert "<x>" not in svg


def test_a_step_is_counted_as_by_hand(tmp_path: Path) -> None:
    """Two groups of four examples: right, wrong, empty (no answer), and a surrogate one (right)."""
    from fake_run import Policy, attempt, make_problem

    from verigrad.core.seeds import stream

    problem = make_problem(split="train", index=1)
    sure, never = Policy(1.0, 1.0), Policy(0.0, 1.0)
    rng = stream("test")
    records = [
        RolloutRecord(3, group, attempt(policy, problem, sample=s, rng=rng), 0.0, Fate.TRAINED)
        for group, policies in enumerate([(sure, sure), (sure, never), (never, never)])
        for s, policy in enumerate(policies)
    ]
    write_rollouts(tmp_path / "a.parquet", records)
    facts = read_step(tmp_path / "a.parquet", step=3)
    assert facts.reasons == Counter({"correct": 3, "wrong": 3})
    assert facts.score is not None
    assert facts.score.value == 0.5
    # group means 1, 0.5, 0: sd 0.5, error 0.5 / sqrt(3), times 1.959964
    assert facts.score.high == pytest.approx(0.5 + 1.959964 * 0.5 / math.sqrt(3), abs=1e-5)
    assert facts.groups["spread"] >= 1
    right = [r.judged.rollout.num_response_tokens for r in records if r.judged.verdict.is_correct]
    assert facts.correct_length == sum(right) / 3


def facts_of(size: int, *reasons: str) -> GroupFacts:
    return GroupFacts(size, frozenset(reasons))


def test_rare_reasons_are_always_among_the_rollouts_shown() -> None:
    groups = {(step, group): facts_of(8, "correct") for step in range(100) for group in range(10)}
    groups[(57, 3)] = facts_of(8, "correct", "violation")
    chosen = choose_groups(groups, max_rollouts=160)
    assert (57, 3) in chosen
    assert len(chosen) == 20
    assert {0, 99} <= {step for step, _ in chosen}
    gaps = sorted(step for step, _ in chosen)
    assert max(b - a for a, b in pairwise(gaps)) <= 15


def test_a_group_larger_than_the_page_is_still_shown_alone() -> None:
    groups = {(1, 0): facts_of(64, "wrong"), (1, 1): facts_of(64, "wrong")}
    assert len(choose_groups(groups, max_rollouts=10)) == 1


def test_long_texts_lose_their_middle_and_say_so() -> None:
    assert cut("abc", limit=4) == "abc"
    assert (
        cut("a" * 50 + "b" * 50, limit=10) == "aaaaa [\u2026 90 characters left out \u2026] bbbbb"
    )
    assert cut(None) is None
