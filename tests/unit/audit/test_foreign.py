"""Functions of others: every signature, every way to fail; a reward service."""

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from verigrad.audit.foreign.function import ForeignFunction
from verigrad.audit.foreign.service import RewardService
from verigrad.audit.foreign.signatures import style_of
from verigrad.core.errors import ConfigError
from verigrad.core.types import Problem
from verigrad.core.verdict import Status

SOURCE = """
import sys, time, asyncio
def plain(prompt, response, answer): return response == answer
def pair(response, answer): return float(response == answer)
def check(response, answer, info): return info.get("bonus", 0.0)
def trl(prompts, completions, answer, **kwargs):
    return [float(c[0]["content"] == a) for c, a in zip(completions, answer)]
def verl(data_source, solution_str, ground_truth, extra_info=None):
    return {"score": float(solution_str == ground_truth), "acc": 1}
def openrlhf(queries, prompts, labels):
    return [float(q[len(p):] == l) for q, p, l in zip(queries, prompts, labels)]
async def later(response, answer):
    await asyncio.sleep(0)
    return 1.0 if response == answer else 0.0
def raises(response, answer): raise KeyError("no")
def exits(response, answer): sys.exit(0)
def none(response, answer): return None
def nan(response, answer): return float("nan")
def words(response, answer): return "yes"
def hangs(response, answer):
    while True: pass
def odd(a, b, c, d): return 1.0
"""


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    path = tmp_path_factory.mktemp("foreign") / "rewards.py"
    path.write_text(SOURCE)
    return path


def made(source, name, **how):
    return ForeignFunction(function=f"{source}:{name}", **how)


@pytest.mark.parametrize("name", ["plain", "pair", "trl", "verl", "openrlhf", "later"])
def test_every_signature(source, name):
    verifier, problem = made(source, name), Problem.of("2+2?", "4")
    assert verifier.verify(problem, "4").is_correct
    assert verifier.verify(problem, "5").score == 0.0
    verifier.close()


def test_info_reaches_the_function_and_full_scales(source):
    verifier = made(source, "check", full=2.0)
    assert verifier.verify(Problem.of("?", "4", bonus=1.0), "x").score == 0.5
    assert verifier.verify(Problem.of("?", "4", bonus=-1.0), "x").score == 0.0
    verifier.close()


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("raises", "KeyError"),
        ("exits", "SystemExit"),
        ("none", "None"),
        ("nan", "nan"),
        ("words", "str"),
    ],
)
def test_what_is_no_reward_is_failed(source, name, says):
    verifier = made(source, name)
    verdict = verifier.verify(Problem.of("?", "4"), "4")
    assert verdict.status is Status.FAILED
    assert says in verdict.evidence["why"]
    verifier.close()


def test_a_hang_is_failed_and_the_next_call_is_served(source):
    verifier = made(source, "hangs", time_limit_s=1)
    assert verifier.verify(Problem.of("?", "4"), "4").status is Status.FAILED
    assert "CPU" in verifier.verify(Problem.of("?", "4"), "4").evidence["why"]
    verifier.close()


def test_an_unknown_signature_is_a_config_error(source):
    with pytest.raises(ConfigError, match="cannot be called"):
        _ = made(source, "odd").style
    with pytest.raises(ConfigError):
        made(source.with_name("nowhere.py"), "plain")


def test_styles_are_seen_from_names():
    assert style_of(lambda completions, **kwargs: None) == "trl"
    assert style_of(lambda response, answer, info: None) == "check"
    assert style_of(lambda prompt, response, answer: None) == "plain"
    with pytest.raises(TypeError, match="no known signature"):
        style_of(lambda one: None)


class Service(BaseHTTPRequestHandler):
    def do_POST(self):
        asked = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if "query" in asked:
            said = {"rewards": [float(asked["query"][0].endswith(asked["labels"][0]))]}
        elif asked["response"] == "break":
            self.send_error(500)
            return
        else:
            said = {"score": 0.5 * (asked["response"] == asked["answer"])}
        body = json.dumps(said).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


@pytest.fixture(scope="module")
def url():
    server = HTTPServer(("127.0.0.1", 0), Service)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


def test_a_reward_service(url):
    pytest.importorskip("httpx2")
    problem = Problem.of("2+2?", "4")
    service = RewardService(url=url, full=0.5)
    assert service.verify(problem, "4").is_correct
    assert service.verify(problem, "5").score == 0.0
    assert service.verify(problem, "break").status is Status.FAILED
    assert service.verify(problem, "\ud800").score == 0.0
    other = RewardService(url=url, protocol="openrlhf")
    assert other.verify(problem, "so 4").is_correct
