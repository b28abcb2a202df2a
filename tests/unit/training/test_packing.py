"""The packed pass computes what transformers computes, for logits and for gradients."""

import random

import pytest

torch = pytest.importorskip("torch")
transformers = pytest.importorskip("transformers")

from verigrad.training.forward import can_pack, hidden_states
from verigrad.training.kernels import rms_norm, swiglu
from verigrad.training.packing import Sample, pack

SIZES = {
    "vocab_size": 50,
    "hidden_size": 32,
    "num_hidden_layers": 2,
    "num_attention_heads": 4,
    "num_key_value_heads": 2,
    "intermediate_size": 48,
    "max_position_embeddings": 128,
}


def make_model(kind, **changes):
    torch.manual_seed(0)
    config = transformers.AutoConfig.for_model(kind, **{**SIZES, **changes})
    model = transformers.AutoModelForCausalLM.from_config(config).eval()
    for parameter in model.parameters():
        parameter.data.normal_(0, 0.2)
    return model


def make_samples(seed):
    source = random.Random(seed)
    samples = []
    for group in range(7):
        prompt = tuple(source.randrange(50) for _ in range(source.randrange(1, 9)))
        for _ in range(source.choice([1, 3, 5])):
            response = tuple(source.randrange(50) for _ in range(source.choice([1, 2, 7, 25])))
            mask = tuple(source.random() < 0.8 for _ in response)
            samples.append(Sample(prompt, response, mask, group))
    return samples


def packed_logps(model, samples, **how):
    batch = pack(samples, **how)
    hidden = hidden_states(model, batch)
    logits = model.get_output_embeddings()(hidden.index_select(0, batch.source_N))
    return logits.log_softmax(-1).gather(1, batch.target_N[:, None]).squeeze(1)


def plain_logps(model, samples):
    found = []
    for sample in samples:
        ids = torch.tensor([sample.prompt_ids + sample.response_ids])
        logps = model(ids).logits[0].log_softmax(-1)
        first = len(sample.prompt_ids) - 1
        found += [
            logps[first + n, token]
            for n, (token, counts) in enumerate(
                zip(sample.response_ids, sample.loss_mask, strict=True)
            )
            if counts
        ]
    return torch.stack(found)


def gradients(model, logps):
    model.zero_grad()
    weights = torch.linspace(-1, 1, len(logps))
    (logps * weights).sum().backward()
    return {n: p.grad.clone() for n, p in model.named_parameters() if p.grad is not None}


@pytest.mark.parametrize("kind", ["qwen3", "qwen2", "llama", "mistral"])
@pytest.mark.parametrize("shares", [True, False])
def test_packed_logps_and_gradients_equal_transformers(kind, shares):
    model, samples = make_model(kind), make_samples(1)
    assert can_pack(model, longest=40)
    ours = packed_logps(model, samples, share_prompts=shares)
    mine = gradients(model, ours)
    theirs = plain_logps(model, samples)
    expected = gradients(model, theirs)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
    assert mine.keys() == expected.keys()
    for name, gradient in expected.items():
        torch.testing.assert_close(mine[name], gradient, atol=2e-5, rtol=1e-4, msg=name)


def test_other_architectures_go_through_transformers():
    model = make_model("gemma", head_dim=8)
    assert not can_pack(model)
    samples = make_samples(2)
    ours = packed_logps(model, samples, share_prompts=False)
    torch.testing.assert_close(ours, plain_logps(model, samples), atol=1e-5, rtol=1e-5)
    with pytest.raises(ValueError, match="share_prompts=False"):
        packed_logps(model, samples, share_prompts=True)


def test_a_sliding_window_shorter_than_a_sequence_is_left_to_transformers():
    model = make_model("mistral", sliding_window=16)
    assert can_pack(model, longest=10)
    assert not can_pack(model, longest=17)
    samples = make_samples(3)
    ours = packed_logps(model, samples, share_prompts=False)
    torch.testing.assert_close(ours, plain_logps(model, samples), atol=1e-5, rtol=1e-5)


def test_a_shared_prompt_is_stored_once():
    samples = [Sample((1, 2, 3), (4, 5, 6), (True,) * 3, 0) for _ in range(4)]
    # 3 prompt tokens once and 2 computed response tokens each, against 5 each
    assert len(pack(samples).tokens_T) == 3 + 4 * 2
    assert len(pack(samples, share_prompts=False).tokens_T) == 4 * 5


@pytest.mark.parametrize(
    "samples",
    [
        [Sample((), (1,), (True,), 0)],
        [Sample((1,), (), (), 0)],
        [Sample((1,), (1,), (True, True), 0)],
        [Sample((1,), (1,), (True,), 0), Sample((2,), (1,), (True,), 0)],
    ],
)
def test_what_cannot_be_packed_is_refused(samples):
    with pytest.raises(ValueError):
        pack(samples)


def test_recomputing_layers_changes_nothing():
    model, samples = make_model("qwen3"), make_samples(4)
    batch = pack(samples)
    plain = hidden_states(model, batch)
    again = hidden_states(model, batch, recompute=True)
    torch.testing.assert_close(plain, again)
    first, second = (
        torch.autograd.grad(h.square().sum(), model.model.norm.weight)[0] for h in (plain, again)
    )
    torch.testing.assert_close(first, second)


def test_kernels_pass_gradcheck_and_their_worked_numbers():
    x = torch.randn(3, 4, 5, dtype=torch.float64, requires_grad=True)
    weight = torch.randn(4, 5, dtype=torch.float64, requires_grad=True)
    # float32 inside: compare with the formula at that precision
    expected = weight * x * torch.rsqrt(x.square().mean(-1, keepdim=True) + 1e-6)
    torch.testing.assert_close(rms_norm(x, weight, 1e-6), expected, atol=1e-6, rtol=1e-6)
    gate = torch.randn(6, 8, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(swiglu, (gate,))
    out = rms_norm(torch.tensor([[3.0, 4.0]]), torch.ones(2), 0.0)
    torch.testing.assert_close(out, torch.tensor([[0.8485, 1.1314]]), atol=1e-4, rtol=0)
    assert swiglu(torch.tensor([[1.0, 2.0]])).item() == pytest.approx(1.4621, abs=1e-4)
