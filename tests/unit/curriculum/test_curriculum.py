"""Choosing, observing, retiring and reviving; a profile's rules; sampling from a profile's file."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verigrad.core.curriculum import CurriculumSection
from verigrad.core.errors import DataError
from verigrad.core.types import Group, Judged, Problem, Reward, Rollout, StopReason
from verigrad.core.verdict import Reason, Status, Verdict
from verigrad.curriculum.curriculum import Curriculum
from verigrad.curriculum.pass_rates import PassRate
from verigrad.curriculum.profile import Band, Profiled, histogram, is_choice, reason, text_of
from verigrad.pipelines.curriculum import read_profile
from verigrad.pipelines.profile import write_profile, write_profile_page

POOL = [Problem.of(f"{n}+{n}=", str(2 * n)) for n in range(8)]


def judged(problem: Problem, score: float | None) -> Judged:
    status = Status.ABSTAINED if score is None else Status.SCORED
    why = Reason.CORRECT if score == 1.0 else Reason.WRONG
    verdict = Verdict(status, Reason.BAD_REFERENCE if score is None else why, score)
    rollout = Rollout(problem, 0, (1,), (2,), (True,), (0.0,), (), StopReason.END)
    return Judged(rollout, verdict, Reward(score))


def group(problem: Problem, *scores: float | None) -> Group:
    return Group(problem, tuple(judged(problem, score) for score in scores))


def curriculum(**switches) -> Curriculum:
    section = CurriculumSection(pool=8, **switches)
    return Curriculum({"sums": POOL}, section, seed=0, last_step=10)


def ids(problems) -> list[str]:
    return [problem.id for problem in problems]


def test_a_choice_is_decided_by_seed_and_step() -> None:
    one, other = curriculum(), curriculum()
    first = one.choose("sums", 4, step=1, attempt=0)
    assert ids(first) == ids(other.choose("sums", 4, step=1, attempt=0))
    assert ids(first) != ids(one.choose("sums", 4, step=2, attempt=0))
    assert len(set(ids(first))) == 4


def test_a_second_attempt_takes_the_next_ones() -> None:
    one = curriculum()
    first, second = (one.choose("sums", 4, step=1, attempt=n) for n in (0, 1))
    assert set(ids(first)) | set(ids(second)) == set(ids(POOL))


def test_observing_by_hand() -> None:
    one = curriculum(keep=0.5)
    one.observe([group(POOL[0], 1.0, 0.0, 1.0, None)], step=1)  # what is not judged does not count
    one.observe([group(POOL[0], 1.0, 1.0)], step=2)
    assert one.to_json()[POOL[0].id] == [0.5 * 2 + 2, 0.5 * 1, 1, None]
    found = one.observe([group(POOL[1], 0.0)], step=3)
    assert found["curriculum/seen"] == 2
    # (3.5 / 4.5 + 0.5 / 2 + six unknown at 1/2) / 8
    assert found["curriculum/pass_rate"] == pytest.approx((3.5 / 4.5 + 0.25 + 3.0) / 8)


def test_retired_after_a_row_and_revived_later() -> None:
    one = curriculum(retire_after=2, revive_after=3)
    for step in (1, 2):
        found = one.observe([group(POOL[0], 1.0, 1.0)], step=step)
    assert found["curriculum/retired"] == 1
    for step in (3, 4):
        assert POOL[0].id not in ids(one.choose("sums", 7, step=step, attempt=0))
    assert POOL[0].id in ids(one.choose("sums", 8, step=5, attempt=0))
    # once more all right: retired at once
    assert one.observe([group(POOL[0], 1.0)], step=5)["curriculum/retired"] == 1


def test_where_too_few_are_awake_those_that_rested_longest_are_asked() -> None:
    one = curriculum(retire_after=1, revive_after=100)
    for step, part in ((1, POOL[4:6]), (2, POOL[:4])):
        one.observe([group(problem, 1.0) for problem in part], step=step)
    asked = ids(one.choose("sums", 4, step=3, attempt=0))
    assert set(asked[:2]) == set(ids(POOL[6:]))  # those awake
    assert asked[2:] == ids(POOL[4:6])  # then the first that were retired
    assert len(set(ids(one.choose("sums", 8, step=4, attempt=0)))) == 8


def test_state_comes_back() -> None:
    one, other = curriculum(retire_after=1), curriculum(retire_after=1)
    one.observe([group(POOL[0], 1.0), group(POOL[1], 0.0)], step=1)
    other.restore(json.loads(json.dumps(one.to_json())))
    assert other.to_json() == one.to_json()
    assert ids(one.choose("sums", 8, step=9, attempt=0)) == ids(
        other.choose("sums", 8, step=9, attempt=0)
    )


def test_a_state_of_other_problems_is_refused() -> None:
    one = curriculum()
    state = one.to_json()
    state.pop(POOL[0].id)
    with pytest.raises(DataError, match="other problems"):
        one.restore(state)


def profiled(problem: Problem, right: int, total: int = 8, guessed: int = 0) -> Profiled:
    why = reason(
        problem.answer,
        num_samples=total,
        num_correct=right,
        num_guessed=guessed,
        band=Band(),
        with_choices=False,
    )
    return Profiled(problem=problem, num_samples=total, num_correct=right, why=why)


def test_reasons_in_their_order() -> None:
    assert profiled(POOL[0], 0).why == "too_hard"
    assert profiled(POOL[0], 8).why == "too_easy"
    assert profiled(POOL[0], 3).is_kept
    assert profiled(POOL[0], 3, guessed=1).why == "guessable"
    assert profiled(POOL[0], 0, total=0).why == "unjudged"
    assert profiled(Problem.of("?", "(C)"), 3).why == "choice"
    assert [is_choice(answer) for answer in (True, "7")] == [True, False]


def test_a_bands_bounds_are_outside_of_it() -> None:
    def told(right: int) -> str:
        return reason("7", num_samples=8, num_correct=right, num_guessed=0, with_choices=False,
                      band=Band(0.25, 0.75))  # fmt: skip

    assert [told(right) for right in (0, 2, 3, 5, 6, 8)] == [
        *("too_hard", "too_hard", "kept", "kept", "too_easy", "too_easy")
    ]


def test_the_histogram_by_hand() -> None:
    found = [profiled(POOL[0], right) for right in (0, 1, 4, 7, 8, 8)]
    assert histogram(found) == [1, 1, 0, 0, 1, 0, 0, 3]
    assert "too_easy" in text_of(found)


def test_a_profile_is_written_and_read(tmp_path: Path) -> None:
    path, page = tmp_path / "profile.jsonl", tmp_path / "page.html"
    write_profile(path, [profiled(POOL[0], 3), profiled(POOL[1], 8)])
    rows = list(read_profile(path))
    assert [(row["id"], row["num_correct"], row["is_kept"]) for row in rows] == [
        (POOL[0].id, 3, True),
        (POOL[1].id, 8, False),
    ]
    interval = PassRate(3, 5).interval()
    assert (rows[0]["low"], rows[0]["high"]) == (interval.low, interval.high)
    write_profile_page(page, [profiled(POOL[0], 3)], model="m")
    assert "<svg" in page.read_text()
    path.write_text("{}\n")
    with pytest.raises(DataError, match="not a profile"):
        list(read_profile(path))


SCORES = st.lists(st.lists(st.sampled_from([0.0, 1.0, None]), max_size=3), min_size=8, max_size=8)


@given(st.lists(SCORES, min_size=1, max_size=6), st.integers(1, 8), st.integers(1, 3))
def test_whatever_is_judged_none_is_asked_twice_and_none_that_rests(
    history: list[list[list[float | None]]], count: int, retire_after: int
) -> None:
    one = curriculum(sampler="frontier", retire_after=retire_after, revive_after=2)
    for step, scores in enumerate(history, start=1):
        asked = ids(one.choose("sums", count, step=step, attempt=0))
        assert len(set(asked)) == count
        resting = {name for name, state in one.to_json().items() if state[3] is not None}
        assert len(resting & set(asked)) == max(0, count - (8 - len(resting)))
        groups = [group(POOL[n], *own) for n, own in enumerate(scores) if own]
        found = one.observe(groups, step=step)
        assert 0.0 < found["curriculum/pass_rate"] < 1.0
        again = curriculum(sampler="frontier", retire_after=retire_after, revive_after=2)
        again.restore(json.loads(json.dumps(one.to_json())))
        assert again.to_json() == one.to_json()
