"""Controls and noise, by hand and by their rates."""

import pytest

torch = pytest.importorskip("torch")

from verigrad.core.trust import NoiseSection
from verigrad.core.types import Group, Judged, Message, Problem, Reward, Rollout, StopReason
from verigrad.judging.task import Task
from verigrad.training.controls import controlled, noisy
from verigrad.verifiers import TABLE

MATH = TABLE.load("math")(answer_in="boxed")
TASKS = {"t": Task("t", source=None, verifier=MATH)}


def group(question, answer, *responses):
    problem = Problem((Message("user", question),), answer, task="t")
    judged = []
    for sample, text in enumerate(responses):
        message = (Message("assistant", text),)
        rollout = Rollout(problem, sample, (1,), (2,), (True,), (0.0,), message, StopReason.END)
        verdict = MATH.verify(problem, text)
        judged.append(Judged(rollout, verdict, Reward(verdict.score, {"correct": verdict.score})))
    return Group(problem, tuple(judged))


ONE = group("1+1?", "2", r"\boxed{2}", r"\boxed{3}", r"\boxed{3}", "no answer")
TWO = group("1+2?", "3", r"\boxed{3}", r"\boxed{2}", r"\boxed{9}", r"\boxed{2}")


def paid(control):
    found = controlled([ONE, TWO], control, tasks=TASKS, seed=0, step=1)
    assert [g.judged[0].verdict for g in found] == [ONE.judged[0].verdict, TWO.judged[0].verdict]
    return [list(g.rewards) for g in found]


def test_none_is_none():
    assert paid("none") == [[1, 0, 0, 0], [1, 0, 0, 0]]


def test_format_only_pays_any_answer_in_its_place():
    assert paid("format_only") == [[1, 1, 1, 0], [1, 1, 1, 1]]


def test_the_majority_is_paid_right_or_wrong():
    assert paid("majority_label") == [[0, 1, 1, 0], [0, 1, 0, 1]]


def test_shuffled_references_pay_the_next_problems_answer():
    assert paid("shuffled_references") == [[0, 1, 1, 0], [0, 1, 0, 1]]


def test_a_coin_is_the_same_coin_again():
    assert paid("random") == paid("random")


def many(noise, value, count=4000):
    right = "\\boxed{2}" if value else "\\boxed{3}"
    total = [
        reward
        for n in range(count // 8)
        for reward in noisy(group(f"{n}?", "2", *[right] * 8), noise, seed=0, step=1).rewards
    ]
    return torch.tensor(total)


def test_rewards_are_flipped_at_their_rates():
    noise = NoiseSection(inject_false_positive=0.2, inject_false_negative=0.4)
    assert float(many(noise, 1).mean()) == pytest.approx(0.6, abs=0.03)
    assert float(many(noise, 0).mean()) == pytest.approx(0.2, abs=0.03)


@pytest.mark.parametrize(("value", "expected"), [(1, 1.0), (0, 0.0)])
def test_the_backward_correction_makes_the_mean_true(value, expected):
    noise = NoiseSection(
        inject_false_positive=0.2, inject_false_negative=0.4,
        false_positive=0.2, false_negative=0.4, correction="backward",
    )  # fmt: skip
    assert float(many(noise, value).mean()) == pytest.approx(expected, abs=0.08)


def test_the_forward_weights_of_the_paper():
    noise = NoiseSection(false_negative=0.3, correction="forward")
    assert noisy(ONE, noise, seed=0, step=1).rewards == pytest.approx((0.3, -0.7, -0.7, -0.7))


def test_rates_that_say_nothing_are_an_error():
    with pytest.raises(ValueError, match="cannot be corrected"):
        NoiseSection(false_positive=0.5, false_negative=0.5, correction="backward")
