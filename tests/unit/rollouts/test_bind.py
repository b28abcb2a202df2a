"""Engines as recipes name them."""

import pytest
from small_models import make_model, make_tokenizer

from verigrad.core.config import bind
from verigrad.core.errors import ConfigError
from verigrad.core.recipe import Recipe
from verigrad.rollouts.bind import bind_engine, require_trainable
from verigrad.rollouts.engines.http.options import HttpOptions
from verigrad.rollouts.engines.torch.engine import TorchEngine
from verigrad.rollouts.engines.transformers.engine import TransformersEngine

RECIPE = """
name = "r"
[model]
path = "m"
[[task]]
name = "t"
source = { generator = "addition" }
verifier = { kind = "math" }
"""


def section(line):
    return bind(Recipe, f"{RECIPE}[rollouts]\n{line}\n", name="r").recipe.rollouts.engine


def test_by_name_or_with_switches():
    assert (section('engine = "torch"').kind, section("num_rollouts = 4").kind) == ("torch",) * 2
    served = section('engine = { kind = "http", url = "http://h", model = "m" }')
    bound = bind_engine(served.kind, served.switches)
    assert bound.options == HttpOptions(url="http://h", model="m")


@pytest.mark.parametrize(
    ("kind", "switches", "said"),
    [
        ("torhc", {}, 'unknown engine "torhc"'),
        ("torch", {"cache_byte": 1}, 'torch knows no `cache_byte`: did you mean "cache_bytes"'),
        ("torch", {"cache_bytes": 0}, "`cache_bytes`"),
        ("http", {"model": "m"}, "`url`"),
        ("http", {"url": "u", "model": "m", "api_key": "x"}, 'did you mean "api_key_env"'),
        ("scripted", {}, "made in Python"),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_made(kind, switches, said):
    with pytest.raises(ConfigError) as caught:
        bind_engine(kind, switches)
    assert said in str(caught.value)


def test_they_sample_from_the_policys_own_weights():
    tokenizer, model = make_tokenizer(), make_model("qwen3")
    made = {
        kind: bind_engine(kind, switches).make(model, tokenizer, end_token_ids=(2,), max_rows=7)
        for kind, switches in (("torch", {"max_context": 99}), ("transformers", {}))
    }
    assert isinstance(made["torch"], TorchEngine)
    assert isinstance(made["transformers"], TransformersEngine)
    assert (made["torch"].max_context, made["torch"].max_rows) == (99, 7)
    assert made["transformers"].model is model
    for kind, engine in made.items():
        require_trainable(engine, kind)


def test_a_served_model_cannot_be_trained():
    pytest.importorskip("httpx2", reason='the extra "http" is not installed')
    bound = bind_engine("http", {"url": "http://127.0.0.1:9", "model": "m"})
    engine = bound.make(None, make_tokenizer(), max_rows=1)
    with pytest.raises(ConfigError, match="takes no weights"):
        require_trainable(engine, "http")
