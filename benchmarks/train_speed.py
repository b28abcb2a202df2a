"""An update of the policy beside TRL's GRPOTrainer: seconds and peak memory, same completions.

    python benchmarks/train_speed.py [--sizes 1M,5M,25M] [--run RUN] [--clock processor]

An update is everything but generation: log-probabilities, loss, backward, clipping, AdamW. Both
sides take turns on the same batches in one process, on equal models (see `train_sides.py`); their
gradient norms are compared, so that both are known to do the same work. Each side first tries its
settings on one batch of the smallest model and each load, and runs with its fastest. Loads:
completions of near-equal length, long-tailed ones (none can be skipped in these two), and the
completions of a quickstart run as it goes, where most groups have no spread late. Memory: a process
a side (see `train_memory.py`). The last line is one JSON object.
"""

from __future__ import annotations

import argparse
import contextlib
import io
import json
import os
import statistics
import tempfile
import warnings
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ.setdefault("TRL_EXPERIMENTAL_SILENCE", "1")

import torch
from train_loads import Load, made_up, of_run
from train_memory import in_process, measure
from train_sides import CLOCKS, Ours, Setting, Timed, make_model, train_trl

ROWS, VOCABULARY, BIG_VOCABULARY = 256, 100, 150_000
OUR_SETTINGS = [Setting(p, n) for p in ("float32", "bfloat16") for n in (2048, 16384)]
TRL_SETTINGS = [Setting(p, n) for p in ("float32", "bfloat16") for n in (16, 64)]
NORMS_AGREE = 0.02  # bfloat16 against float32


@dataclass(frozen=True)
class Line:
    """One row of the table; seconds are medians, `ratio` TRL's total over ours."""

    size: str
    load: str
    mean_tokens: float
    ours_s: float
    trl_s: float
    ratio: float
    ours_setting: str
    trl_setting: str
    norm_difference: float


def side_by_side(
    size: str, load: Load, *, vocabulary: int, ours: Setting, trl: Setting, clock: str
) -> tuple[Timed, Timed]:
    """Both over the load's batches, step by step in turn; the first step of each warms it up."""
    now, mine = CLOCKS[clock], Timed()
    learner = Ours(make_model(size, vocabulary=vocabulary), ours)

    def update(step: int) -> None:
        start = now()
        norm = learner.update(load.batches[step], max_tokens=load.max_tokens)
        mine.seconds.append(now() - start)
        mine.norms.append(norm)

    with tempfile.TemporaryDirectory() as folder, quiet():
        theirs = train_trl(
            make_model(size, vocabulary=vocabulary),
            load,
            trl,
            clock=clock,
            folder=Path(folder),
            between=update,
        )
    return mine, theirs


@contextlib.contextmanager
def quiet() -> Iterator[None]:
    """Without TRL's progress on standard output."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        yield


def difference(mine: Timed, theirs: Timed) -> float:
    """The largest relative difference of the gradient norms of a step."""
    pairs = zip(mine.norms, theirs.norms, strict=True)
    return max(abs(a - b) / max(abs(b), 1e-12) for a, b in pairs)


def compare(
    size: str, load: Load, *, vocabulary: int, ours: Setting, trl: Setting, clock: str
) -> Line:
    mine, theirs = side_by_side(size, load, vocabulary=vocabulary, ours=ours, trl=trl, clock=clock)
    apart = difference(mine, theirs)
    if apart > NORMS_AGREE:
        raise RuntimeError(f"{size} {load.name}: gradient norms differ by {apart:.1%}")
    a, b = mine.seconds[1:], theirs.seconds[1:]
    return Line(
        size=size,
        load=load.name,
        mean_tokens=round(load.mean_tokens, 1),
        ours_s=round(statistics.median(a), 3),
        trl_s=round(statistics.median(b), 3),
        ratio=round(ratio_of(load, a, b), 2),
        ours_setting=str(ours),
        trl_setting=str(trl),
        norm_difference=round(apart, 6),
    )


def ratio_of(load: Load, mine: Sequence[float], theirs: Sequence[float]) -> float:
    """Of medians where all batches are alike; of sums over a run as it goes."""
    total = sum if load.name == "quickstart" else statistics.median
    return total(theirs) / total(mine)


def fastest(size: str, load: Load, *, vocabulary: int, clock: str) -> tuple[Setting, Setting]:
    """Each side's fastest setting on a batch of the load."""
    short = Load(load.name, load.batches[:2], load.max_tokens)
    mine: dict[Setting, float] = {}
    theirs: dict[Setting, float] = {}
    for ours, trl in zip(OUR_SETTINGS, TRL_SETTINGS, strict=True):
        a, b = side_by_side(size, short, vocabulary=vocabulary, ours=ours, trl=trl, clock=clock)
        mine[ours], theirs[trl] = a.seconds[-1], b.seconds[-1]
    return min(mine, key=lambda s: mine[s]), min(theirs, key=lambda s: theirs[s])


def speed_lines(options: argparse.Namespace) -> Iterator[Line]:
    sizes = options.sizes.split(",")
    for name in ("near-equal", "long-tailed"):
        load = made_up(name, rows=ROWS, steps=options.steps, vocabulary=VOCABULARY)
        ours, trl = fastest(sizes[0], load, vocabulary=VOCABULARY, clock=options.clock)
        for size in sizes:
            steps = options.steps if size != "25M" else min(3, options.steps)
            part = Load(name, load.batches[:steps], load.max_tokens)
            yield compare(
                size, part, vocabulary=VOCABULARY, ours=ours, trl=trl, clock=options.clock
            )
    with tempfile.TemporaryDirectory() as folder:
        run = options.run or quickstart_run(Path(folder))
        load = of_run(run, every=options.every)
        highest = max(max(row.prompt + row.completion) for b in load.batches for row in b)
        vocabulary = max(VOCABULARY, highest + 1)
        ours, trl = fastest("1M", load, vocabulary=vocabulary, clock=options.clock)
        yield compare("1M", load, vocabulary=vocabulary, ours=ours, trl=trl, clock=options.clock)


def quickstart_run(folder: Path) -> Path:
    """The demo's own run, seed 0."""
    from verigrad.pipelines.demo import quickstart
    from verigrad.pipelines.train import train

    return train(quickstart(seed=0, control="none"), folder / "run").path


def memory_rows(sizes: Sequence[str]) -> Iterator[dict[str, object]]:
    """Peak memory: a batch of each size, and 2,048 completion tokens at a large vocabulary."""
    ours, trl = "float32:2048", "float32:64"
    for size in sizes:
        for load in ("near-equal", "long-tailed"):
            shape = {"vocabulary": VOCABULARY, "rows": ROWS}
            yield {
                "size": size,
                "load": load,
                "vocabulary": VOCABULARY,
                "ours": in_process("ours", size, load, **shape, setting=ours),
                "trl": in_process("trl", size, load, **shape, setting=trl),
            }
    shape = {"vocabulary": BIG_VOCABULARY, "rows": 64}
    yield {
        "size": "1M",
        "load": "near-equal",
        "vocabulary": BIG_VOCABULARY,
        "ours": in_process("ours", "1M", "near-equal", **shape, setting=ours),
        "trl": in_process("trl", "1M", "near-equal", **shape, setting=trl),
        "full_logits": in_process("full", "1M", "near-equal", **shape, setting=trl),
    }


def show_memory(row: dict) -> str:
    """Two lines: MiB of each side, and the shares."""
    parts = [f"{row['size']:4}{row['load']:12} vocabulary {row['vocabulary']:>7,}"]
    for side in ("ours", "trl", "full_logits"):
        if side in row:
            found = row[side]
            numbers = ", ".join(f"{key} {found[key]:.0f}" for key in ("peak", "above", "way"))
            parts.append(f"{side}: {numbers} MiB")
    shares = [
        f"{key} x{row['ours'][key] / row[side][key]:.2f} of {side}"
        for side in ("trl", "full_logits")
        if side in row
        for key in ("peak", "above", "way")
    ]
    return "\n    ".join(["  ".join(parts), ", ".join(shares)])


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1M,5M,25M")
    parser.add_argument("--steps", type=int, default=6, help="of a made-up load; the first is cold")
    parser.add_argument("--run", type=Path, help="a quickstart run (default: made now)")
    parser.add_argument("--every", type=int, default=5, help="take every so many steps of the run")
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help="processor: busy machines")
    parser.add_argument("--only", choices=("speed", "memory"))
    parser.add_argument("--memory", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.memory:
        measure(**json.loads(options.memory))
        return
    torch.set_num_threads(options.threads)
    print(f"threads {torch.get_num_threads()}, {options.clock} seconds of an update")
    lines = []
    for line in speed_lines(options) if options.only != "memory" else ():
        lines.append(line)
        print(
            f"{line.size:4}{line.load:12}{line.mean_tokens:6.1f} tokens  ours {line.ours_s:7.3f}"
            f"  TRL {line.trl_s:7.3f}  x{line.ratio:.2f}  ({line.ours_setting}; TRL "
            f"{line.trl_setting}; norms within {line.norm_difference:.1e})",
            flush=True,
        )
    memory = []
    for row in memory_rows(options.sizes.split(",")) if options.only != "speed" else ():
        memory.append(row)
        print(show_memory(row), flush=True)
    print(
        json.dumps(
            {
                "torch": torch.__version__,
                "threads": torch.get_num_threads(),
                "clock": options.clock,
                "update": [asdict(line) for line in lines],
                "memory": memory,
            }
        )
    )


if __name__ == "__main__":
    main()
