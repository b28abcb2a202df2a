"""The http engine against a real server on loopback: faults, pace, cost, cache, clear errors."""

import time
from contextlib import contextmanager

import pytest
from chat_templates import CHATML
from faulty import Faulty
from small_models import make_model, make_tokenizer

pytest.importorskip("httpx2", reason='the extra "http" is not installed')
pytest.importorskip("uvicorn", reason='the extra "serve" is not installed')

from verigrad.core.errors import ConfigError, DataError, SetupError
from verigrad.core.types import Message, StopReason
from verigrad.rollouts.engines.http.engine import HttpEngine
from verigrad.rollouts.engines.http.options import HttpOptions
from verigrad.rollouts.engines.http.pace import RateLimit, back_off_s, retry_after_s
from verigrad.rollouts.engines.http.transcript import TranscriptTokenizer
from verigrad.rollouts.engines.scripted import ScriptedEngine
from verigrad.rollouts.engines.torch.engine import TorchEngine
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import GivenText, Request, SamplingParameters
from verigrad.server.completions import completions_app
from verigrad.server.running import running

TOKENIZER = make_tokenizer()
FAULTS = ("429", "500", "hang", "cut", "garbage", "empty", "late")


@pytest.fixture(scope="module")
def torch_engine():
    return TorchEngine.from_model(make_model("qwen3"), TOKENIZER)


@contextmanager
def served(engine, plan=lambda number: None, *, renderer=None, faulty=None, **options):
    """An http engine on a server of `engine`, and the faulty layer between them."""
    app = completions_app(engine, TOKENIZER, model="small", renderer=renderer)
    layer = Faulty(app, plan, **(faulty or {}))
    with running(layer) as url:
        settings = {
            "dialect": "vllm",
            "logps": "tempered",
            "timeout_s": 60.0,
            "first_wait_s": 0.001,
        }
        client = HttpEngine(
            HttpOptions(**{"url": url, "model": "small", **settings, **options}),
            None if options.get("api") == "chat" else TOKENIZER,
        )
        try:
            yield client, layer
        finally:
            client.close()


def requests(count, *, samples=2, length=6, **sampling):
    settings = SamplingParameters(max_output_tokens=length, **sampling)
    return [Request((5 + i % 7, 9, 20 + i), samples, settings, 100 + i) for i in range(count)]


def echo(prompt, sample):
    """An engine whose answer names its question: what is lost or doubled shows."""
    return f"{prompt}/{sample}"


def test_nothing_is_lost_or_doubled_whatever_the_server_does():
    """One try in two fails, in seven ways in turn; every answer is its own question's."""
    engine = ScriptedEngine(echo, TOKENIZER)
    wanted = requests(60, samples=1, length=20)

    def plan(number):
        return FAULTS[number // 2 % len(FAULTS)] if number % 2 else None

    options = {"concurrency": 8, "max_tries": 12, "timeout_s": 2.0}
    with served(engine, plan, faulty={"hang_s": 3.0}, **options) as (client, layer):
        answers = client.generate(wanted)
        usage = client.usage
    texts = [group[0].text for group in answers]
    assert texts == [f"{TOKENIZER.decode(list(r.prompt_ids))}/0" for r in wanted]
    assert set(layer.faults) == set(FAULTS)
    assert usage.answered == len(wanted)
    assert usage.retries == sum(layer.faults.values())
    assert layer.number == len(wanted) + usage.retries
    assert len(layer.asked) == len(wanted)  # a try again is the same question to the byte


def test_fewer_choices_than_asked_for_are_made_up_for():
    """Only one of three choices comes back at first; the others are asked for, not repeated."""
    engine = ScriptedEngine(lambda prompt, sample: f"{prompt}{sample}", TOKENIZER)

    def plan(number):
        return "few" if number == 0 else None

    with served(engine, plan, samples_per_call=3) as (client, layer):
        (group,) = client.generate(requests(1, samples=3))
    assert [c.text[-1] for c in group] == ["0", "0", "1"]  # 1 of the first call, 2 of the second
    assert layer.number == 2
    assert len(layer.asked) == 2


def test_it_samples_and_scores_as_the_engine_behind_it_does(torch_engine):
    with served(torch_engine, is_addressed=True, max_context=256) as (client, _):
        sampling = {"temperature": 0.7, "top_p": 0.9, "top_k": 40, "stop_token_ids": (30, 31)}
        wanted = requests(5, samples=3, length=24, **sampling)
        answers = client.generate(wanted)
        again = client.generate(wanted)
        assert [[c.token_ids for c in g] for g in answers] == [
            [c.token_ids for c in g] for g in again
        ]
        for request, group in zip(wanted, answers, strict=True):
            texts = [GivenText(request.prompt_ids, c.token_ids, 0.7) for c in group]
            for completion, own, served_score in zip(
                group, torch_engine.score(texts), client.score(texts), strict=True
            ):
                assert completion.logps == pytest.approx(own, abs=1e-4)
                assert served_score == pytest.approx(own, abs=1e-4)
        greedy = requests(4, samples=1, length=24, temperature=0.0)
        ids = [[c.token_ids for c in g] for g in client.generate(greedy)]
        assert ids == [[c.token_ids for c in g] for g in torch_engine.generate(greedy)]


def test_giving_up_says_what_the_server_said():
    engine = ScriptedEngine(echo, TOKENIZER)
    with served(engine, lambda number: "500", max_tries=3) as (client, layer):
        with pytest.raises(SetupError, match="3 tries") as caught:
            client.generate(requests(1, samples=1))
        assert "status 500: not now" in str(caught.value)
        assert layer.number == 3


def test_a_failure_can_be_recorded_instead():
    engine = ScriptedEngine(echo, TOKENIZER)

    def plan(number):
        return "500" if number < 2 else None

    with served(engine, plan, max_tries=2, concurrency=1, on_failure="record") as (client, _):
        (lost,), (found,) = client.generate(requests(2, samples=1, length=20))
    assert (lost.stop, lost.text, lost.token_ids) == (StopReason.ERROR, "", ())
    assert found.stop is StopReason.END


def test_nobody_there():
    options = HttpOptions(url="http://127.0.0.1:9", model="m", max_tries=2, first_wait_s=0.001)
    client = HttpEngine(options, TOKENIZER)
    with pytest.raises(SetupError, match="did not answer in 2 tries"):
        client.generate(requests(1))
    client.close()


def test_what_will_never_work_is_not_tried_again():
    engine = ScriptedEngine(echo, TOKENIZER, max_context=50)
    with served(engine) as (client, layer):
        with pytest.raises(DataError, match="refuses the request") as caught:
            client.generate([Request((5,) * 60, 1, SamplingParameters(max_output_tokens=4), 0)])
        assert "leaves no room" in str(caught.value)
        assert layer.number == 1
    with served(engine, model="another") as (client, layer):
        with pytest.raises(SetupError, match="no such address or model"):
            client.generate(requests(1, samples=1))
        assert layer.number == 1


def test_an_address_that_is_none():
    client = HttpEngine(HttpOptions(url="nonsense", model="m"), TOKENIZER)
    with pytest.raises(SetupError, match="not an address"):
        client.generate(requests(1))


def test_retry_after_is_honoured():
    waits = []
    engine = ScriptedEngine(echo, TOKENIZER)
    app = completions_app(engine, TOKENIZER, model="small")
    layer = Faulty(app, lambda number: "429" if number < 2 else None, retry_after="7")
    with running(layer) as url:
        client = HttpEngine(
            HttpOptions(url=url, model="small", dialect="vllm", first_wait_s=0.001),
            TOKENIZER,
            sleep=waits.append,
        )
        client.generate(requests(1, samples=1))
        client.close()
    assert waits == [7.0, 7.0]


def test_waits_double_and_differ_between_requests():
    waits = [back_off_s(n, first_s=1.0, longest_s=5.0, address="a") for n in (1, 2, 3, 4, 9)]
    for wait, whole in zip(waits, (1.0, 2.0, 4.0, 5.0, 5.0), strict=True):
        assert whole / 2 <= wait <= whole
    others = {back_off_s(1, first_s=1.0, longest_s=5.0, address=str(i)) for i in range(20)}
    assert len(others) == 20


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", 0.0), ("3", 3.0), ("-1", 0.0), ("soon", 0.0), ("nan", 0.0), ("1e9", 600.0)],
)
def test_retry_after_is_read_with_care(text, seconds):
    assert retry_after_s({"retry-after": text}) == seconds


def test_retry_after_may_be_a_date():
    from email.utils import formatdate

    assert 25 < retry_after_s({"retry-after": formatdate(time.time() + 30, usegmt=True)}) <= 30


def test_requests_and_tokens_are_paced():
    now, waited = [100.0], []
    limit = RateLimit(120.0, clock=lambda: now[0], sleep=waited.append)
    for units in (1, 2, 1):  # half a second each unit
        limit.take(units)
    now[0] += 10.0
    limit.take(1)
    assert waited == [0.5, 1.5]
    engine = ScriptedEngine(echo, TOKENIZER)
    with served(engine, requests_per_minute=600.0, concurrency=8) as (client, _):
        start = time.monotonic()
        client.generate(requests(5, samples=1))
        assert time.monotonic() - start >= 0.4  # the fifth starts 4 x 0.1 s after the first


def test_no_more_requests_at_a_time_than_allowed():
    most = []

    class Slow(ScriptedEngine):
        def generate(self, requests):
            most.append(len(requests))
            time.sleep(0.02)
            return super().generate(requests)

    with served(Slow(echo, TOKENIZER), concurrency=3) as (client, _):
        client.generate(requests(20, samples=1))
    assert max(most) <= 3
    assert max(most) > 1  # they do come together, and are one batch of the engine


def test_answers_are_kept_and_asked_for_once(tmp_path):
    engine = ScriptedEngine(echo, TOKENIZER)
    options = {"cache": tmp_path / "answers.sqlite", "input_price": 3.0, "output_price": 15.0}
    with served(engine, **options) as (client, layer):
        url = client.options.url
        first = client.generate(requests(4, samples=2, length=20))
        assert client.usage.answered == 8
        assert client.generate(requests(4, samples=2, length=20)) == first
        assert (client.usage.answered, client.usage.cached, layer.number) == (8, 8, 8)
        other = requests(4, samples=2, length=20, temperature=0.5)
        client.generate(other)
        assert layer.number == 16
    # another process finds them, with the server gone
    client = HttpEngine(
        HttpOptions(
            url=url, model="small", dialect="vllm", logps="tempered", cache=options["cache"]
        ),
        TOKENIZER,
    )
    assert client.generate(requests(4, samples=2, length=20)) == first
    client.close()


def test_cost_is_counted_from_what_the_server_says():
    engine = ScriptedEngine(lambda prompt, sample: "abcd", TOKENIZER)
    with served(engine, input_price=3.0, output_price=15.0) as (client, _):
        client.generate(requests(10, samples=1, length=20))
        usage = client.usage
    # 10 prompts of 3 tokens, 10 answers of 4 characters and an end token
    assert (usage.input_tokens, usage.output_tokens) == (30, 50)
    assert usage.cost == pytest.approx((30 * 3.0 + 50 * 15.0) / 1e6)


def test_the_key_comes_from_the_environment(monkeypatch):
    monkeypatch.delenv("SOME_KEY", raising=False)
    with pytest.raises(SetupError, match="SOME_KEY is not set"):
        HttpEngine(HttpOptions(url="http://127.0.0.1:9", model="m", api_key_env="SOME_KEY"))
    monkeypatch.setenv("SOME_KEY", "abc")
    engine = ScriptedEngine(echo, TOKENIZER)
    with served(engine, api_key_env="SOME_KEY") as (client, layer):
        client.generate(requests(1, samples=1))
    assert layer.headers[0][b"authorization"] == b"Bearer abc"


def test_chat_sends_messages_and_keeps_their_order():
    """Prompts are transcripts; the server's own template renders them for its model."""
    served_tokenizer = make_tokenizer()
    served_tokenizer.chat_template = CHATML
    seen = []

    def answer(prompt, sample):
        seen.append(prompt)
        return "4"

    engine = ScriptedEngine(answer, served_tokenizer)
    chat = TranscriptTokenizer()
    renderer = Renderer(chat)
    messages = (
        Message("system", "Be brief."),
        Message("user", "1+1?"),
        Message("assistant", "2"),
        Message("user", "2+2?"),
    )
    ids = renderer.prompt(messages)
    assert chat.messages(ids) == list(messages)
    options = {"api": "chat", "dialect": "openai", "logps": "none"}
    with served(engine, renderer=Renderer(served_tokenizer), **options) as (client, _):
        sampling = SamplingParameters(max_output_tokens=20)
        ((completion,),) = client.generate([Request(ids, 1, sampling, 0)])
        assert not client.capabilities.has_exact_ids
        assert not client.capabilities.trains
        with pytest.raises(ConfigError, match="top_k"):
            client.generate([Request(ids, 1, SamplingParameters(max_output_tokens=2, top_k=3), 0)])
    assert seen == [served_tokenizer.decode(list(Renderer(served_tokenizer).prompt(messages)))]
    assert (completion.text, completion.stop, completion.logps) == ("4", StopReason.END, ())
    assert completion.token_ids == (ord("4"), chat.eos_token_id)


def test_transcripts_survive_any_text_and_refuse_their_own_marks():
    chat = TranscriptTokenizer()
    renderer = Renderer(chat)
    text = "ünïcode 漢字 \U0001f600 <|im_end|> {{ }} \x00 \n"
    messages = [Message("user", text), Message("assistant", "ok"), Message("user", text)]
    assert chat.messages(renderer.prompt(messages)) == messages
    assert chat.decode(chat.encode(text)) == text
    with pytest.raises(DataError, match="close messages"):
        renderer.prompt([Message("user", "a\uf8f0b")])


def test_raw_log_probabilities_are_those_of_temperature_1():
    engine = ScriptedEngine(echo, TOKENIZER)
    with served(engine, logps="raw") as (client, layer):
        with pytest.raises(ConfigError, match="temperature 1"):
            client.generate(requests(1, temperature=0.7))
        client.generate(requests(1, samples=1))
        assert layer.number == 1
    with pytest.raises(ConfigError, match="exact token ids"):
        HttpEngine(HttpOptions(url="http://127.0.0.1:9", model="m", logps="raw"), TOKENIZER)
