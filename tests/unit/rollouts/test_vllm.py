"""vLLM beside the torch engine: the same numbers, and weights replaced in place in both modes."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from small_models import make_model, make_tokenizer

from verigrad.core.errors import ConfigError, SetupError
from verigrad.rollouts.engines.torch.engine import TorchEngine
from verigrad.rollouts.engines.vllm.engine import VllmEngine
from verigrad.rollouts.engines.vllm.options import VllmOptions
from verigrad.rollouts.sampling import GivenText, Request, SamplingParameters

TOKENIZER = make_tokenizer()
MODEL = "qwen3-heads-of-32"
PROMPTS = ((5, 6, 7), (40, 41, 42, 43, 44), (9,))
START_S = 500.0


def requests(temperature, *, samples=4):
    sampling = SamplingParameters(max_output_tokens=20, temperature=temperature)
    return [Request(prompt, samples, sampling, seed) for seed, prompt in enumerate(PROMPTS)]


def expect_the_torch_engines_numbers(engine, model):
    """Sampled log-probabilities and greedy tokens, against the torch engine with these weights."""
    reference = TorchEngine.from_model(model, TOKENIZER)
    for temperature in (1.0, 0.7):
        asked = requests(temperature)
        for request, group in zip(asked, engine.generate(asked), strict=True):
            texts = [GivenText(request.prompt_ids, c.token_ids, temperature) for c in group]
            for completion, expected in zip(group, reference.score(texts), strict=True):
                assert completion.logps == pytest.approx(expected, abs=2e-4)
    greedy = requests(0.0, samples=1)
    ours, theirs = engine.generate(greedy), reference.generate(greedy)
    assert [c.token_ids for (c,) in ours] == [c.token_ids for (c,) in theirs]
    return [c.token_ids for (c,) in ours]


def expect_weights_to_be_replaced_in_place(engine):
    first, second = make_model(MODEL), make_model(MODEL, seed=4)
    before = expect_the_torch_engines_numbers(engine, first)
    engine.load(second.state_dict())
    after = expect_the_torch_engines_numbers(engine, second)
    assert before != after
    engine.load(first.state_dict())
    assert expect_the_torch_engines_numbers(engine, first) == before


def test_weights_are_replaced_in_place_in_this_process():
    pytest.importorskip("vllm", reason='the extra "vllm" is not installed')
    options = VllmOptions(max_context=128, enforce_eager=True, dtype="float32")
    engine = VllmEngine.for_policy(
        make_model(MODEL), TOKENIZER, options, end_token_ids=(2,), max_rows=16
    )
    try:
        expect_weights_to_be_replaced_in_place(engine)
        truncated = SamplingParameters(max_output_tokens=4, top_p=0.9)
        with pytest.raises(ConfigError, match="top_p or top_k"):
            engine.generate([Request((5,), 1, truncated, 0)])
        with pytest.raises(ConfigError, match="temperature 1 only"):
            engine.score([GivenText((5,), (6,), 0.5)])
    finally:
        engine.close()


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_weights_are_replaced_in_place_in_a_server(tmp_path):
    pytest.importorskip("vllm", reason='the extra "vllm" is not installed')
    model = make_model(MODEL)
    model.save_pretrained(tmp_path)
    TOKENIZER.save_pretrained(tmp_path)
    server, url = start_server(tmp_path)
    try:
        options = VllmOptions(url=url, model="small", max_context=128)
        engine = VllmEngine.for_policy(model, TOKENIZER, options, end_token_ids=(2,), max_rows=16)
        expect_weights_to_be_replaced_in_place(engine)
        engine.close()
    finally:
        server.terminate()
        server.wait(30)


def start_server(folder: Path):
    import socket

    import httpx2

    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "vllm.entrypoints.openai.api_server"]
    command += [
        "--model",
        str(folder),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--served-model-name",
        "small",
    ]
    command += ["--dtype", "float32", "--max-model-len", "128", "--enforce-eager"]
    command += ["--logprobs-mode", "processed_logprobs", "--generation-config", "vllm"]
    settings = {"VLLM_SERVER_DEV_MODE": "1", "VLLM_CPU_KVCACHE_SPACE": "1", "HF_HUB_OFFLINE": "1"}
    settings |= {"VLLM_CPU_OMP_THREADS_BIND": "nobind", "OMP_NUM_THREADS": "1"}
    with (folder / "server.log").open("wb") as log:
        server = subprocess.Popen(
            command, env={**os.environ, **settings}, stdout=log, stderr=subprocess.STDOUT
        )
    url = f"http://127.0.0.1:{port}"
    deadline = time.monotonic() + START_S
    while time.monotonic() < deadline and server.poll() is None:
        try:
            if httpx2.get(f"{url}/health", timeout=2.0).status_code == 200:
                return server, url
        except httpx2.HTTPError:
            pass
        time.sleep(1.0)
    server.kill()
    raise AssertionError((folder / "server.log").read_text()[-3000:])


def test_without_the_extra_it_says_what_to_install():
    try:
        import vllm  # noqa: F401
    except ImportError:
        with pytest.raises(SetupError, match="vLLM cannot be imported"):
            VllmEngine("nowhere", TOKENIZER, VllmOptions())
    else:
        pytest.skip("the extra is installed")


def test_a_server_needs_its_address_and_name():
    with pytest.raises(SetupError, match="`url` and `model`"):
        VllmEngine.for_policy(
            make_model(MODEL),
            TOKENIZER,
            VllmOptions(url="http://127.0.0.1:1"),
            end_token_ids=(2,),
            max_rows=4,
        )
