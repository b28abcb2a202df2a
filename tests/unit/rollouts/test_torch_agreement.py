"""The decoder computes what transformers computes, for every architecture it takes."""

from itertools import chain

import pytest
import torch
from small_models import CONFIGS, make_model, make_tokenizer
from torch import nn
from transformers import AutoConfig, AutoModelForCausalLM, GPT2Config, LlamaConfig

from verigrad.core.errors import SetupError
from verigrad.rollouts.engines.torch import kernels, prompts, weights
from verigrad.rollouts.engines.torch.engine import TorchEngine
from verigrad.rollouts.sampling import Request, SamplingParameters

TOKENIZER = make_tokenizer()
PROMPTS = tuple(
    tuple(torch.randint(3, 97, (n,), generator=torch.Generator().manual_seed(n)).tolist())
    for n in (5, 9, 2, 17, 31)
)


@torch.no_grad()
def reference_logits(model, ids):
    return model(torch.tensor([list(ids)])).logits[0].float()


@pytest.mark.parametrize("name", CONFIGS)
def test_logits_equal_transformers(name):
    model = make_model(name)
    ids = PROMPTS[4] + PROMPTS[3]
    expected = reference_logits(model, ids)
    assert expected.std() > 0.5  # a model whose logits hardly differ would prove nothing
    torch.testing.assert_close(
        TorchEngine.from_model(model, TOKENIZER).logits(ids), expected, atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("name", CONFIGS)
def test_sampled_logps_are_those_of_transformers(name):
    """Decoding with the cache, over ragged prompts, groups and refilled slots."""
    model = make_model(name)
    engine = TorchEngine.from_model(model, TOKENIZER, max_rows=4)
    sampling = SamplingParameters(max_output_tokens=24)
    requests = [Request(prompt, 3, sampling, seed) for seed, prompt in enumerate(PROMPTS)]
    for request, completions in zip(requests, engine.generate(requests), strict=True):
        for completion in completions:
            start = len(request.prompt_ids)
            ids = torch.tensor(completion.token_ids)
            logits = reference_logits(model, (*request.prompt_ids, *completion.token_ids))
            expected = logits.log_softmax(-1)[start - 1 : -1].gather(1, ids[:, None])[:, 0]
            torch.testing.assert_close(torch.tensor(completion.logps), expected, atol=1e-4, rtol=0)


@pytest.mark.parametrize("name", CONFIGS)
def test_greedy_tokens_are_those_of_generate(name):
    model = make_model(name, seed=1)
    engine = TorchEngine.from_model(model, TOKENIZER)
    sampling = SamplingParameters(max_output_tokens=24, temperature=0.0)
    answers = engine.generate([Request(prompt, 1, sampling, 0) for prompt in PROMPTS])
    for prompt, (answer,) in zip(PROMPTS, answers, strict=True):
        expected = model.generate(
            torch.tensor([prompt]), max_new_tokens=24, do_sample=False, pad_token_id=0
        )
        assert list(answer.token_ids) == expected[0, len(prompt) :].tolist()


@pytest.mark.parametrize("name", ["llama", "qwen3-tied", "gemma3"])
def test_a_saved_checkpoint_computes_as_the_model_does(tmp_path, name):
    model = make_model(name)
    model.save_pretrained(tmp_path)
    TOKENIZER.save_pretrained(tmp_path)
    engine = TorchEngine.from_pretrained(tmp_path)
    assert engine.end_token_ids == (2,)
    torch.testing.assert_close(
        engine.logits(PROMPTS[4]), reference_logits(model, PROMPTS[4]), atol=1e-4, rtol=0
    )


@pytest.mark.parametrize("name", ["qwen3", "gemma2", "llama-biases"])
def test_bfloat16_is_as_near_to_float32_as_transformers_bfloat16_is(name):
    exact = reference_logits(make_model(name), PROMPTS[4])
    model = make_model(name).to(torch.bfloat16)
    engine = TorchEngine.from_model(model, TOKENIZER)
    ours = (engine.logits(PROMPTS[4]) - exact).pow(2).mean().sqrt()
    theirs = (reference_logits(model, PROMPTS[4]) - exact).pow(2).mean().sqrt()
    assert ours < 1.5 * theirs


@pytest.mark.parametrize("name", ["qwen3", "mistral-window", "gemma2"])
def test_prompts_in_pieces_give_the_same(monkeypatch, name):
    engine = TorchEngine.from_model(make_model(name), TOKENIZER)
    sampling = SamplingParameters(max_output_tokens=6)
    requests = [Request(prompt, 2, sampling, 3) for prompt in PROMPTS]
    whole = engine.generate(requests)
    monkeypatch.setattr(prompts, "MAX_TOKENS", 7)
    pieces = engine.generate(requests)
    for a, b in zip(chain(*whole), chain(*pieces), strict=True):
        assert a.token_ids == b.token_ids
        assert a.logps == pytest.approx(b.logps, abs=1e-4)


@pytest.mark.parametrize("activation", ["silu", "gelu", "gelu_tanh"])
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("rows", [9, 1200])
def test_chosen_kernels_compute_what_plain_torch_computes(activation, dtype, rows):
    chosen = kernels.choose_kernels(device=torch.device("cpu"), dtype=dtype, activation=activation)
    plain = kernels.plain_kernels(activation)
    torch.manual_seed(0)
    x, other = torch.randn(rows, 24, dtype=dtype), torch.randn(rows, 40, dtype=dtype)
    weight, bias = torch.randn(40, 24, dtype=dtype) / 5, torch.randn(40, dtype=dtype)
    close = {"atol": 1e-5, "rtol": 1e-5} if dtype is torch.float32 else {"atol": 5e-2, "rtol": 2e-2}
    with torch.inference_mode():
        for b in (None, bias):
            for ours, theirs in (
                (chosen.linear(x, weight, b), plain.linear(x, weight, b)),
                (chosen.linear_activate(x, weight, b), plain.linear_activate(x, weight, b)),
                (chosen.linear_add(x, weight, b, other), plain.linear_add(x, weight, b, other)),
                (
                    chosen.linear_multiply(x, weight, b, other),
                    plain.linear_multiply(x, weight, b, other),
                ),
            ):
                torch.testing.assert_close(ours, theirs, **close)


def test_architectures_we_cannot_compute_are_refused():
    config = GPT2Config(n_embd=32, n_layer=1, n_head=2, vocab_size=100)
    with pytest.raises(SetupError, match='"gpt2"'):
        TorchEngine(config, {}, TOKENIZER)


def test_scalings_that_depend_on_the_length_are_refused():
    config = LlamaConfig(
        hidden_size=32,
        num_attention_heads=2,
        num_hidden_layers=1,
        intermediate_size=32,
        vocab_size=100,
        rope_parameters={"rope_type": "dynamic", "rope_theta": 10000.0, "factor": 2.0},
    )
    model = AutoModelForCausalLM.from_config(config)
    with pytest.raises(SetupError, match='"dynamic"'):
        TorchEngine.from_model(model, TOKENIZER)


def test_every_parameter_counts():
    """The small models would hide an unused weight if it were 0 or 1: none is."""
    for name in CONFIGS:
        for parameter in make_model(name).parameters():
            assert isinstance(parameter, nn.Parameter)
            assert parameter.std() > 0.05
    assert AutoConfig.for_model("qwen3").model_type == "qwen3"


@pytest.mark.parametrize("computed", [torch.float32, torch.bfloat16])
@pytest.mark.parametrize("name", ["qwen3-tied", "gemma2", "llama-biases"])
def test_bfloat16_weights_computed_in_either_type(monkeypatch, name, computed):
    """Which type is computed in is the processor's affair; both follow the weights as stored."""
    monkeypatch.setattr(weights, "computed_type", lambda dtype, *, device: computed)
    model = make_model(name).to(torch.bfloat16)
    engine = TorchEngine.from_model(model, TOKENIZER, shares_weights=True)
    for _ in range(2):
        wide = make_model(name)  # .to() would leave its rotary frequencies rounded
        wide.load_state_dict(model.state_dict())
        exact = reference_logits(wide, PROMPTS[4])
        theirs = (reference_logits(model, PROMPTS[4]) - exact).pow(2).mean().sqrt()
        ours = (engine.logits(PROMPTS[4]) - exact).pow(2).mean().sqrt()
        assert ours < (1e-4 if computed is torch.float32 else 1.5 * theirs)
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.mul_(0.9)  # in place: the copies must follow


def test_what_is_computed_in_is_decided_by_the_processor(monkeypatch, tmp_path):
    processors = tmp_path / "cpuinfo"
    monkeypatch.setattr(kernels, "_PROCESSORS", processors)
    cpu = torch.device("cpu")
    for text, has_tiles, expected in (
        ("vendor_id: AuthenticAMD\nflags: avx512_bf16", False, torch.bfloat16),
        ("vendor_id: AuthenticAMD\nflags: avx2", False, torch.float32),
        ("vendor_id: GenuineIntel\nflags: avx512_bf16", False, torch.float32),
        ("vendor_id: GenuineIntel\nflags: avx512_bf16", True, torch.bfloat16),
    ):
        processors.write_text(text)
        kernels._is_amd_with_bf16.cache_clear()
        monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda tiles=has_tiles: tiles)
        assert kernels.computed_type(torch.bfloat16, device=cpu) is expected
        assert kernels.computed_type(torch.float32, device=cpu) is torch.float32
    kernels._is_amd_with_bf16.cache_clear()
