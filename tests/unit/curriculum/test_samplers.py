"""Samplers: what each prefers, on estimates made by hand."""

import random
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from verigrad.core.curriculum import CurriculumSection
from verigrad.curriculum.pass_rates import PassRate
from verigrad.curriculum.samplers import keys_for

NEVER, SELDOM, HALF, ALWAYS = (
    PassRate(0, 400),
    PassRate(40, 360),
    PassRate(200, 200),
    PassRate(400, 0),
)
RATES = [NEVER, SELDOM, HALF, ALWAYS]


def first(section: CurriculumSection, *, step: int = 1, rates=RATES, draws: int = 2000) -> Counter:
    """How often each place comes first."""
    keys = keys_for(section, step=step, last_step=100)
    found: Counter = Counter()
    for seed in range(draws):
        drawn = keys(rates, random.Random(seed))
        found[max(range(len(rates)), key=drawn.__getitem__)] += 1
    return found


def test_uniform_takes_all_alike() -> None:
    assert all(400 < count < 600 for count in first(CurriculumSection(pool=4)).values())


def test_frontier_takes_what_is_half_right() -> None:
    assert first(CurriculumSection(sampler="frontier"))[2] == 2000


def test_frontier_tries_what_is_unknown() -> None:
    found = first(CurriculumSection(sampler="frontier"), rates=[SELDOM, PassRate(), NEVER])
    assert found[1] > 1000


def test_prioritised_draws_by_what_is_left_to_learn() -> None:
    # 1 - p of the four: 0.9988, 0.899, 0.5, 0.0012, of 2.399 in all
    found = first(CurriculumSection(sampler="prioritised"), draws=20_000)
    weights = [1 - rate.mean for rate in RATES]
    for place, weight in enumerate(weights):
        assert found[place] / 20_000 == pytest.approx(weight / sum(weights), abs=0.012)


def test_easy_to_hard_lets_harder_ones_in() -> None:
    section = CurriculumSection(sampler="easy_to_hard", first_share=0.25, all_by=0.5)
    assert set(first(section, step=1)) == {3}
    assert set(first(section, step=17)) == {3, 2}  # a quarter and 0.32 of the rest: two of four
    assert set(first(section, step=51)) == {0, 1, 2, 3}


def test_stages_follow_their_steps() -> None:
    stages = [{"until": 10, "low": 0.4, "high": 0.6}, {"until": 20, "high": 0.2}]
    section = CurriculumSection(sampler="staged", stages=stages)  # pyright: ignore
    assert set(first(section, step=10)) == {2}
    assert set(first(section, step=11)) == {0, 1}
    assert set(first(section, step=99)) == {0, 1}  # the last one goes on


def test_an_empty_band_takes_the_nearest() -> None:
    section = CurriculumSection(sampler="staged", stages=({"until": 9, "low": 0.6, "high": 0.7},))  # pyright: ignore
    assert set(first(section)) == {2}


@given(st.sampled_from(["uniform", "frontier", "prioritised", "easy_to_hard"]), st.integers(1, 200))
def test_every_problem_has_a_finite_key(sampler: str, step: int) -> None:
    section = CurriculumSection(sampler=sampler)  # pyright: ignore
    keys = keys_for(section, step=step, last_step=100)(RATES, random.Random(step))
    assert len(keys) == 4
    assert all(abs(key) < 1e12 for key in keys)


def test_a_section_that_cannot_be_is_refused() -> None:
    with pytest.raises(ValidationError, match="stages"):
        CurriculumSection(sampler="staged")
    with pytest.raises(ValidationError, match="until"):
        CurriculumSection(sampler="staged", stages=({"until": 5}, {"until": 5}))  # pyright: ignore
    with pytest.raises(ValidationError, match="profile"):
        CurriculumSection(band=(0.1, 0.9))
    with pytest.raises(ValidationError, match="low < high"):
        CurriculumSection(profile="p", band=(0.9, 0.1))
    assert not CurriculumSection().is_on
    assert CurriculumSection(retire_after=3).is_on
