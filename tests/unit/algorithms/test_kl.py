"""What the KL estimators are, and what their gradients are in expectation (exact enumeration)."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from verigrad.algorithms.kl import kl_estimate, unbiased

POLICY = torch.tensor([0.5, -0.3, 1.1, 0.0], dtype=torch.float64)
REFERENCE = torch.tensor([0.1, 0.4, -0.2, 0.3], dtype=torch.float64).log_softmax(0)
OLD = torch.tensor([-0.4, 0.9, 0.2, 0.6], dtype=torch.float64).log_softmax(0)


def kl(p, q):
    return (p.exp() * (p - q)).sum()


def gradient_of_kl(*, backwards):
    theta = POLICY.clone().requires_grad_()
    p = theta.log_softmax(0)
    return torch.autograd.grad(kl(REFERENCE, p) if backwards else kl(p, REFERENCE), theta)[0]


def expected_gradient(estimator, *, sampled_from=None, correct=False):
    """Sum over all actions of P(action) times the gradient of its loss."""
    theta = POLICY.clone().requires_grad_()
    p = theta.log_softmax(0)
    old = p.detach() if sampled_from is None else sampled_from
    estimate = kl_estimate(p - REFERENCE, estimator)
    if correct:
        estimate = unbiased(estimate, p, old)
    return torch.autograd.grad((old.exp() * estimate).sum(), theta)[0]


def test_worked_numbers():
    # at a ratio of 1/2: k1 = -0.6931, k2 = 0.2402, k3 = 2 - 1 - 0.6931 = 0.3069
    x = torch.tensor(0.5, dtype=torch.float64).log()
    assert [round(kl_estimate(x, k).item(), 4) for k in ("k1", "k2", "k3")] == [
        -0.6931,
        0.2402,
        0.3069,
    ]


@given(st.floats(-30, 30))
def test_k2_and_k3_are_never_negative(x):
    value = torch.tensor(x, dtype=torch.float64)
    assert kl_estimate(value, "k2") >= 0
    assert kl_estimate(value, "k3") >= 0


def test_k3_keeps_its_precision_near_zero():
    # k3(x) = x^2/2 - x^3/6 + ...; the naive form loses all digits in float32
    assert kl_estimate(torch.tensor(1e-3), "k3").item() == pytest.approx(4.998334e-7, rel=1e-3)


def test_k1_and_k3_are_unbiased_in_value():
    p = POLICY.log_softmax(0)
    for estimator in ("k1", "k3"):
        value = (p.exp() * kl_estimate(p - REFERENCE, estimator)).sum()
        torch.testing.assert_close(value, kl(p, REFERENCE))


def test_k1_as_a_loss_has_no_gradient():
    assert expected_gradient("k1").abs().max() < 1e-15


def test_k2_as_a_loss_has_the_gradient_of_the_kl():
    torch.testing.assert_close(expected_gradient("k2"), gradient_of_kl(backwards=False))


def test_k3_as_a_loss_has_the_gradient_of_the_other_kl():
    torch.testing.assert_close(expected_gradient("k3"), gradient_of_kl(backwards=True))


@pytest.mark.parametrize("estimator", ["k1", "k3"])
@pytest.mark.parametrize("sampled_from", [None, OLD])
def test_the_unbiased_form_has_the_gradient_of_the_kl_on_and_off_policy(estimator, sampled_from):
    got = expected_gradient(estimator, sampled_from=sampled_from, correct=True)
    torch.testing.assert_close(got, gradient_of_kl(backwards=False))


def test_unknown_estimator():
    with pytest.raises(ValueError, match="k4"):
        kl_estimate(torch.zeros(1), "k4")
