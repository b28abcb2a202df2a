"""Captured steps: recorded once for a number of rows and a span, replayed for all lengths below.

Without a GPU a recorder of the test's own stands in for CUDA graphs: it repeats the recorded
closure, so what is shown is that nothing but the fixed buffers is read.
"""

import pytest
import torch
from small_models import CONFIGS, make_model, make_tokenizer

from verigrad.rollouts.engines.torch import captured
from verigrad.rollouts.engines.torch.captured import CapturedSteps
from verigrad.rollouts.engines.torch.engine import TorchEngine
from verigrad.rollouts.sampling import GivenText, Request, SamplingParameters

TOKENIZER = make_tokenizer()
needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs an NVIDIA GPU")


class Recorder:
    """Notes how many steps were recorded; runs each twice first, as warming up does."""

    def __init__(self):
        self.recorded = 0

    def __call__(self, step):
        self.recorded += 1
        step()
        step()
        return step


def requests(count=7, *, longest=40):
    generator = torch.Generator().manual_seed(3)
    return [
        Request(
            tuple(torch.randint(3, 97, (3 + 2 * i,), generator=generator).tolist()),
            3,
            SamplingParameters(max_output_tokens=longest - 4 * i),
            i,
        )
        for i in range(count)
    ]


def token_ids(answers):
    return [[completion.token_ids for completion in group] for group in answers]


def logps(answers):
    return torch.tensor([p for group in answers for c in group for p in c.logps])


def with_captured_steps(engine):
    recorder = Recorder()
    engine._captured = CapturedSteps(engine._decoder, engine._cache, recorder)
    return recorder


@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_captured_steps_sample_what_plain_steps_sample(monkeypatch, name):
    monkeypatch.setattr(captured, "SPAN_STEP", 16)
    plain, replayed = (TorchEngine.from_model(make_model(name), TOKENIZER) for _ in range(2))
    recorder = with_captured_steps(replayed)
    expected, found = plain.generate(requests()), replayed.generate(requests())
    assert token_ids(found) == token_ids(expected)
    assert (logps(found) - logps(expected)).abs().max() < 1e-4
    assert recorder.recorded > 3  # several spans, several numbers of rows


@pytest.mark.parametrize("max_rows", [1, 3, 5, 11])
def test_captured_steps_follow_rows_that_move(max_rows):
    plain = TorchEngine.from_model(make_model("qwen3"), TOKENIZER)
    replayed = TorchEngine.from_model(make_model("qwen3"), TOKENIZER, max_rows=max_rows)
    with_captured_steps(replayed)
    assert token_ids(replayed.generate(requests())) == token_ids(plain.generate(requests()))


def test_a_second_call_of_the_same_shape_records_nothing_new():
    engine = TorchEngine.from_model(make_model("qwen3"), TOKENIZER)
    recorder = with_captured_steps(engine)
    first = engine.generate(requests())
    count = recorder.recorded
    assert engine.generate(requests()) == first
    assert recorder.recorded == count
    engine.generate(requests(3))  # another shape of the cache: other addresses
    assert recorder.recorded > count


@needs_gpu
@pytest.mark.parametrize("name", sorted(CONFIGS))
def test_cuda_graphs_sample_what_plain_steps_sample(name):
    plain, replayed = (
        TorchEngine.from_model(make_model(name).cuda(), TOKENIZER, cuda_graphs=graphs)
        for graphs in (False, True)
    )
    expected, found = plain.generate(requests()), replayed.generate(requests())
    assert token_ids(found) == token_ids(expected)
    assert (logps(found) - logps(expected)).abs().max() < 1e-4


@needs_gpu
@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16])
def test_the_gpu_samples_the_processors_distribution(dtype):
    rounded = make_model("qwen3").to(dtype).float()
    processor = TorchEngine.from_model(rounded, TOKENIZER)
    gpu = TorchEngine.from_model(make_model("qwen3").cuda().to(dtype), TOKENIZER)
    answers = gpu.generate(requests())
    texts = [
        GivenText(request.prompt_ids, completion.token_ids, 1.0)
        for request, group in zip(requests(), answers, strict=True)
        for completion in group
    ]
    scored = torch.tensor([p for own in processor.score(texts) for p in own])
    limit = 1e-4 if dtype is torch.float32 else 0.05
    assert (logps(answers) - scored).abs().max() < limit
