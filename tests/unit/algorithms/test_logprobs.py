"""token_logps against plain log_softmax, by value and by gradient."""

import pytest
import torch

from verigrad.algorithms.logprobs import token_logps


def inputs(*, dtype=torch.float64, tokens=13, width=7, vocabulary=31, seed=0):
    generator = torch.Generator().manual_seed(seed)
    hidden = torch.randn(tokens, width, generator=generator, dtype=torch.float64).to(dtype)
    weight = torch.randn(vocabulary, width, generator=generator, dtype=torch.float64).to(dtype)
    targets = torch.randint(vocabulary, (tokens,), generator=generator)
    return hidden.requires_grad_(), weight.requires_grad_(), targets


def plain(hidden, weight, targets, temperature):
    logp = (hidden @ weight.T / temperature).log_softmax(-1)
    return logp.gather(1, targets[:, None]).squeeze(1), -(logp.exp() * logp).sum(-1)


@pytest.mark.parametrize("chunk_size", [1, 4, 13, 100])
@pytest.mark.parametrize("temperature", [1.0, 0.6])
@pytest.mark.parametrize("entropy_weight", [0.0, 0.3])
def test_values_and_gradients_equal_the_full_logits_way(chunk_size, temperature, entropy_weight):
    hidden, weight, targets = inputs()
    token_weight = torch.randn(13, dtype=torch.float64, generator=torch.Generator().manual_seed(9))
    logp, entropy = plain(hidden, weight, targets, temperature)
    expected = torch.autograd.grad(
        (logp * token_weight + entropy_weight * entropy).sum(), [hidden, weight]
    )
    out = token_logps(
        hidden, weight, targets, chunk_size=chunk_size, temperature=temperature, want_entropy=True
    )
    got = torch.autograd.grad(
        (out.logp_T * token_weight + entropy_weight * out.entropy_T).sum(), [hidden, weight]
    )
    torch.testing.assert_close(out.logp_T, logp, rtol=1e-12, atol=1e-12)
    torch.testing.assert_close(out.entropy_T, entropy, rtol=1e-12, atol=1e-12)
    for a, b in zip(got, expected, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-11, atol=1e-12)


def test_gradcheck_through_both_outputs():
    hidden, weight, targets = inputs(tokens=5, vocabulary=6, width=3)
    assert torch.autograd.gradcheck(
        lambda h, w: tuple(token_logps(h, w, targets, chunk_size=2, want_entropy=True)),
        (hidden, weight),
    )


def test_entropy_alone_has_its_gradient():
    hidden, weight, targets = inputs()
    expected = torch.autograd.grad(plain(hidden, weight, targets, 1.0)[1].sum(), hidden)[0]
    out = token_logps(hidden, weight, targets, chunk_size=4, want_entropy=True)
    torch.testing.assert_close(torch.autograd.grad(out.entropy_T.sum(), hidden)[0], expected)


def test_tokens_without_gradient_are_left_out_exactly():
    hidden, weight, targets = inputs()
    keep = torch.arange(13) % 3 == 0
    some = token_logps(hidden, weight, targets, chunk_size=4).logp_T
    got = torch.autograd.grad((some * keep).sum(), [hidden, weight])
    alone = token_logps(hidden[keep], weight, targets[keep], chunk_size=4).logp_T
    expected = torch.autograd.grad(alone.sum(), [hidden, weight])
    for a, b in zip(got, expected, strict=True):
        assert torch.equal(a, b)
    assert torch.count_nonzero(got[0][~keep]) == 0


@pytest.mark.parametrize("dtype", [torch.bfloat16, torch.float16])
def test_half_precision_inputs_are_summed_in_float32(dtype, monkeypatch):
    monkeypatch.setattr("verigrad.algorithms.logprobs.VOCABULARY_BLOCK", 8)
    hidden, weight, targets = inputs(dtype=dtype, tokens=64)
    exact_hidden = hidden.detach().double().requires_grad_()
    exact_weight = weight.detach().double().requires_grad_()
    expected = plain(exact_hidden, exact_weight, targets, 1.0)[0]
    out = token_logps(hidden, weight, targets, chunk_size=8)
    assert out.logp_T.dtype == torch.float32
    torch.testing.assert_close(out.logp_T.double(), expected, rtol=1e-5, atol=1e-5)
    out.logp_T.sum().backward()
    expected.sum().backward()
    # one rounding at the end, not one a chunk: half a unit in the last place
    step = torch.finfo(dtype).eps
    torch.testing.assert_close(
        weight.grad.double(), exact_weight.grad, rtol=step / 2 * 1.01, atol=1e-4
    )
    torch.testing.assert_close(
        hidden.grad.double(), exact_hidden.grad, rtol=step / 2 * 1.01, atol=1e-4
    )


def test_autocast_does_not_lower_the_precision():
    hidden, weight, targets = inputs(dtype=torch.float32)
    expected = token_logps(hidden, weight, targets).logp_T
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert torch.equal(token_logps(hidden, weight, targets).logp_T, expected)


def test_huge_logits_stay_finite():
    hidden = torch.tensor([[1e4], [-1e4]], requires_grad=True)
    weight = torch.tensor([[1.0], [0.0], [-1.0]])
    out = token_logps(hidden, weight, torch.tensor([0, 0]), want_entropy=True)
    assert out.logp_T.tolist() == [0.0, -2e4]
    assert out.entropy_T.tolist() == [0.0, 0.0]
    (out.logp_T.sum() + out.entropy_T.sum()).backward()
    # d logp[0] / d h = w_0 - w_argmax: 0 for the first token, 1 - (-1) = 2 for the second
    assert hidden.grad.flatten().tolist() == [0.0, 2.0]


def test_frozen_weight_gets_no_gradient_and_empty_input_is_fine():
    hidden, weight, targets = inputs()
    token_logps(hidden, weight.detach(), targets).logp_T.sum().backward()
    assert hidden.grad is not None
    out = token_logps(hidden[:0], weight, targets[:0], want_entropy=True)
    out.logp_T.sum().backward()
    assert out.logp_T.shape == (0,)
    assert torch.count_nonzero(weight.grad) == 0


@pytest.mark.parametrize("wrong", [{"chunk_size": 0}, {"temperature": 0.0}])
def test_senseless_settings_are_refused(wrong):
    with pytest.raises(ValueError, match="need chunk_size"):
        token_logps(*inputs(), **wrong)
