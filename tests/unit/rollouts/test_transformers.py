"""The transformers engine: any architecture, the numbers of its own forward pass."""

import pytest
import torch
from small_models import make_model, make_tokenizer
from transformers import (
    AutoModelForCausalLM,
    FalconMambaConfig,
    GPT2Config,
    GPTNeoXConfig,
    MixtralConfig,
    OlmoConfig,
    Qwen3NextConfig,
    T5Config,
    T5ForConditionalGeneration,
)

from verigrad.core.errors import DataError, HaltedError, SetupError
from verigrad.rollouts.engines.torch.engine import TorchEngine
from verigrad.rollouts.engines.transformers.engine import TransformersEngine
from verigrad.rollouts.sampling import GivenText, Request, SamplingParameters

TOKENIZER = make_tokenizer()
_ENDS = {"pad_token_id": 0, "bos_token_id": 1, "eos_token_id": 2}
_SIZES = {"hidden_size": 32, "num_hidden_layers": 2, "vocab_size": 100, **_ENDS}
_HEADS = {"num_attention_heads": 4, "intermediate_size": 48, "max_position_embeddings": 128}
OTHERS = {  # none of them can be computed by the torch engine
    "gpt2": lambda: GPT2Config(
        n_embd=32, n_layer=2, n_head=2, n_positions=128, vocab_size=100, **_ENDS
    ),
    "gpt_neox": lambda: GPTNeoXConfig(**_SIZES, **_HEADS),
    "olmo": lambda: OlmoConfig(**_SIZES, **_HEADS),
    "mixtral": lambda: MixtralConfig(
        **_SIZES, **_HEADS, num_key_value_heads=2, num_local_experts=4, num_experts_per_tok=2
    ),
    "falcon_mamba": lambda: FalconMambaConfig(**_SIZES, state_size=8, time_step_rank=4),
    "qwen3_next": lambda: Qwen3NextConfig(
        **_SIZES,
        **_HEADS,
        num_key_value_heads=2,
        head_dim=8,
        linear_num_key_heads=2,
        linear_num_value_heads=2,
        linear_key_head_dim=8,
        linear_value_head_dim=8,
        num_experts=0,
        mlp_only_layers=[0, 1],
        layer_types=["linear_attention", "full_attention"],
    ),
}


def make_other(name):
    torch.manual_seed(0)
    model = AutoModelForCausalLM.from_config(OTHERS[name]()).eval()
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.add_(torch.randn_like(parameter) * 0.1)
    return model


def requests(*, samples=3, length=12, **sampling):
    settings = SamplingParameters(max_output_tokens=length, **sampling)
    prompts = ((5, 6, 7), (40, 41, 42, 43, 44), (9, 8, 7))  # two lengths, one of them twice
    return [Request(prompt, samples, settings, seed) for seed, prompt in enumerate(prompts)]


@pytest.mark.parametrize("name", OTHERS)
def test_sampled_logps_are_those_of_one_plain_pass(name):
    """Cache, shared prompts and dropped rows change nothing, attention or recurrent."""
    model = make_other(name)
    engine = TransformersEngine.from_model(model, TOKENIZER, end_token_ids=range(2, 20))
    asked = requests(samples=6, length=20)
    answers = engine.generate(asked)
    assert len({len(c.token_ids) for group in answers for c in group}) > 3  # rows were dropped
    for request, group in zip(asked, answers, strict=True):
        for completion in group:
            ids = torch.tensor([[*request.prompt_ids, *completion.token_ids]])
            with torch.no_grad():
                logps = model(ids, use_cache=False).logits[0].float().log_softmax(-1)
            start = len(request.prompt_ids)
            own = ids[0, start:, None]
            expected = logps[start - 1 : -1].gather(1, own)[:, 0].tolist()
            assert completion.logps == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize("name", ["qwen3", "gemma2", "mistral-window"])
def test_it_draws_what_the_torch_engine_draws(name):
    """One address, one sample, whichever of the two engines computes it."""
    model = make_model(name)
    ours = TransformersEngine.from_model(model, TOKENIZER)
    fast = TorchEngine.from_model(model, TOKENIZER)
    for asked in (
        requests(),
        requests(temperature=0.0),
        requests(temperature=0.7, top_p=0.8, top_k=20, stop=("a", "7")),
    ):
        for own, other in zip(ours.generate(asked), fast.generate(asked), strict=True):
            assert [(c.text, c.token_ids, c.stop) for c in own] == [
                (c.text, c.token_ids, c.stop) for c in other
            ]
    text = GivenText((5, 6, 7), (8, 9, 10, 11), 0.6)
    assert ours.score([text])[0] == pytest.approx(fast.score([text])[0], abs=1e-4)


@pytest.mark.parametrize("max_rows", [1, 2, 5])
def test_the_number_of_rows_at_a_time_changes_nothing(max_rows):
    model = make_model("qwen3")
    wide = TransformersEngine.from_model(model, TOKENIZER).generate(requests())
    narrow = TransformersEngine.from_model(model, TOKENIZER, max_rows=max_rows).generate(requests())
    ids = [[[c.token_ids for c in group] for group in answers] for answers in (wide, narrow)]
    assert ids[0] == ids[1]


def test_a_model_that_shares_its_weights_is_followed_and_a_copy_is_not():
    model = make_model("llama-tied")
    shared = TransformersEngine.from_model(model, TOKENIZER, shares_weights=True)
    copied = TransformersEngine.from_model(model, TOKENIZER)
    before = copied.generate(requests())
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(0.5)
    assert shared.generate(requests()) != before
    assert copied.generate(requests()) == before
    copied.load(model.state_dict())
    assert copied.generate(requests()) == shared.generate(requests())
    assert not model.training


def test_a_model_in_training_is_sampled_without_dropout_and_left_in_training():
    model = AutoModelForCausalLM.from_config(
        GPT2Config(n_embd=32, n_layer=1, n_head=2, n_positions=64, vocab_size=100, **_ENDS)
    ).train()
    engine = TransformersEngine.from_model(model, TOKENIZER, shares_weights=True)
    assert engine.generate(requests()) == engine.generate(requests())
    assert model.training


def test_encoders_with_decoders_are_refused():
    config = T5Config(d_model=16, d_kv=8, d_ff=16, num_layers=1, num_heads=2, vocab_size=100)
    with pytest.raises(SetupError, match="encoder with a decoder"):
        TransformersEngine(T5ForConditionalGeneration(config), TOKENIZER)


def test_weights_that_do_not_fit_or_are_not_finite():
    engine = TransformersEngine.from_model(make_model("qwen3"), TOKENIZER)
    with pytest.raises(DataError, match="do not fit"):
        engine.load(make_model("llama").state_dict())
    broken = {n: torch.full_like(t, float("nan")) for n, t in engine.model.state_dict().items()}
    engine.load(broken)
    with pytest.raises(HaltedError, match="not finite"):
        engine.generate(requests())


def test_a_saved_checkpoint_opens(tmp_path):
    model = make_model("qwen3")
    model.save_pretrained(tmp_path)
    TOKENIZER.save_pretrained(tmp_path)
    engine = TransformersEngine.from_pretrained(tmp_path)
    expected = TransformersEngine.from_model(model, TOKENIZER).generate(requests())
    for own, other in zip(engine.generate(requests()), expected, strict=True):
        assert [c.token_ids for c in own] == [c.token_ids for c in other]
