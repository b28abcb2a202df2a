"""Noise correction: expectations over the verifier's own errors, enumerated exactly."""

import pytest
import torch

from verigrad.algorithms.noise import backward_correction, forward_correction
from verigrad.core.errors import DataError

FP = torch.tensor([0.1, 0.3], dtype=torch.float64)  # two strata
FN = torch.tensor([0.2, 0.05], dtype=torch.float64)


def expectation(correct, stratum, correction):
    """Mean of the corrected number over what the verifier may say of one answer."""
    passes = 1 - FN[stratum] if correct else FP[stratum]
    said = torch.tensor([1.0, 0.0], dtype=torch.float64)
    value = correction(said, torch.tensor([stratum, stratum]))
    return (passes * value[0] + (1 - passes) * value[1]).item()


def backward(reward, stratum):
    return backward_correction(reward, stratum, false_positive_S=FP, false_negative_S=FN)


def forward(reward, stratum):
    return forward_correction(reward, stratum, false_negative_S=FN)


@pytest.mark.parametrize("stratum", [0, 1])
@pytest.mark.parametrize("correct", [True, False])
def test_backward_is_unbiased_in_every_stratum(stratum, correct):
    assert expectation(correct, stratum, backward) == pytest.approx(float(correct))


@pytest.mark.parametrize("stratum", [0, 1])
def test_forward_is_the_true_reward_scaled_and_shifted(stratum):
    """0 for right answers, minus (1 - fp - fn) for wrong ones: the true reward less a constant."""
    assert expectation(True, stratum, forward) == pytest.approx(0.0)
    information = 1 - FP[stratum] - FN[stratum]
    assert expectation(False, stratum, forward) == pytest.approx(-information.item())


def test_expected_policy_gradient_is_the_clean_one():
    """Over actions and the verifier's errors: softmax policy of four answers, two right."""
    theta = torch.tensor([0.2, -0.5, 0.9, 0.1], dtype=torch.float64)
    correct = [True, False, True, False]
    p = theta.softmax(0)
    clean = torch.zeros(4, dtype=torch.float64)
    noisy = {backward: [], forward: []}
    for action in range(4):
        score = -p.clone()
        score[action] += 1
        clean = clean + p[action] * float(correct[action]) * score
        for correction, terms in noisy.items():
            terms.append(p[action] * expectation(correct[action], 0, correction) * score)
    torch.testing.assert_close(sum(noisy[backward]), clean)
    torch.testing.assert_close(sum(noisy[forward]), clean * (1 - FP[0] - FN[0]))


def test_a_verifier_without_information_is_refused():
    half = torch.tensor([0.5])
    with pytest.raises(DataError, match="stratum 0"):
        backward_correction(
            torch.ones(1), torch.tensor([0]), false_positive_S=half, false_negative_S=half
        )


def test_shaped_rewards_are_refused():
    with pytest.raises(DataError, match="0 and 1 only"):
        forward_correction(
            torch.tensor([0.5]), torch.tensor([0]), false_negative_S=torch.tensor([0.1])
        )
