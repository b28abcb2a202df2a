"""Batches of completions for the training benchmark: made up with set lengths, or of a real run."""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

PROMPT_LENGTH, GROUP = 10, 8


@dataclass(frozen=True)
class Row:
    """One completion: the tokens that were sampled, and what was paid for them."""

    group: int
    prompt: tuple[int, ...]
    completion: tuple[int, ...]
    logps: tuple[float, ...]
    reward: float


@dataclass(frozen=True)
class Load:
    """Batches to train on, one a step, and the token limit of a completion."""

    name: str
    batches: Sequence[Sequence[Row]]
    max_tokens: int

    @property
    def mean_tokens(self) -> float:
        return statistics.fmean(len(row.completion) for batch in self.batches for row in batch)


def made_up(name: str, *, rows: int, steps: int, vocabulary: int) -> Load:
    """Batches in which nothing can be skipped: every group has spread.

    Lengths are "near-equal": 26 to 40 tokens, as worked additions have; or "long-tailed":
    log-normal, median 35, a quarter beyond 69, up to 256.
    """
    draw = random.Random(7)
    batches = []
    for _ in range(steps):
        lengths = near_equal(rows) if name == "near-equal" else long_tailed(rows)
        draw.shuffle(lengths)
        batch = []
        for index, length in enumerate(lengths):
            group, place = divmod(index, GROUP)
            if place == 0:
                prompt = tuple(draw.randrange(5, vocabulary) for _ in range(PROMPT_LENGTH))
                rewards = [1.0] * draw.randint(1, GROUP - 1)
                rewards += [0.0] * (GROUP - len(rewards))
                draw.shuffle(rewards)
            ids = tuple(draw.randrange(5, vocabulary) for _ in range(length))
            batch.append(Row(group, prompt, ids, (-1.0,) * length, rewards[place]))
        batches.append(batch)
    return Load(name, batches, max_tokens=48 if name == "near-equal" else 256)


def near_equal(rows: int) -> list[int]:
    """Spread evenly over 26 to 40."""
    return [26 + index * 15 // rows for index in range(rows)]


def long_tailed(rows: int) -> list[int]:
    """Quantiles of a log-normal, cut at 256."""
    normal = statistics.NormalDist(math.log(35), 1.0)
    quantiles = [normal.inv_cdf((index + 0.5) / rows) for index in range(rows)]
    return [min(256, max(2, round(math.exp(quantile)))) for quantile in quantiles]


def of_run(path: Path, *, every: int) -> Load:
    """The completions of every `every`-th step of a run, as they were sampled and rewarded."""
    from verigrad.records.rollouts import read_rollouts
    from verigrad.records.run import RunFolder

    run = RunFolder.open(path)
    batches = []
    for step, file in run.rollout_files():
        if (step - 1) % every == 0:
            records = read_rollouts(file)
            batches.append(
                [
                    Row(
                        record.group,
                        record.judged.rollout.prompt_ids,
                        record.judged.rollout.response_ids,
                        record.judged.rollout.logps,
                        record.judged.reward.total or 0.0,
                    )
                    for record in records
                ]
            )
    limit = run.resolved["rollouts"]["max_output_tokens"]
    return Load("quickstart", batches, max_tokens=limit)
