"""Shadow verification: the counts, when the gap is an alarm, and that a resume changes nothing."""

from hypothesis import given
from hypothesis import strategies as st

from verigrad.audit.watching.shadow import GapRule, GapWatch, Pair, is_watched, shadow_metrics
from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.verifiers import TABLE
from verigrad.verifiers.base import failed

VERIFIER = TABLE.load("math")()


def verdict(kind):
    problem = Problem.of("1 + 1?", "2")
    if kind == "failed":
        return failed("no sandbox")
    return VERIFIER.verify(problem, "\\boxed{2}" if kind == "right" else "\\boxed{3}")


KINDS = {kind: verdict(kind) for kind in ("right", "wrong", "failed")}


def pair(paid, shadow, sample=0):
    return Pair(0, sample, KINDS[paid], KINDS[shadow])


def pairs(paid_wrong, judged):
    """`paid_wrong` of `judged` pairs are paid for nothing; the rest is right by both."""
    return [
        pair("right", "wrong" if place < paid_wrong else "right", place) for place in range(judged)
    ]


def test_the_rates_by_hand():
    given_pairs = [
        pair("right", "right"),
        pair("right", "wrong"),
        pair("wrong", "right"),
        pair("wrong", "wrong"),
        pair("right", "wrong"),
        pair("right", "failed"),
        pair("failed", "right"),
    ]
    assert shadow_metrics(given_pairs) == {
        "shadow/judged": 5.0,
        "shadow/unjudged": 2.0,
        "shadow/paid": 3 / 5,
        "shadow/right": 2 / 5,
        "shadow/gap": 2 / 5,
        "shadow/missed": 1 / 5,
    }


def test_a_shadow_that_abstains_everywhere_says_so_and_nothing_else():
    assert shadow_metrics([pair("right", "failed")]) == {
        "shadow/judged": 0.0,
        "shadow/unjudged": 1.0,
    }
    assert shadow_metrics([]) == {}


def test_the_alarm_at_the_count_of_the_docstring():
    """Wilson's lower bounds of 12 and 13 in 320 with z = 2.326: 0.0195 and 0.0217, by hand."""
    for count, expected in ((12, False), (13, True)):
        watch = GapWatch()
        assert (watch.see(1, pairs(count, 320)) is not None) is expected


def test_an_alarm_says_what_since_when_and_which_and_is_raised_once():
    watch = GapWatch(GapRule(window=3, limit=0.02))
    assert watch.see(1, pairs(0, 64)) is None
    assert watch.see(2, pairs(1, 64)) is None
    alarm = watch.see(3, pairs(12, 64))
    assert alarm is not None
    assert (alarm.step, alarm.since) == (3, 2)
    assert alarm.what.startswith("6.8% of the rollouts")
    assert alarm.rollouts[0] == "step 3 group 0 sample 0"
    assert "verigrad reverify" in str(alarm)
    assert watch.see(4, pairs(12, 64)) is None  # it still stands
    for step in (5, 6, 7):
        assert watch.see(step, pairs(0, 64)) is None
    assert watch.see(8, pairs(30, 64)) is not None  # a second rise is a second alarm


def test_two_verifiers_that_differ_as_often_both_ways_are_no_hack():
    """A gap of 1 % under a limit of 2 % never alarms, however long the run."""
    watch = GapWatch()
    assert all(watch.see(step, pairs(1, 100)) is None for step in range(200))


@given(st.lists(st.integers(0, 20), min_size=1, max_size=20), st.integers(0, 19))
def test_a_watch_that_recalls_the_metrics_goes_on_as_the_one_that_saw_them(counts, cut):
    whole, resumed = GapWatch(), GapWatch()
    lines = []
    for step, count in enumerate(counts[:cut], start=1):
        seen = pairs(count, 64)
        whole.see(step, seen)
        lines.append({"step": step, **shadow_metrics(seen)})
    resumed.recall(lines)
    for step, count in enumerate(counts[cut:], start=cut + 1):
        assert whole.see(step, pairs(count, 64)) == resumed.see(step, pairs(count, 64))


def test_rollouts_are_chosen_by_address():
    addresses = [
        (step, group, sample) for step in range(20) for group in range(20) for sample in range(10)
    ]
    chosen = [is_watched(seed=7, step=a, group=b, sample=c, share=0.25) for a, b, c in addresses]
    # 4,000 draws at 1/4: standard deviation 27.4
    assert abs(sum(chosen) - 1000) < 110
    assert chosen == [
        is_watched(seed=7, step=a, group=b, sample=c, share=0.25) for a, b, c in addresses
    ]
    assert all(is_watched(seed=0, step=1, group=1, sample=n, share=1.0) for n in range(50))


def test_reasons_are_those_expected():
    assert KINDS["wrong"].reason is Reason.WRONG
    assert isinstance(KINDS["failed"], Verdict)
    assert not KINDS["failed"].is_correct
