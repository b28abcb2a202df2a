"""Tokens per second of the torch engine on a GPU, beside transformers' `generate`.

    python benchmarks/gpu_rollouts.py [--sizes 0.5B,1.5B] [--rows 64,256,1024] [--static 64]

Random models of the shapes of Qwen2.5-0.5B and -1.5B in bfloat16, prompts of 128 tokens in groups
of eight, 256 new tokens a row ("equal"), or 1 to 512 with a long tail ("mixed": log-normal, median
100, at 256 rows). Both sides sample at temperature 1 and do the same work; each is run once to
warm up (where graphs are captured and kernels chosen) and then timed. `generate` runs with sdpa
attention and its growing cache on the whole batch; with `--static ROWS` also with a static cache
compiled by torch, at that many rows (compiling takes a minute a size and is not counted).
The floor of a step is the time to read all weights, and the keys and values of half the new
tokens, once at the bandwidth of a copy measured in the same run. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import torch
from rollouts_speed import make_tokenizer
from transformers import (
    AutoModelForCausalLM,
    Qwen2Config,
    StoppingCriteria,
    StoppingCriteriaList,
)

from verigrad.rollouts.engines.torch.engine import TorchEngine
from verigrad.rollouts.sampling import Request, SamplingParameters

VOCAB_SIZE, PROMPT_LENGTH, EQUAL_LENGTH, LONGEST = 151_936, 128, 256, 512
# hidden size, layers, heads, kv heads, MLP size
SIZES = {"0.5B": (896, 24, 14, 2, 4864), "1.5B": (1536, 28, 12, 2, 8960)}
MIXED_ROWS = 256


@dataclass(frozen=True)
class Line:
    """One row of the table; rates are useful tokens per second, `step_ms` ours."""

    size: str
    rows: int
    load: str
    ours: float
    without_graphs: float | None
    generate: float
    generate_setting: str
    ratio: float
    step_ms: float
    floor_ms: float


class LengthReached(StoppingCriteria):
    """Ends each row of `generate` at a length of its own."""

    def __init__(self, lengths: torch.Tensor) -> None:
        self.ends = (lengths + PROMPT_LENGTH).cuda()

    def __call__(self, input_ids, scores, **_):  # noqa: ARG002 (transformers' signature)
        return self.ends <= input_ids.shape[1]


def make_model(size: str):
    hidden, layers, heads, kv_heads, inner = SIZES[size]
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=VOCAB_SIZE,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        intermediate_size=inner,
        max_position_embeddings=4096,
        tie_word_embeddings=True,
        eos_token_id=None,
        bos_token_id=None,
        pad_token_id=0,
    )
    with torch.device("cuda"):
        model = AutoModelForCausalLM.from_config(
            config, dtype=torch.bfloat16, attn_implementation="sdpa"
        )
    return model.eval()


def make_lengths(load: str, rows: int) -> list[int]:
    if load == "equal":
        return [EQUAL_LENGTH] * rows
    normal = statistics.NormalDist(math.log(100), 1.1)
    lengths = [math.exp(normal.inv_cdf((i + 0.5) / rows)) for i in range(rows)]
    order = torch.randperm(rows, generator=torch.Generator().manual_seed(1)).tolist()
    return [min(LONGEST, max(1, round(lengths[i]))) for i in order]


def seconds(run: Callable[[], object]) -> float:
    torch.cuda.synchronize()
    start = time.perf_counter()
    run()
    torch.cuda.synchronize()
    return time.perf_counter() - start


def engine_runner(engine: TorchEngine, prompts: torch.Tensor, lengths: Sequence[int]):
    step = 8 if len(set(lengths)) == 1 else 1
    rows = prompts.tolist()
    requests = [
        Request(tuple(rows[i]), step, SamplingParameters(max_output_tokens=lengths[i]), i)
        for i in range(0, len(rows), step)
    ]

    def run() -> int:
        return sum(len(c.token_ids) for group in engine.generate(requests) for c in group)

    return run


def generate_runner(model, prompts: torch.Tensor, lengths: Sequence[int], cache: str | None):
    wanted = torch.tensor(lengths)
    on_gpu = prompts.cuda()

    def run() -> None:
        model.generate(
            on_gpu,
            attention_mask=torch.ones_like(on_gpu),
            max_new_tokens=max(lengths),
            do_sample=True,
            top_k=0,
            cache_implementation=cache,
            stopping_criteria=StoppingCriteriaList([LengthReached(wanted)]),
            pad_token_id=0,
        )

    return run


def copy_bandwidth() -> float:
    """Bytes read and written per second by a large copy."""
    source = torch.empty(1 << 30, dtype=torch.bfloat16, device="cuda").normal_()
    target = torch.empty_like(source)
    target.copy_(source)
    return (
        2
        * source.nbytes
        / statistics.median(seconds(lambda: target.copy_(source)) for _ in range(5))
    )


def measure(size: str, rows: int, load: str, *, static: set[int], bandwidth: float) -> Line:
    model = make_model(size)
    weight_bytes = sum(p.nbytes for p in model.parameters())
    lengths = make_lengths(load, rows)
    prompts = torch.randint(0, VOCAB_SIZE, (rows // 8, PROMPT_LENGTH)).repeat_interleave(8, dim=0)
    settings = {"dynamic": None, **({"static": "static"} if rows in static else {})}
    theirs: dict[str, float] = {}
    with torch.inference_mode():
        for name, cache in settings.items():
            warm = [min(8, n) for n in lengths] if cache is None else lengths
            generate_runner(model, prompts, warm, cache)()
            theirs[name] = seconds(generate_runner(model, prompts, lengths, cache))
    best = min(theirs, key=lambda name: theirs[name])
    ours: dict[bool, float] = {}
    per_token = 0
    for graphs in (True, False) if rows <= 256 else (True,):
        engine = TorchEngine.from_model(
            model,
            make_tokenizer(),
            end_token_ids=[VOCAB_SIZE],
            max_rows=rows,
            cache_bytes=40 << 30,
            shares_weights=True,
            cuda_graphs=graphs,
        )
        run = engine_runner(engine, prompts, lengths)
        assert run() == sum(lengths)
        ours[graphs] = min(seconds(run) for _ in range(2))
        per_token = engine.cache_bytes_per_token
        del engine, run
    span = PROMPT_LENGTH + statistics.mean(lengths) / 2
    floor_s = (weight_bytes + rows * span * per_token) / bandwidth
    total = sum(lengths)
    return Line(
        size=size,
        rows=rows,
        load=load,
        ours=round(total / ours[True]),
        without_graphs=round(total / ours[False]) if False in ours else None,
        generate=round(total / theirs[best]),
        generate_setting=f"{best} cache; "
        + ", ".join(f"{name} {s:.2f} s" for name, s in theirs.items()),
        ratio=round(theirs[best] / ours[True], 2),
        step_ms=round(1000 * ours[True] / max(lengths), 2),
        floor_ms=round(1000 * floor_s, 2),
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="0.5B,1.5B")
    parser.add_argument("--rows", default="64,256,1024")
    parser.add_argument("--static", default="", help="rows at which the static cache is tried too")
    options = parser.parse_args()
    static = {int(rows) for rows in options.static.split(",") if rows}
    bandwidth = copy_bandwidth()
    print(f"{torch.cuda.get_device_name(0)}, torch {torch.__version__}, ", end="")
    print(f"copy {bandwidth / 1e12:.2f} TB/s", flush=True)
    lines: list[Line] = []
    for size in options.sizes.split(","):
        cells = [(int(rows), "equal") for rows in options.rows.split(",")]
        for rows, load in [*cells, (MIXED_ROWS, "mixed")]:
            gc.collect()
            torch.cuda.empty_cache()
            line = measure(size, rows, load, static=static, bandwidth=bandwidth)
            lines.append(line)
            print(
                f"{line.size:5}{line.rows:5} {line.load:6} ours {line.ours:9,.0f} (no graphs "
                f"{line.without_graphs or 0:,.0f})  generate {line.generate:9,.0f}  x{line.ratio}"
                f"  step {line.step_ms} ms, floor {line.floor_ms}  [{line.generate_setting}]",
                flush=True,
            )
    print(
        json.dumps({"device": torch.cuda.get_device_name(0), "lines": [asdict(x) for x in lines]})
    )


if __name__ == "__main__":
    main()
