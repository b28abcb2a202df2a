"""What every engine owes: one list a request, in order, within limits, addressed if it says so."""

import importlib.util
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "rollouts"))
from small_models import make_model, make_tokenizer

from verigrad.core.errors import ConfigError, DataError, SetupError
from verigrad.core.types import StopReason
from verigrad.rollouts import ENGINES
from verigrad.rollouts.engines.base import Engine, Scorer
from verigrad.rollouts.sampling import GivenText, Request, SamplingParameters

TOKENIZER = make_tokenizer()
MODEL = "qwen3-heads-of-32"
STATE = make_model(MODEL).state_dict()
WORDS = ("yes", "no, not at all", "maybe so; ask again", "a b c d e f g h i j k l m")


def make_torch(_):
    return ENGINES.load("torch").from_model(make_model(MODEL), TOKENIZER)


def make_transformers(_):
    return ENGINES.load("transformers").from_model(make_model(MODEL), TOKENIZER)


def make_scripted(_):
    script = {"": [*WORDS, *(word[::-1] for word in WORDS)]}
    return ENGINES.load("scripted")(script, TOKENIZER, max_context=200)


def make_http(stack):
    """Our own server on loopback, with the torch engine behind it."""
    pytest.importorskip("uvicorn", reason='the extra "serve" is not installed')
    pytest.importorskip("httpx2", reason='the extra "http" is not installed')
    from verigrad.rollouts.engines.http.options import HttpOptions
    from verigrad.server.completions import completions_app
    from verigrad.server.running import running

    app = completions_app(make_torch(stack), TOKENIZER, model="small")
    options = HttpOptions(
        url=stack.enter_context(running(app)),
        model="small",
        dialect="vllm",
        logps="tempered",
        is_addressed=True,
        max_context=256,
    )
    engine = ENGINES.load("http")(options, TOKENIZER)
    stack.callback(engine.close)
    return engine


def make_vllm(stack):
    if importlib.util.find_spec("vllm") is None:
        pytest.skip('the extra "vllm" is not installed')
    from verigrad.rollouts.engines.vllm.options import VllmOptions

    options = VllmOptions(max_context=256, enforce_eager=True)
    engine = ENGINES.load("vllm").for_policy(
        make_model(MODEL), TOKENIZER, options, end_token_ids=(2,), max_rows=16
    )
    stack.callback(engine.close)
    return engine


MAKERS = {
    "torch": make_torch,
    "transformers": make_transformers,
    "scripted": make_scripted,
    "http": make_http,
    "vllm": make_vllm,
}


@pytest.fixture(scope="module", params=sorted(MAKERS))
def engine(request):
    with ExitStack() as stack:
        yield MAKERS[request.param](stack)


def ask(*, seed=1, samples=8, prompt="what?", **settings):
    ids = tuple(TOKENIZER.encode(prompt, add_special_tokens=False))
    return Request(ids, samples, SamplingParameters(**{"max_output_tokens": 16, **settings}), seed)


def test_every_registered_engine_is_held_to_this():
    assert sorted(MAKERS) == ENGINES.names
    with pytest.raises(ConfigError, match="did you mean"):
        ENGINES.load("torhc")


def test_it_is_an_engine(engine):
    assert isinstance(engine, Engine)
    assert isinstance(engine, Scorer) or not engine.capabilities.scores


def test_answers_come_in_order_and_number(engine):
    wanted = [ask(samples=3, seed=1), ask(samples=1, seed=2), ask(samples=5, seed=3, prompt="hm")]
    answers = engine.generate(wanted)
    assert [len(group) for group in answers] == [3, 1, 5]
    assert engine.generate([]) == []


def test_completions_are_whole(engine):
    (group,) = engine.generate([ask()])
    can = engine.capabilities
    assert can.has_exact_ids
    for completion in group:
        assert 1 <= len(completion.token_ids) <= 16
        assert all(isinstance(token, int) for token in completion.token_ids)
        assert len(completion.logps) == (len(completion.token_ids) if can.has_logps else 0)
        assert all(logp <= 0.0 for logp in completion.logps)
        ends = completion.token_ids[-1] == TOKENIZER.eos_token_id
        assert ends is (completion.stop is StopReason.END)
        own = completion.token_ids[:-1] if ends else completion.token_ids
        assert completion.text == TOKENIZER.decode(list(own))
        if completion.stop is StopReason.LENGTH:
            assert len(completion.token_ids) == 16


def test_a_sample_is_decided_by_its_address(engine):
    assert engine.capabilities.is_addressed
    a, b = ask(seed=1), ask(seed=2, prompt="who?")
    together = engine.generate([a, b])
    ids = [[completion.token_ids for completion in group] for group in together]
    again = engine.generate([a, b])
    assert [[completion.token_ids for completion in group] for group in again] == ids
    apart = [engine.generate([request])[0] for request in (a, b)]
    assert [[completion.token_ids for completion in group] for group in apart] == ids


def test_the_likeliest_tokens_are_the_same_however_often_one_asks(engine):
    (group,) = engine.generate([ask(temperature=0.0, samples=3)])
    if type(engine).__name__ != "ScriptedEngine":  # whose samples are a script's
        assert len({completion.token_ids for completion in group}) == 1


def test_stop_strings_are_left_out(engine):
    free = [c.text for c in engine.generate([ask()])[0]]
    (group,) = engine.generate([ask(stop=("a", "o"))])
    assert any(c.stop is StopReason.STOP for c in group)
    for text, completion in zip(free, group, strict=True):
        first = min((at for s in "ao" if (at := text.find(s)) >= 0), default=None)
        if first is not None:
            assert completion.text == text[:first]
            assert completion.stop is StopReason.STOP


def test_weights_can_be_loaded(engine):
    if not engine.capabilities.takes_weights:
        with pytest.raises(SetupError, match="cannot load weights"):
            engine.load(STATE)
        return
    before = engine.generate([ask()])
    if type(engine).__name__ != "ScriptedEngine":  # which has no model
        engine.load(make_model(MODEL, seed=3).state_dict())
        assert engine.generate([ask()]) != before
    engine.load(STATE)
    after = engine.generate([ask()])
    assert [c.token_ids for c in after[0]] == [c.token_ids for c in before[0]]


def test_weights_of_another_model_are_refused(engine):
    if engine.capabilities.takes_weights and type(engine).__name__ != "ScriptedEngine":
        with pytest.raises(DataError, match="do not fit"):
            engine.load(make_model("llama").state_dict())


def test_the_context_is_a_limit(engine):
    room = engine.capabilities.max_context
    assert room is not None
    (group,) = engine.generate([ask(prompt="x" * (room - 3), max_output_tokens=50)])
    assert all(len(completion.token_ids) <= 3 for completion in group)
    with pytest.raises(DataError, match="no room"):
        engine.generate([ask(prompt="x" * room)])


@pytest.mark.parametrize("temperature", [1.0, 0.7])
def test_given_texts_score_as_they_were_sampled(engine, temperature):
    if not engine.capabilities.scores:
        pytest.skip("this engine scores nothing")
    if temperature != 1.0 and type(engine).__name__ == "VllmEngine":
        pytest.skip("vLLM scores at temperature 1 only, and says so")
    request = ask(temperature=temperature)
    (group,) = engine.generate([request])
    texts = [GivenText(request.prompt_ids, c.token_ids, temperature) for c in group]
    for completion, score in zip(group, engine.score(texts), strict=True):
        assert score == pytest.approx(completion.logps, abs=1e-4)
