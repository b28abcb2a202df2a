"""Batching, refilling, stopping, sharing weights, and what bad input gets."""

import pytest
import torch
from small_models import make_model, make_tokenizer

from verigrad.core.errors import DataError, HaltedError, SetupError
from verigrad.core.types import StopReason
from verigrad.rollouts.engines.torch import attention, generation
from verigrad.rollouts.engines.torch.engine import TorchEngine
from verigrad.rollouts.sampling import Request, SamplingParameters

TOKENIZER = make_tokenizer()
SAMPLING = SamplingParameters(max_output_tokens=30)


def prompt(length, seed=0):
    generator = torch.Generator().manual_seed(1000 * seed + length)
    return tuple(torch.randint(3, 97, (length,), generator=generator).tolist())


def make_engine(name="qwen3", **settings):
    return TorchEngine.from_model(make_model(name), TOKENIZER, **settings)


def requests(count=7, *, samples=4, sampling=SAMPLING):
    return [Request(prompt(4 + i % 3, i), samples, sampling, 50 + i) for i in range(count)]


def token_ids(answers):
    return [[completion.token_ids for completion in group] for group in answers]


def test_two_runs_are_bit_identical():
    first, second = make_engine(), make_engine()
    assert first.generate(requests()) == second.generate(requests())
    assert first.generate(requests()) == second.generate(requests())  # nothing is left behind


def test_a_sample_does_not_depend_on_its_company():
    engine = make_engine()
    together = engine.generate(requests())
    alone = [engine.generate([request])[0] for request in requests()]
    assert token_ids(together) == token_ids(alone)
    turned = engine.generate(requests()[::-1])[::-1]
    assert token_ids(together) == token_ids(turned)
    fewer = engine.generate([Request(r.prompt_ids, 2, SAMPLING, r.seed) for r in requests()])
    assert [group[:2] for group in token_ids(together)] == token_ids(fewer)


@pytest.mark.parametrize("max_rows", [1, 2, 3, 5, 11, 64])
def test_refilled_slots_give_the_same_samples(max_rows):
    """Also where a group is seated piece by piece, and rows move between slots."""
    wide, narrow = make_engine(), make_engine(max_rows=max_rows)
    assert token_ids(wide.generate(requests())) == token_ids(narrow.generate(requests()))


def test_samples_of_a_group_differ_and_seeds_matter():
    engine = make_engine()
    (group,) = engine.generate([Request(prompt(5), 16, SAMPLING, 1)])
    assert len({completion.token_ids for completion in group}) > 12
    (other,) = engine.generate([Request(prompt(5), 16, SAMPLING, 2)])
    assert token_ids([group]) != token_ids([other])


@pytest.mark.parametrize("max_rows", [3, 256])
def test_each_prompt_is_computed_once(monkeypatch, max_rows):
    seen = []
    prefill = generation.prefill

    def counted(decoder, cache, prompts, slots, starts):
        seen.extend(prompts)
        return prefill(decoder, cache, prompts, slots, starts)

    monkeypatch.setattr(generation, "prefill", counted)
    wanted = requests(5, samples=8)
    make_engine(max_rows=max_rows).generate(wanted)
    assert sorted(seen) == sorted(request.prompt_ids for request in wanted)


def test_finished_rows_are_dropped(monkeypatch):
    """The number of rows computed falls with the number of rows alive."""
    computed = []
    step = generation.Generation._step

    def counted(self):
        computed.append(self.num_rows)
        step(self)

    monkeypatch.setattr(generation.Generation, "_step", counted)
    limits = [2] * 60 + [20] * 4
    wanted = [
        Request(prompt(5, i), 1, SamplingParameters(max_output_tokens=limit), i)
        for i, limit in enumerate(limits)
    ]
    make_engine(end_token_ids=[1000]).generate(wanted)
    assert computed == [64] + [4] * 18


@pytest.mark.parametrize("name", ["qwen3", "mistral-window", "gemma2"])
def test_keys_and_values_beyond_the_caches_give_the_same(monkeypatch, name):
    near = make_engine(name).generate(requests())
    monkeypatch.setattr(attention, "HELD_BYTES", 0)
    far = make_engine(name).generate(requests())
    assert token_ids(near) == token_ids(far)
    for a, b in zip(near[0], far[0], strict=True):
        assert a.logps == pytest.approx(b.logps, abs=1e-5)


def test_slots_and_memory_stay_within_the_budget():
    engine = make_engine()
    row_bytes = engine._cache.bytes_per_token * (6 + 30)
    assert (
        engine._cache.bytes_per_token == 2 * 4 * 3 * 2 * 16
    )  # k, v x bytes x layers x heads x dim
    small = make_engine(cache_bytes=3 * row_bytes + 1)
    assert token_ids(small.generate(requests())) == token_ids(engine.generate(requests()))
    assert small._cache.num_slots == 3
    held = sum(layer.numel() * 4 for layer in small._cache.layers)
    assert held == 3 * row_bytes
    with pytest.raises(SetupError, match="do not hold one row"):
        make_engine(cache_bytes=row_bytes - 1).generate(requests())


def test_end_tokens_end_and_are_kept_as_ids_only():
    (group,) = make_engine(end_token_ids=[2, 5, 6, 7, 8, 9]).generate(
        [Request(prompt(5), 64, SAMPLING, 3)]
    )
    ended = [c for c in group if c.stop is StopReason.END]
    assert len(ended) > 20
    for completion in group:
        closing = [i for i, t in enumerate(completion.token_ids) if t in (2, 5, 6, 7, 8, 9)]
        if completion.stop is StopReason.END:
            assert closing == [len(completion.token_ids) - 1]
            assert completion.text == TOKENIZER.decode(list(completion.token_ids[:-1]))
        else:
            assert closing == []
            assert len(completion.token_ids) == 30
            assert completion.stop is StopReason.LENGTH
        assert len(completion.logps) == len(completion.token_ids)


def test_stop_tokens_of_one_request_do_not_stop_another():
    stopping = SamplingParameters(max_output_tokens=30, stop_token_ids=(10, 11, 12, 13, 14))
    engine = make_engine()
    with_stops, without = engine.generate(
        [Request(prompt(5), 32, stopping, 3), Request(prompt(5), 32, SAMPLING, 3)]
    )
    stopped = 0
    for short, long in zip(with_stops, without, strict=True):
        assert long.token_ids[: len(short.token_ids)] == short.token_ids
        if short.stop is StopReason.STOP:
            stopped += 1
            assert short.token_ids[-1] in stopping.stop_token_ids
            assert short.text == TOKENIZER.decode(list(short.token_ids[:-1]))
        else:
            assert short.token_ids == long.token_ids
    assert stopped > 5


def test_stop_strings_end_a_row_where_the_whole_text_would():
    engine = make_engine()
    (free,) = engine.generate([Request(prompt(5), 64, SAMPLING, 3)])
    string = free[0].text[10:12]
    stopping = SamplingParameters(max_output_tokens=30, stop=(string, "qqq"))
    (stopped,) = engine.generate([Request(prompt(5), 64, stopping, 3)])
    assert stopped[0].stop is StopReason.STOP
    for short, long in zip(stopped, free, strict=True):
        at = long.text.find(string)
        if at < 0:
            assert short == long
        else:
            assert short.text == long.text[:at]
            assert short.stop is StopReason.STOP
            assert short.token_ids == long.token_ids[: at + 2]  # one token a character here


def test_stop_strings_decode_no_more_than_they_are_long(monkeypatch):
    engine = make_engine()
    engine.generate(
        [Request(prompt(5), 1, SamplingParameters(max_output_tokens=1, stop=("a",)), 3)]
    )
    lengths = []
    decode = engine._vocabulary.decode
    monkeypatch.setattr(
        engine._vocabulary, "decode", lambda ids: lengths.append(len(ids)) or decode(ids)
    )
    stopping = SamplingParameters(max_output_tokens=200, stop=("zz",))
    (group,) = engine.generate([Request(prompt(5), 8, stopping, 3)])
    assert max(len(c.token_ids) for c in group) > 100
    assert len(lengths) < sum(len(c.token_ids) for c in group) / 5  # most tokens: not looked at
    assert sorted(lengths)[-9] <= 2 + 4  # all but the eight whole answers


def test_a_response_ends_where_the_context_does():
    engine = make_engine(max_context=20, end_token_ids=[1000])
    (group,) = engine.generate([Request(prompt(15), 3, SAMPLING, 3)])
    assert [len(c.token_ids) for c in group] == [5, 5, 5]
    assert {c.stop for c in group} == {StopReason.LENGTH}
    with pytest.raises(DataError, match="leaves no room"):
        engine.generate([Request(prompt(20), 1, SAMPLING, 3)])


def test_ids_of_another_vocabulary_are_refused():
    with pytest.raises(DataError, match="outside the model's vocabulary of 100"):
        make_engine().generate([Request((5, 100), 1, SAMPLING, 3)])


def test_nothing_asked_nothing_given():
    assert make_engine().generate([]) == []


def test_shared_weights_follow_the_optimizer_without_a_copy():
    model = make_model("qwen3")
    held = {name: p.data_ptr() for name, p in model.named_parameters()}
    engine = TorchEngine.from_model(model, TOKENIZER, shares_weights=True)
    moved = [name for name, p in model.named_parameters() if p.data_ptr() != held[name]]
    assert len(moved) == 9  # only query, key and value of three layers found a new place
    optimizer = torch.optim.AdamW(model.parameters(), lr=0.05)
    before = engine.generate(requests())
    for _ in range(2):
        loss = model(torch.tensor([prompt(9)]), labels=torch.tensor([prompt(9)])).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    fresh = TorchEngine.from_model(model, TOKENIZER)
    after = engine.generate(requests())
    assert token_ids(after) != token_ids(before)
    assert after == fresh.generate(requests())
    stored = {p.data_ptr() for p in model.parameters()}
    assert all(t.data_ptr() in stored for t in engine._weights.named.values())


def test_a_sharing_model_still_saves_and_loads(tmp_path):
    model = make_model("qwen2")
    expected = {name: t.clone() for name, t in model.state_dict().items()}
    TorchEngine.from_model(model, TOKENIZER, shares_weights=True)
    model.save_pretrained(tmp_path)
    again = type(model).from_pretrained(tmp_path).state_dict()
    assert all(torch.equal(again[name], tensor) for name, tensor in expected.items())


@pytest.mark.parametrize("name", ["qwen3", "llama-tied", "gemma3", "qwen2"])
def test_loaded_weights_are_copied_and_sampled_from(name):
    engine = TorchEngine.from_model(make_model(name), TOKENIZER)
    other = make_model(name, seed=5)
    engine.load(other.state_dict())
    expected = TorchEngine.from_model(other, TOKENIZER).generate(requests())
    assert engine.generate(requests()) == expected
    with torch.no_grad():
        for parameter in other.parameters():
            parameter.zero_()
    assert engine.generate(requests()) == expected


def test_loading_float32_weights_into_a_bfloat16_engine_rounds_them():
    model = make_model("qwen3")
    engine = TorchEngine.from_model(model, TOKENIZER, dtype=torch.bfloat16)
    engine.load(model.state_dict())
    same = TorchEngine.from_model(make_model("qwen3").to(torch.bfloat16), TOKENIZER)
    assert engine.generate(requests()) == same.generate(requests())
    with pytest.raises(DataError, match="one type on one device"):
        engine.share_weights(model)


def test_weights_of_another_model_are_refused():
    with pytest.raises(DataError, match="do not fit"):
        make_engine("qwen3").load(make_model("llama").state_dict())
    with pytest.raises(DataError, match="do not fit"):
        make_engine("llama").load(make_model("llama-heads-of-own-size").state_dict())
    with pytest.raises(DataError, match=r"lack .*q_proj"):
        TorchEngine(make_model("qwen3").config, {}, TOKENIZER)


def test_weights_that_are_not_finite_halt_and_leave_nothing_behind():
    model = make_model("qwen3")
    engine = TorchEngine.from_model(model, TOKENIZER)
    expected = engine.generate(requests())
    broken = {name: t.clone() for name, t in model.state_dict().items()}
    broken["model.layers.1.mlp.down_proj.weight"][0, 0] = float("nan")
    engine.load(broken)
    with pytest.raises(HaltedError, match="not finite"):
        engine.generate(requests())
    engine.load(model.state_dict())
    assert engine.generate(requests()) == expected
