"""Prefixes kept across turns, streams, and groups given up early."""

import pytest
import torch
from small_models import make_model, make_tokenizer

from verigrad.rollouts.engines.torch.decoder import Decoder
from verigrad.rollouts.engines.torch.engine import TorchEngine
from verigrad.rollouts.engines.torch.prefixes import PrefixStore
from verigrad.rollouts.sampling import Request, SamplingParameters

TOKENIZER = make_tokenizer()
SAMPLING = SamplingParameters(max_output_tokens=9, stop_token_ids=(10, 11, 12, 13))


def make_engine(name="qwen3", **settings):
    settings = {"end_token_ids": [1000], **settings}
    return TorchEngine.from_model(make_model(name), TOKENIZER, **settings)


def play(engine, *, turns, is_continued, rows=5, observation=4):
    """Episodes of unequal length, all turns sampled; every completion, turn by turn."""
    episodes = [list(range(20, 24 + row)) for row in range(rows)]
    told = []
    for turn in range(turns):
        asked = [
            Request(tuple(ids), 1, SAMPLING, 100 * turn + row, is_continued=is_continued)
            for row, ids in enumerate(episodes)
        ]
        answers = [group[0] for group in engine.generate(asked)]
        told.append([completion.token_ids for completion in answers])
        for row, completion in enumerate(answers):
            episodes[row] += [*completion.token_ids, *range(30 + turn, 30 + turn + observation)]
    return told


@pytest.mark.parametrize("name", ["qwen3", "llama", "mistral-window", "gemma2", "gemma3"])
@pytest.mark.parametrize("max_rows", [2, 64])
def test_turns_sample_the_same_with_kept_prefixes(name, max_rows):
    kept = play(make_engine(name, max_rows=max_rows), turns=4, is_continued=True)
    fresh = play(make_engine(name, max_rows=max_rows), turns=4, is_continued=False)
    assert kept == fresh


def count_tokens(monkeypatch):
    seen = []
    forward = Decoder.forward

    def counted(self, tokens, positions, attend):
        seen.append(len(tokens))
        return forward(self, tokens, positions, attend)

    monkeypatch.setattr(Decoder, "forward", counted)
    return seen


def test_what_turns_cost_is_linear_in_their_number(monkeypatch):
    """Tokens that go through the model: twice as many turns, twice as many tokens."""
    seen = count_tokens(monkeypatch)

    def cost(turns, *, is_continued):
        seen.clear()
        play(make_engine(), turns=turns, is_continued=is_continued)
        return sum(seen)

    kept = [cost(turns, is_continued=True) for turns in (4, 8, 16)]
    fresh = [cost(turns, is_continued=False) for turns in (4, 8, 16)]
    assert kept[2] - kept[1] < 2.2 * (kept[1] - kept[0])
    assert fresh[2] - fresh[1] > 2.5 * (fresh[1] - fresh[0])  # what it would be otherwise
    assert kept[2] < fresh[2] / 2


def test_prefixes_do_not_outlive_their_weights():
    other = make_model("qwen3", seed=7).state_dict()
    for is_loaded in (True, False):
        model = make_model("qwen3")
        engine = TorchEngine.from_model(model, TOKENIZER, shares_weights=True, end_token_ids=[1000])
        (first,) = engine.generate([Request((20, 21, 22), 1, SAMPLING, 1, is_continued=True)])
        assert len(engine._prefixes) == 1
        if is_loaded:
            engine.load(other)
        else:  # changed in place, as an optimizer does
            with torch.no_grad():
                for name, parameter in model.named_parameters():
                    parameter.copy_(other[name])
        ids = (20, 21, 22, *first[0].token_ids, 40, 41)
        (second,) = engine.generate([Request(ids, 1, SAMPLING, 2)])
        fresh = TorchEngine(model.config, other, TOKENIZER, end_token_ids=[1000])
        assert fresh.generate([Request(ids, 1, SAMPLING, 2)]) == [second]


def test_kept_prefixes_stay_within_the_budget():
    engine = make_engine()
    token = engine.cache_bytes_per_token
    for budget in (60, 100):
        small = make_engine(cache_bytes=budget * token)
        kept = play(small, turns=3, is_continued=True, rows=3)
        assert kept == play(engine, turns=3, is_continued=True, rows=3)
        assert small._prefixes.held_bytes + small._cache.held_bytes <= budget * token


def test_the_store_gives_the_longest_and_drops_the_oldest():
    store = PrefixStore()
    layer = lambda tokens: [torch.zeros(2, 1, tokens, 4)]  # noqa: E731 (32 bytes a token)
    store.shrink(32 * 9)
    store.put((1, 2), layer(2))
    store.put((1, 2, 3), layer(3))
    store.put((7, 8, 9, 10), layer(4))
    assert store.held_bytes == 32 * 9
    assert store.take((1, 2)) is None  # a token must be left to compute
    assert store.take((1, 2, 3, 4)).length == 3
    assert store.take((1, 2, 3, 4)).length == 2
    assert store.take((1, 2, 3, 4)) is None
    store.put((5,) * 6, layer(6))  # over the budget: the oldest goes
    assert store.take((7, 8, 9, 10, 11)) is None
    assert store.take((5,) * 7).length == 6
    assert (len(store), store.held_bytes) == (0, 0)


def requests(count=6, samples=4, length=20):
    sampling = SamplingParameters(max_output_tokens=length)
    return [Request((20 + i, 21, 22), samples, sampling, i) for i in range(count)]


@pytest.mark.parametrize("max_rows", [3, 64])
def test_a_stream_gives_what_generate_gives(max_rows):
    engine = make_engine(max_rows=max_rows)
    streamed = {(r, s): c for r, s, c in engine.stream(requests())}
    expected = make_engine(max_rows=max_rows).generate(requests())
    assert streamed == {(r, s): c for r, group in enumerate(expected) for s, c in enumerate(group)}


@pytest.mark.parametrize("max_rows", [3, 64])
def test_a_group_can_be_given_up_and_the_others_do_not_notice(monkeypatch, max_rows):
    """Once the first sample of a group is there the rest of it is not sampled any more."""
    limits = SamplingParameters(max_output_tokens=40, stop_token_ids=tuple(range(10, 40)))
    asked = [Request((20 + i, 21, 22), 4, limits, i) for i in range(6)]
    everything = {(r, s): c for r, s, c in make_engine(max_rows=max_rows).stream(asked)}
    seen = count_tokens(monkeypatch)
    make_engine(max_rows=max_rows).generate(asked)
    whole, dropped, got = sum(seen), set(), {}
    seen.clear()
    for request, sample, completion in make_engine(max_rows=max_rows).stream(
        asked, dropped=dropped
    ):
        got[request, sample] = completion
        if request < 4:
            dropped.add(request)
    assert sum(seen) < 0.8 * whole
    assert all(completion.token_ids == everything[key].token_ids for key, completion in got.items())
    assert {(r, s) for r in (4, 5) for s in range(4)} <= got.keys()
    assert {r for r, _ in got} == set(range(6))
    assert len(got) < len(everything)


def test_one_call_at_a_time():
    engine = make_engine()
    stream = engine.stream(requests())
    next(stream)
    with pytest.raises(RuntimeError, match="still sampling"):
        engine.generate(requests(1))
    stream.close()
    assert engine.generate(requests(1))
