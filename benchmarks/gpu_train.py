"""An update of a 1.5B-shaped model on a GPU beside TRL's GRPOTrainer: seconds and peak memory.

    python benchmarks/gpu_train.py [--rows 16] [--steps 3] [--side ours|trl|both]

A random model of Qwen2.5-1.5B's shape (vocabulary 151,936), bfloat16 activations over float32
weights on both sides, AdamW, Dr. GRPO. Prompts of 1,024 tokens in groups of eight; completions of
4,096 tokens ("equal"), or with a long tail up to 4,096 (log-normal, median 700, "long-tailed").
An update is everything but generation, as in train_speed.py. Both sides try their settings on the
equal load (rows or tokens a micro-batch, with and without recomputed layers) and use the fastest
that fits. The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import random
import statistics
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import torch
from train_loads import GROUP, Load, Row
from train_sides import Ours, Setting, Timed, train_trl
from train_speed import quiet
from transformers import AutoModelForCausalLM, Qwen2Config

VOCABULARY, PROMPT, LONGEST = 151_936, 1024, 4096
# hidden size, layers, heads, kv heads, MLP size
SHAPES = {"1.5B": (1536, 28, 12, 2, 8960), "tiny": (64, 2, 2, 1, 128)}
OUR_SETTINGS = [
    Setting("bfloat16", 40_000, recompute=True),
    Setting("bfloat16", 17_500),
    Setting("bfloat16", 9_300),
]
TRL_SETTINGS = [
    Setting("bfloat16", 4, recompute=True),
    Setting("bfloat16", 2),
    Setting("bfloat16", 1),
]


@dataclass(frozen=True)
class Line:
    """One side on one load: the median seconds of an update after the first, peak GiB."""

    side: str
    load: str
    setting: str
    seconds: float
    peak_gib: float
    norms: list[float]


def make_model(shape: str, device: str):
    hidden, layers, heads, kv_heads, inner = SHAPES[shape]
    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=VOCABULARY,
        hidden_size=hidden,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=kv_heads,
        intermediate_size=inner,
        max_position_embeddings=8192,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=0,
        pad_token_id=0,
    )
    with torch.device(device):
        return AutoModelForCausalLM.from_config(config, attn_implementation="sdpa")


def make_load(name: str, *, rows: int, steps: int, longest: int, prompt_length: int) -> Load:
    """Every group has spread; log-probabilities are near those of a random model."""
    draw = random.Random(7)
    normal = statistics.NormalDist(math.log(longest / 6), 1.0)
    batches = []
    for _ in range(steps):
        lengths = [longest] * rows
        if name == "long-tailed":
            quantiles = [normal.inv_cdf((index + 0.5) / rows) for index in range(rows)]
            lengths = [min(longest, max(2, round(math.exp(q)))) for q in quantiles]
        draw.shuffle(lengths)
        batch: list[Row] = []
        for index, length in enumerate(lengths):
            group, place = divmod(index, GROUP)
            if place == 0:
                prompt = tuple(draw.choices(range(5, VOCABULARY), k=prompt_length))
                rewards = [1.0] * 3 + [0.0] * (GROUP - 3)
                draw.shuffle(rewards)
            ids = tuple(draw.choices(range(5, VOCABULARY), k=length))
            batch.append(Row(group, prompt, ids, (-12.0,) * length, rewards[place]))
        batches.append(batch)
    return Load(name, batches, max_tokens=longest)


def run_side(side: str, load: Load, setting: Setting, *, shape: str, device: str) -> Timed:
    model = make_model(shape, device)
    if side == "trl":
        with tempfile.TemporaryDirectory() as folder, quiet():
            return train_trl(model, load, setting, clock="wall", folder=Path(folder), device=device)
    timed, learner = Timed(), Ours(model, setting)
    for batch in load.batches:
        start = time.perf_counter()
        timed.norms.append(learner.update(batch, max_tokens=load.max_tokens))
        timed.seconds.append(time.perf_counter() - start)
    return timed


def attempt(side: str, load: Load, setting: Setting, *, shape: str, device: str) -> Line | None:
    """None where memory does not suffice."""
    gc.collect()
    if device == "cuda":
        torch.cuda.empty_cache()
        torch.cuda.reset_peak_memory_stats()
    try:
        timed = run_side(side, load, setting, shape=shape, device=device)
    except torch.OutOfMemoryError:
        print(f"{side:5}{load.name:12} {setting}: out of memory", flush=True)
        return None
    peak = torch.cuda.max_memory_allocated() / 2**30 if device == "cuda" else 0.0
    line = Line(
        side=side,
        load=load.name,
        setting=str(setting),
        seconds=round(statistics.median(timed.seconds[1:]), 3),
        peak_gib=round(peak, 1),
        norms=[round(norm, 5) for norm in timed.norms],
    )
    print(
        f"{side:5}{load.name:12} {line.setting:26} {line.seconds:8.3f} s  peak {line.peak_gib} GiB"
        f"  norms {line.norms}",
        flush=True,
    )
    return line


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=16)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--shape", choices=SHAPES, default="1.5B")
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--longest", type=int, default=LONGEST)
    parser.add_argument("--prompt", type=int, default=PROMPT)
    parser.add_argument("--sides", default="ours,trl")
    options = parser.parse_args()
    sizes = {"longest": options.longest, "prompt_length": options.prompt, "rows": options.rows}
    where = {"shape": options.shape, "device": options.device}
    lines: list[Line] = []
    for side in options.sides.split(","):
        trial = make_load("equal", steps=2, **sizes)
        tried = {
            setting: line
            for setting in (OUR_SETTINGS if side == "ours" else TRL_SETTINGS)
            if (line := attempt(side, trial, setting, **where)) is not None
        }
        best = min(tried, key=lambda setting: tried[setting].seconds)
        for name in ("equal", "long-tailed"):
            load = make_load(name, steps=options.steps, **sizes)
            line = attempt(side, load, best, **where)
            if line is not None:
                lines.append(line)
    device = torch.cuda.get_device_name(0) if options.device == "cuda" else "cpu"
    print(json.dumps({"device": device, "lines": [asdict(line) for line in lines]}))


if __name__ == "__main__":
    main()
