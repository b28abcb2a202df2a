"""Signs, contents and canaries, by hand."""

import pytest

from verigrad.audit.values import surely_differ
from verigrad.audit.watching.canaries import canaries
from verigrad.audit.watching.content import content_metrics
from verigrad.audit.watching.signs import ALARMS, SIGNS, SignWatch
from verigrad.core.types import Judged, Message, Problem, Reward, Rollout, StopReason
from verigrad.core.verdict import Extracted, Reason
from verigrad.verifiers.base import correct, rejected


def judged(problem, text, *, answer, is_paid):
    found = Extracted(answer, 0, len(answer), "whole") if answer else None
    verdict = correct(extracted=found) if is_paid else rejected(Reason.WRONG, extracted=found)
    message = (Message("assistant", text),)
    rollout = Rollout(problem, 0, (1,), (2,), (True,), (0.0,), message, StopReason.END)
    return Judged(rollout, verdict, Reward(float(is_paid)))


PROBLEMS = [Problem.of(f"{n}+1?", str(n + 1)) for n in range(4)]


def test_one_answer_paid_on_problems_whose_references_differ():
    rows = [judged(p, "always 7", answer="7", is_paid=True) for p in PROBLEMS[:3]]
    rows += [judged(PROBLEMS[3], "4", answer="4", is_paid=True)]
    assert content_metrics(rows)["watch/constant_share"] == 3 / 4
    two = [judged(p, "7", answer="7", is_paid=True) for p in PROBLEMS[:2]]
    assert content_metrics(two)["watch/constant_share"] == 0.0


def test_one_answer_to_problems_with_one_reference_is_no_sign():
    same = [Problem.of(question, "7") for question in ("3+4?", "5+2?", "6+1?")]
    rows = [judged(p, "7", answer="7", is_paid=True) for p in same]
    assert content_metrics(rows)["watch/constant_share"] == 0.0


def test_texts_that_several_problems_got_and_answers_in_their_place():
    long = "the same long text, whatever was asked of it"
    rows = [judged(p, long, answer="9", is_paid=False) for p in PROBLEMS[:2]]
    rows += [judged(p, "short", answer="", is_paid=False) for p in PROBLEMS[2:]]
    found = content_metrics(rows)
    assert found["watch/duplicate_share"] == 2 / 4
    assert found["watch/formed_wrong_share"] == 2 / 4
    assert content_metrics([]) == {}


def watch(name):
    return SignWatch(next(sign for sign in SIGNS if sign.name == name))


def test_a_sign_is_the_mean_over_five_steps_and_is_raised_once():
    sign = watch("unjudged")
    raised = [sign.see(step, {"verdict/unscored_share": 0.2}) for step in range(1, 5)]
    assert raised == [None] * 4
    alarm = sign.see(5, {"verdict/unscored_share": 0.2})
    assert (alarm.step, alarm.since) == (5, 1)
    assert alarm.what == "20.0% of the rollouts were not judged"
    assert sign.see(6, {"verdict/unscored_share": 0.2}) is None


def test_a_drift_is_measured_from_the_first_steps():
    sign = watch("length_drift")
    for step in range(1, 6):
        assert sign.see(step, {"length/mean": 10.0}) is None
    raised = [sign.see(step, {"length/mean": 25.0}) for step in range(6, 11)]
    assert raised[:4] == [None] * 4
    assert raised[4].what == "responses are 2.50 times as long as in the first steps"


def test_a_canary_is_alarming_at_once():
    sign = watch("canaries")
    assert sign.see(10, {"watch/canary_passes": 0.0}) is None
    assert sign.see(11, {}) is None
    alarm = sign.see(20, {"watch/canary_passes": 1.0}, ["canary 3"])
    assert alarm.rollouts == ("canary 3",)
    assert sign.see(30, {"watch/canary_passes": 2.0}) is not None  # every time, not once


def test_a_watch_that_recalls_goes_on_as_if_it_had_never_stopped():
    lines = [{"step": n, "length/mean": 10.0 if n < 6 else 30.0} for n in range(1, 12)]
    whole, cut = watch("length_drift"), watch("length_drift")
    all_of_it = [whole.see(line["step"], line) for line in lines]
    cut.recall(lines[:8])
    assert [cut.see(line["step"], line) for line in lines[8:]] == all_of_it[8:]
    assert any(all_of_it)


def test_timeouts_are_a_share_of_the_rollouts():
    sign = watch("timeouts")
    line = {"rollouts/count": 100, "verdict/timeout": 4, "verdict/over_limit": 3}
    for step in range(1, 6):
        alarm = sign.see(step, line)
    assert alarm.what.startswith("7.0%")


def test_names_differ_and_every_alarm_says_what_to_do():
    assert len(set(ALARMS)) == len(ALARMS)
    assert all(sign.remedy and sign.cause and sign.what for sign in SIGNS)


@pytest.mark.parametrize("answer", ["12", "3/4", "x+1", "Paris", "yes"])
def test_a_canarys_reference_cannot_be_guessed(answer):
    (one,) = canaries([Problem.of("?", answer)], seed=0, step=1)
    assert one.prompt == Problem.of("?", answer).prompt
    assert len(one.answer) == 12
    assert answer == "x+1" or surely_differ(answer, one.answer)
    assert canaries([Problem.of("?", answer)], seed=0, step=1) == [one]
    assert canaries([Problem.of("?", answer)], seed=0, step=2) != [one]


def test_problems_without_a_textual_answer_make_no_canary():
    assert (
        canaries(
            [Problem.of("?", {"cases": []}), Problem.of("?", "3", numbers=[1])], seed=0, step=1
        )
        == []
    )
