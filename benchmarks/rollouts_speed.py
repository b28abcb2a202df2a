"""Tokens per second of the torch engine beside transformers' `generate`: same model, same prompts.

    python benchmarks/rollouts_speed.py [--sizes 1M,5M] [--rows 64,256] [--dtypes float32,bfloat16]

Two loads: every row writes 48 tokens, and lengths of 1 to 512 tokens with a long tail (log-normal,
median 60). Rows end at a length set beforehand, so both do the same work; tokens after a row's end
do not count. `generate` runs at the best
of its settings found in the same run: attention, cache, whole batch or quarters (for the mixed
load, attention and cache are those best for the equal one). The roofline is the time of the model's
matrix products alone, by the fastest library at hand at this number of rows, plus the time to read
the keys and values once at the memory bandwidth measured. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass

import torch
from tokenizers import Tokenizer, models
from torch.nn import functional
from transformers import (
    AutoModelForCausalLM,
    PreTrainedTokenizerFast,
    Qwen3Config,
    StoppingCriteria,
    StoppingCriteriaList,
)

from verigrad.rollouts.engines.torch.engine import TorchEngine
from verigrad.rollouts.engines.torch.kernels import choose_kernels
from verigrad.rollouts.sampling import Request, SamplingParameters

VOCAB_SIZE = 100
PROMPT_LENGTH = 10
EQUAL_LENGTH = 48
LONGEST = 512
PATIENCE_S = 4.0
CLOCKS = {"wall": time.perf_counter, "processor": time.process_time}
clock = "wall"
# hidden size, layers, heads, kv heads, MLP size
SIZES = {"1M": (128, 4, 4, 2, 512), "5M": (256, 6, 4, 2, 768), "25M": (512, 8, 8, 4, 1536)}


@dataclass(frozen=True)
class Line:
    """One row of the table; rates are useful tokens per second."""

    size: str
    dtype: str
    rows: int
    load: str
    ours: float
    generate: float
    generate_setting: str
    ratio: float
    roofline: float | None
    of_roofline: float | None


class LengthReached(StoppingCriteria):
    """Ends each row of `generate` at a length of its own."""

    def __init__(self, lengths: torch.Tensor) -> None:
        self.ends = lengths + PROMPT_LENGTH

    def __call__(self, input_ids, scores, **_):  # noqa: ARG002 (transformers' signature)
        return self.ends <= input_ids.shape[1]


def make_model(size: str, dtype: torch.dtype, attention: str):
    hidden, layers, heads, kv_heads, inner = SIZES[size]
    torch.manual_seed(0)
    config = Qwen3Config(
        vocab_size=VOCAB_SIZE,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        head_dim=hidden // heads,
        intermediate_size=inner,
        max_position_embeddings=PROMPT_LENGTH + LONGEST,
        tie_word_embeddings=True,
        eos_token_id=None,
        bos_token_id=None,
        pad_token_id=0,
    )
    return AutoModelForCausalLM.from_config(
        config, dtype=dtype, attn_implementation=attention
    ).eval()


def make_tokenizer() -> PreTrainedTokenizerFast:
    vocab = {chr(200 + i): i for i in range(VOCAB_SIZE)}
    return PreTrainedTokenizerFast(
        tokenizer_object=Tokenizer(models.WordLevel(vocab, unk_token=chr(200)))
    )


def make_lengths(load: str, rows: int) -> list[int]:
    """Target lengths: all equal, or evenly spaced quantiles of a log-normal, shuffled."""
    if load == "equal":
        return [EQUAL_LENGTH] * rows
    normal = statistics.NormalDist(math.log(60), 1.1)
    lengths = [math.exp(normal.inv_cdf((i + 0.5) / rows)) for i in range(rows)]
    order = torch.randperm(rows, generator=torch.Generator().manual_seed(1)).tolist()
    return [min(LONGEST, max(1, round(lengths[i]))) for i in order]


def median_s(run: Callable[[], object], repeats: int) -> float:
    """Median seconds of up to `repeats` runs; no further ones once they took PATIENCE_S."""
    seconds: list[float] = []
    while len(seconds) < repeats and sum(seconds) < PATIENCE_S:
        start = CLOCKS[clock]()
        run()
        seconds.append(CLOCKS[clock]() - start)
    return statistics.median(seconds)


def generate_runner(
    model, prompts: torch.Tensor, lengths: Sequence[int], *, cache: str | None, batch: int
) -> Callable[[], None]:
    wanted = torch.tensor(lengths)

    def run() -> None:
        for part, own in zip(prompts.split(batch), wanted.split(batch), strict=True):
            model.generate(
                part,
                attention_mask=torch.ones_like(part),
                max_new_tokens=int(own.max()),
                do_sample=True,
                top_k=0,
                cache_implementation=cache,
                stopping_criteria=StoppingCriteriaList([LengthReached(own)]),
                pad_token_id=0,
            )

    return run


@dataclass(frozen=True)
class Setting:
    """How `generate` is run."""

    attention: str
    cache: str
    batch: int

    def __str__(self) -> str:
        return f"{self.attention}, {self.cache} cache, {self.batch} rows"


def best_generate(
    size: str,
    dtype: torch.dtype,
    prompts: torch.Tensor,
    lengths: Sequence[int],
    *,
    settings: Sequence[Setting],
) -> tuple[float, Setting]:
    """Seconds of `generate` at the best of `settings` on this very load."""
    seconds: dict[Setting, float] = {}
    for setting in settings:
        run = generate_runner(
            make_model(size, dtype, setting.attention),
            prompts,
            lengths,
            cache=None if setting.cache == "dynamic" else setting.cache,
            batch=setting.batch,
        )
        seconds[setting] = median_s(run, 3)
    best = min(seconds, key=lambda setting: seconds[setting])
    return seconds[best], best


def settings_to_try(rows: int, best_so_far: Setting | None) -> list[Setting]:
    """All at first; afterwards the best attention and cache, whole and in quarters."""
    if best_so_far is not None:
        kind = (best_so_far.attention, best_so_far.cache)
        return [Setting(*kind, rows), Setting(*kind, rows // 4)]
    kinds = (("sdpa", "dynamic"), ("eager", "dynamic"), ("sdpa", "static"))
    return [Setting(*kind, batch) for kind in kinds for batch in (rows, rows // 4)]


def engine_runner(
    engine: TorchEngine, prompts: torch.Tensor, lengths: Sequence[int]
) -> Callable[[], int]:
    """Groups of eight equal prompts; one request a row where lengths are set row by row."""
    is_equal = len(set(lengths)) == 1
    rows = prompts.tolist()
    step = 8 if is_equal else 1
    requests = [
        Request(tuple(rows[i]), step, SamplingParameters(max_output_tokens=lengths[i]), i)
        for i in range(0, len(rows), step)
    ]

    def run() -> int:
        answers = engine.generate(requests)
        return sum(len(completion.token_ids) for group in answers for completion in group)

    return run


@torch.inference_mode()
def products_s(size: str, dtype: torch.dtype, rows: int) -> float:
    """Seconds of one step's matrix products, each by the faster of two libraries."""
    hidden, layers, heads, kv_heads, inner = SIZES[size]
    dim = hidden // heads
    shapes = [(hidden, (heads + 2 * kv_heads) * dim), (heads * dim, hidden)]
    shapes += [(hidden, inner), (hidden, inner), (inner, hidden)]
    fused = choose_kernels(device=torch.device("cpu"), dtype=dtype, activation="silu").linear
    total = 0.0
    for index, (inputs, outputs) in enumerate([*shapes, (hidden, VOCAB_SIZE)]):
        x = torch.randn(rows, inputs, dtype=dtype)
        weights = [torch.randn(outputs, inputs, dtype=dtype) for _ in range(layers)]
        fastest = math.inf
        for linear in (fused, functional.linear):

            def run(linear=linear, x=x, weights=weights):
                for weight in weights:
                    linear(x, weight, None)

            median_s(run, 5)
            fastest = min(fastest, median_s(run, 30))
        total += fastest if index < len(shapes) else fastest / layers
    return total


def read_bandwidth() -> float:
    """Bytes per second of reading memory far larger than the caches."""
    memory = torch.ones(64 << 20)
    median_s(memory.sum, 2)
    return memory.numel() * 4 / median_s(memory.sum, 7)


def roofline(
    size: str, dtype: torch.dtype, rows: int, *, cache_bytes_per_token: int, bandwidth: float
) -> float:
    mean_span = PROMPT_LENGTH + EQUAL_LENGTH / 2
    attention_s = rows * mean_span * cache_bytes_per_token / bandwidth
    return rows / (products_s(size, dtype, rows) + attention_s)


def measure(size: str, dtype: torch.dtype, rows: int, *, loads: Sequence[str], bandwidth: float):
    tokenizer = make_tokenizer()
    engine = TorchEngine.from_model(
        make_model(size, dtype, "sdpa"), tokenizer, end_token_ids=[VOCAB_SIZE]
    )
    groups = torch.randint(0, VOCAB_SIZE, (rows // 8, PROMPT_LENGTH))
    prompts = groups.repeat_interleave(8, dim=0)
    best: Setting | None = None
    for load in loads:
        lengths = make_lengths(load, rows)
        run = engine_runner(engine, prompts, lengths)
        assert run() == sum(lengths)
        ours_s = median_s(run, 5)
        theirs_s, best = best_generate(
            size, dtype, prompts, lengths, settings=settings_to_try(rows, best)
        )
        ours_s = statistics.mean([ours_s, median_s(run, 5)])  # before and after
        limit = None
        if load == "equal":
            limit = roofline(
                size,
                dtype,
                rows,
                cache_bytes_per_token=engine.cache_bytes_per_token,
                bandwidth=bandwidth,
            )
        ours = sum(lengths) / ours_s
        yield Line(
            size=size,
            dtype=str(dtype).removeprefix("torch."),
            rows=rows,
            load=load,
            ours=round(ours),
            generate=round(sum(lengths) / theirs_s),
            generate_setting=str(best),
            ratio=round(theirs_s / ours_s, 2),
            roofline=round(limit) if limit else None,
            of_roofline=round(ours / limit, 3) if limit else None,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1M,5M,25M")
    parser.add_argument("--rows", default="64,256")
    parser.add_argument("--dtypes", default="float32,bfloat16")
    parser.add_argument("--loads", default="equal,mixed")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="processor: busy machines")
    options = parser.parse_args()
    global clock  # noqa: PLW0603 (one setting of one script)
    clock = options.clock
    torch.set_num_threads(options.threads)
    bandwidth = read_bandwidth()
    print(f"threads {torch.get_num_threads()}, memory read at {bandwidth / 1e9:.1f} GB/s")
    print(
        f"{'model':6}{'type':10}{'rows':>5} {'load':6}{'ours':>9}{'generate':>10}{'ratio':>7}",
        end="",
    )
    print(f"{'roofline':>10}{'of it':>7}  generate's best setting")
    lines: list[Line] = []
    for size in options.sizes.split(","):
        for dtype in options.dtypes.split(","):
            for rows in map(int, options.rows.split(",")):
                for line in measure(
                    size,
                    getattr(torch, dtype),
                    rows,
                    loads=options.loads.split(","),
                    bandwidth=bandwidth,
                ):
                    lines.append(line)
                    share = f"{line.of_roofline:7.0%}" if line.of_roofline else f"{'':7}"
                    print(
                        f"{line.size:6}{line.dtype:10}{line.rows:5} {line.load:6}{line.ours:9,.0f}"
                        f"{line.generate:10,.0f}{line.ratio:7.2f}{line.roofline or '':>10}{share}"
                        f"  {line.generate_setting}",
                        flush=True,
                    )
    print(
        json.dumps(
            {
                "torch": torch.__version__,
                "threads": torch.get_num_threads(),
                "clock": clock,
                "read_gb_s": round(bandwidth / 1e9, 1),
                "lines": [asdict(line) for line in lines],
            }
        )
    )


if __name__ == "__main__":
    main()
