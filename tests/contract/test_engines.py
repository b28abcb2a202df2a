"""What every engine owes: one list a request, in order, within limits, addressed if it says so."""

import sys
from pathlib import Path

import pytest

sys.path.insert(0, str(Path(__file__).parents[1] / "unit" / "rollouts"))
from small_models import make_model, make_tokenizer

from verigrad.core.errors import ConfigError
from verigrad.core.types import StopReason
from verigrad.rollouts import ENGINES
from verigrad.rollouts.engines.base import Engine
from verigrad.rollouts.sampling import Request, SamplingParameters

TOKENIZER = make_tokenizer()
STATE = make_model("qwen3").state_dict()
WORDS = ("yes", "no, not at all", "maybe so; ask again", "a b c d e f g h i j k l m")


def make_torch():
    return ENGINES.load("torch").from_model(make_model("qwen3"), TOKENIZER)


def make_scripted():
    script = {"": [*WORDS, *(word[::-1] for word in WORDS)]}
    return ENGINES.load("scripted")(script, TOKENIZER, max_context=200)


MAKERS = {"torch": make_torch, "scripted": make_scripted}


@pytest.fixture(params=sorted(MAKERS))
def engine(request):
    return MAKERS[request.param]()


def ask(*, seed=1, samples=8, prompt="what?", **settings):
    ids = tuple(TOKENIZER.encode(prompt, add_special_tokens=False))
    return Request(ids, samples, SamplingParameters(**{"max_output_tokens": 16, **settings}), seed)


def test_every_registered_engine_is_held_to_this():
    assert sorted(MAKERS) == ENGINES.names
    with pytest.raises(ConfigError, match="did you mean"):
        ENGINES.load("torhc")


def test_it_is_an_engine(engine):
    assert isinstance(engine, Engine)


def test_answers_come_in_order_and_number(engine):
    wanted = [ask(samples=3, seed=1), ask(samples=1, seed=2), ask(samples=5, seed=3, prompt="hm")]
    answers = engine.generate(wanted)
    assert [len(group) for group in answers] == [3, 1, 5]
    assert engine.generate([]) == []


def test_completions_are_whole(engine):
    (group,) = engine.generate([ask()])
    for completion in group:
        assert 1 <= len(completion.token_ids) <= 16
        assert all(isinstance(token, int) for token in completion.token_ids)
        if engine.capabilities.has_logps:
            assert len(completion.logps) == len(completion.token_ids)
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
    assert engine.generate([a, b]) == together
    ids = [[completion.token_ids for completion in group] for group in together]
    apart = [engine.generate([request])[0] for request in (a, b)]
    assert [[completion.token_ids for completion in group] for group in apart] == ids


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
    assert engine.capabilities.takes_weights
    engine.load(STATE)
    assert engine.generate([ask()])


def test_the_context_is_a_limit(engine):
    room = engine.capabilities.max_context
    assert room is not None
    (group,) = engine.generate([ask(prompt="x" * (room - 3), max_output_tokens=50)])
    assert all(len(completion.token_ids) <= 3 for completion in group)
