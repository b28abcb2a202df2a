"""The OpenAI-compatible server: what it answers, and what it refuses rather than ignores."""

import sys
from pathlib import Path

import pytest

pytest.importorskip("uvicorn", reason='the extra "serve" is not installed')
httpx2 = pytest.importorskip("httpx2", reason='the extra "http" is not installed')
sys.path.insert(0, str(Path(__file__).parents[1] / "rollouts"))
from small_models import make_tokenizer

from verigrad.core.errors import SetupError
from verigrad.rollouts.engines.scripted import ScriptedEngine
from verigrad.server.completions import completions_app
from verigrad.server.running import running

TOKENIZER = make_tokenizer()


@pytest.fixture(scope="module")
def url():
    engine = ScriptedEngine(lambda prompt, sample: f"{prompt}{sample}", TOKENIZER, max_context=40)
    with running(completions_app(engine, TOKENIZER, model="small")) as url:
        yield url


def post(url, path="/v1/completions", **fields):
    return httpx2.post(f"{url}{path}", json={"model": "small", **fields}, timeout=60.0)


def test_it_says_what_it_serves(url):
    assert httpx2.get(f"{url}/health").json() == {"status": "ok"}
    (card,) = httpx2.get(f"{url}/v1/models").json()["data"]
    assert (card["id"], card["max_model_len"]) == ("small", 40)


def test_texts_and_ids_in_order(url):
    answer = post(url, prompt=["ab", "cd"], n=2, max_tokens=10, return_token_ids=True).json()
    texts = [choice["text"] for choice in answer["choices"]]
    assert texts == ["ab0", "ab1", "cd0", "cd1"]
    assert [choice["index"] for choice in answer["choices"]] == [0, 1, 2, 3]
    ids = TOKENIZER.encode("ab0", add_special_tokens=False)
    assert answer["choices"][0]["token_ids"] == [*ids, TOKENIZER.eos_token_id]
    # prompts of 2 tokens each, answers of 3 and an end token
    assert answer["usage"] == {"prompt_tokens": 4, "completion_tokens": 16, "total_tokens": 20}
    prompt = TOKENIZER.encode("xy", add_special_tokens=False)
    assert post(url, prompt=prompt).json()["choices"][0]["text"] == "xy0"


def test_why_it_ended(url):
    cut = post(url, prompt="abcdef", max_tokens=3).json()["choices"][0]
    assert (cut["text"], cut["finish_reason"]) == ("abc", "length")
    stopped = post(url, prompt="abcdef", max_tokens=9, stop="d").json()["choices"][0]
    assert (stopped["text"], stopped["finish_reason"], stopped["stop_reason"]) == (
        "abc",
        "stop",
        "d",
    )
    ended = post(url, prompt="a", max_tokens=9).json()["choices"][0]
    assert (ended["finish_reason"], ended["stop_reason"]) == ("stop", None)


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"stream": True}, "`stream` is not served"),
        ({"logit_bias": {"5": 1}}, "`logit_bias` is not served"),
        ({"presence_penalty": 0.5}, "`presence_penalty` is not served"),
        ({"temprature": 0.5}, "`temprature` is not served"),
        ({"temperature": -1}, "temperature"),
        ({"prompt": "x" * 40}, "leaves no room"),
        ({"prompt": []}, ""),
    ],
)
def test_what_is_not_served_is_refused(url, fields, said):
    response = post(url, **{"prompt": "a", **fields})
    if fields == {"prompt": []}:
        assert response.json()["choices"] == []
        return
    assert response.status_code == 400
    assert said in response.json()["error"]["message"]


def test_settings_that_ask_for_nothing_are_taken(url):
    fields = {"stream": False, "presence_penalty": 0, "logit_bias": None, "user": "me"}
    assert post(url, prompt="a", **fields).status_code == 200


def test_another_model_and_a_missing_template(url):
    assert (
        httpx2.post(f"{url}/v1/completions", json={"model": "x", "prompt": "a"}).status_code == 404
    )
    answer = post(url, "/v1/chat/completions", messages=[{"role": "user", "content": "a"}])
    assert answer.status_code == 400
    assert "no chat template" in answer.json()["error"]["message"]
    assert httpx2.post(f"{url}/v1/completions", content=b"{").status_code == 400


def test_one_bad_request_does_not_fail_the_others_in_its_batch():
    from concurrent.futures import ThreadPoolExecutor

    class Touchy(ScriptedEngine):
        def generate(self, requests):
            if any(request.prompt_ids[0] == 50 for request in requests):
                raise SetupError("broken by this prompt")
            return super().generate(requests)

    engine = Touchy(lambda prompt, sample: "fine", TOKENIZER)
    app = completions_app(engine, TOKENIZER, model="small")
    with running(app) as url, ThreadPoolExecutor(8) as pool:
        prompts = [[50 if i == 3 else 10 + i, 9] for i in range(8)]
        answers = list(pool.map(lambda prompt: post(url, prompt=prompt), prompts))
    assert [answer.status_code for answer in answers] == [200] * 3 + [500] + [200] * 4
    assert "broken by this prompt" in answers[3].json()["error"]["message"]


def test_a_port_that_is_taken():
    app = completions_app(ScriptedEngine(lambda p, s: "", TOKENIZER), TOKENIZER, model="small")
    with running(app) as url:
        port = int(url.rsplit(":", 1)[1])
        with pytest.raises(SetupError, match="cannot serve"), running(app, port=port):
            pass
