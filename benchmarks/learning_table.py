"""Every preset on the quickstart task from one warm start a seed, same sample budget, as a table.

    python benchmarks/learning_table.py [--presets dr_grpo,grpo] [--seeds 0,1,2] [--write PAGE]

A cell is a run folder under --out; finished cells are kept and cut ones resumed, so the command can
be stopped and started again. Two processes of one thread each. Writes the page given by --write;
the last line is one JSON object.
"""

from __future__ import annotations

import argparse
import json
import math
import multiprocessing
import os
import statistics
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # a process has one core to itself

from learning_cells import (
    FIRST,
    HELD_OUT,
    NUM_PROBLEMS,
    NUM_ROLLOUTS,
    NUM_STEPS,
    SETTINGS,
    SHARED,
    cell_path,
    presets,
    run_cell,
    warm_start,
)

STUDENT_T = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}  # 97.5 %, by number of seeds
BIN = 0.05  # of the training score, where lengths are compared at equal accuracy

HEAD = """# Every preset, learning

Written by `make learning-table` (`benchmarks/learning_table.py`).

Each preset trains the quickstart model (a Qwen3 of a million parameters, three-digit addition) from
the same warm start a seed, for {steps} steps of {completions} completions. Accuracy is greedy, on
{held_out} held-out problems; the interval is over seeds (Student's t). Lengths are mean tokens of
wrong and right held-out answers after training; "samples" are the completions used.

"""


@dataclass(frozen=True)
class Cell:
    """What a run of a preset and a seed came to."""

    preset: str
    seed: int
    before: float
    after: float
    wrong_length: float | None
    right_length: float | None
    samples: int
    explained_variance: float | None


def make(job: tuple[str, str, int]) -> tuple[str, int, float]:
    """A cell or a warm start, in a process of the pool; returns its seconds."""
    import torch

    torch.set_num_threads(1)
    folder, preset, seed = job
    start = time.perf_counter()
    if preset == "warm":
        warm_start(Path(folder), seed)
    else:
        run_cell(Path(folder), preset, seed)
    return preset, seed, time.perf_counter() - start


def read_cell(folder: Path, preset: str, seed: int) -> Cell:
    from verigrad.records.metrics import read_metrics
    from verigrad.records.rollouts import read_columns
    from verigrad.records.run import RunFolder

    path = cell_path(folder, preset, seed)
    run = RunFolder.open(path)
    columns = read_columns(path / "evaluation" / "after.parquet", ["reason", "num_response_tokens"])
    right = [reason == "correct" for reason in columns["reason"]]
    lengths = columns["num_response_tokens"]
    metrics = read_metrics(path)
    explained = [m["value/explained_variance"] for m in metrics if "value/explained_variance" in m]
    evaluations = run.evaluations()
    return Cell(
        preset,
        seed,
        evaluations["before"].accuracy,
        evaluations["after"].accuracy,
        mean_of(n for n, ok in zip(lengths, right, strict=True) if not ok),
        mean_of(n for n, ok in zip(lengths, right, strict=True) if ok),
        int(sum(m["rollouts/count"] for m in metrics)),
        explained[-1] if explained else None,
    )


def mean_of(values) -> float | None:
    values = list(values)
    return statistics.fmean(values) if values else None


def interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Mean and its 95 % bounds over seeds, within 0 and 1; the mean alone for one seed."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return mean, mean, mean
    half = STUDENT_T[len(values)] * statistics.stdev(values) / math.sqrt(len(values))
    return mean, max(0.0, mean - half), min(1.0, mean + half)


def has_collapsed(cells: Sequence[Cell]) -> bool:
    """Any seed ends measurably below where it began (two-proportion, 95 %)."""
    from verigrad.core.statistics import wilson

    return any(
        wilson(round(c.after * HELD_OUT), HELD_OUT).high
        < wilson(round(c.before * HELD_OUT), HELD_OUT).low
        for c in cells
    )


def lengths_at_equal_score(
    folder: Path, seeds: Sequence[int], pair: tuple[str, str]
) -> float | None:
    """Mean difference (first less second, tokens) of wrong answers' lengths in training.

    Steps of both presets are matched by mean score in bins of 5 points; bins count equally.
    """
    from verigrad.records.metrics import read_metrics

    bins: list[dict[int, list[float]]] = [{}, {}]
    for side, preset in zip(bins, pair, strict=True):
        for seed in seeds:
            for line in read_metrics(cell_path(folder, preset, seed)):
                if "length/wrong_mean" in line:
                    key = int(line["score/mean"] / BIN)
                    side.setdefault(key, []).append(line["length/wrong_mean"])
    both = sorted(bins[0].keys() & bins[1].keys())
    return mean_of(statistics.fmean(bins[0][k]) - statistics.fmean(bins[1][k]) for k in both)


def table(cells: Mapping[str, Sequence[Cell]]) -> str:
    lines = [
        "| preset | before | after, mean | 95 % over seeds | each seed | wrong | right | samples |",
        "| --- " * 8 + "|",
    ]
    for preset, rows in sorted(cells.items(), key=lambda item: -interval(accuracies(item[1]))[0]):
        mean, low, high = interval(accuracies(rows))
        each = ", ".join(f"{cell.after:.1%}" for cell in rows)
        before = statistics.fmean(cell.before for cell in rows)
        lengths = [
            mean_of(v for cell in rows if (v := getattr(cell, name)) is not None)
            for name in ("wrong_length", "right_length")
        ]
        wrong, right = ("" if v is None else f"{v:.1f}" for v in lengths)
        samples = statistics.fmean(cell.samples for cell in rows)
        mark = " (collapsed)" if has_collapsed(rows) else ""
        lines.append(
            f"| `{preset}`{mark} | {before:.1%} | {mean:.1%} | {low:.1%} to {high:.1%} | {each} "
            f"| {wrong} | {right} | {samples:,.0f} |"
        )
    return "\n".join(lines) + "\n"


def accuracies(cells: Sequence[Cell]) -> list[float]:
    return [cell.after for cell in cells]


def settings_table() -> str:
    lines = ["| preset | setting | why |", "| --- | --- | --- |"]
    for preset, setting in SETTINGS.items():
        keys = ", ".join(f"`{override}`" for override in setting.overrides) or "none"
        lines.append(f"| `{preset}` | {keys} | {setting.reason} |")
    return "\n".join(lines) + "\n"


def findings(cells: Mapping[str, Sequence[Cell]], difference: float | None) -> list[str]:
    """The questions the table is there to answer, answered from its numbers."""
    collapsed = [preset for preset, rows in cells.items() if has_collapsed(rows)]
    said = [
        "No preset collapsed: none ends measurably below its warm start on any seed."
        if not collapsed
        else f"Measurably below their warm start on some seed: {', '.join(collapsed)}."
    ]
    if difference is not None:
        if difference < -0.1:
            word = "shorter than"
        elif difference > 0.1:
            word = "longer than"
        else:
            word = "as long as"
        said.append(
            f"At equal training accuracy Dr. GRPO's wrong answers were {word} GRPO's: "
            f"{difference:+.2f} tokens."
        )
    return said + [
        f"PPO's critic, seed {cell.seed}: explained variance {cell.explained_variance:.2f} in the "
        "last step."
        for cell in cells.get("ppo", ())
        if cell.explained_variance is not None
    ]


def write_page(path: Path, cells: Mapping[str, Sequence[Cell]], said: Sequence[str]) -> None:
    head = HEAD.format(
        steps=NUM_STEPS, completions=NUM_PROBLEMS * NUM_ROLLOUTS, held_out=f"{HELD_OUT:,}"
    )
    shared = ", ".join(f"`{override}`" for override in SHARED)
    path.write_text(
        head
        + table(cells)
        + "\n"
        + "\n\n".join(said)
        + "\n\n## Settings\n\nThe quickstart recipe with "
        + shared
        + ". Beside these, chosen beforehand and not tuned:\n\n"
        + settings_table(),
        encoding="utf-8",
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--presets", help="default: all")
    parser.add_argument("--seeds", default="0,1,2")
    parser.add_argument("--out", type=Path, default=Path("runs/learning-table"))
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--write", type=Path)
    given = parser.parse_args()
    seeds = [int(seed) for seed in given.seeds.split(",")]
    names = given.presets.split(",") if given.presets else presets()
    folder = str(given.out)
    first = [(folder, "warm", seed) for seed in seeds]
    second = [(folder, FIRST, seed) for seed in seeds if FIRST in names]
    third = [(folder, name, seed) for seed in seeds for name in names if name != FIRST]
    start = time.perf_counter()
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(given.processes, mp_context=context) as pool:
        for jobs in (first, second, third):
            for preset, seed, seconds in pool.map(make, jobs):
                print(f"{preset:24} seed {seed}  {seconds:6.1f} s", flush=True)
    cells = {name: [read_cell(given.out, name, seed) for seed in seeds] for name in names}
    difference = None
    if {"dr_grpo", "grpo"} <= set(names):
        difference = lengths_at_equal_score(given.out, seeds, ("dr_grpo", "grpo"))
    said = findings(cells, difference)
    print(table(cells))
    print("\n".join(said))
    if given.write:
        write_page(given.write, cells, said)
    print(
        json.dumps(
            {
                "seeds": seeds,
                "seconds": round(time.perf_counter() - start, 1),
                "collapsed": [name for name, rows in cells.items() if has_collapsed(rows)],
                "wrong_length_dr_grpo_less_grpo": difference,
                "cells": [asdict(cell) for rows in cells.values() for cell in rows],
            }
        )
    )


if __name__ == "__main__":
    main()
