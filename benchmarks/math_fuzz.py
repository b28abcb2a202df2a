# ruff: noqa: E501 (a table of references and a report)
"""Fuzz the math verifier: no crash, no hang, no side effect, latency and memory within bounds.

    python benchmarks/math_fuzz.py [--count 1000000] [--chunk 20000] [--seed 0] [--jobs 1]

Strings are judged in worker processes, one per chunk, so that a hang or a crash of the
interpreter is seen from outside. Latency is the CPU time of the judging thread (other programs do
not count); memory is the growth of the worker's peak resident set. A `failed` verdict is a crash
that was caught. Exits 1 where a bound is broken.
"""

from __future__ import annotations

import argparse
import heapq
import json
import multiprocessing
import random
import resource
import sys
import time
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from math_strings import CANARY, strings

from verigrad.core.types import Problem
from verigrad.core.verdict import Status
from verigrad.verifiers.math import Math

REFERENCES = ["42", "0", r"\frac{1}{2}", r"2\sqrt{3}", "x^2+2x+1", "(1,2)", r"\{1,2,3\}", "[0,1)", "x>3", "y=2x+3", r"\pi", "3+4i",
              r"\begin{pmatrix} 1 & 2 \\ 3 & 4 \end{pmatrix}", "Tuesday", "B", r"15\text{ cm}", r"25\%", r"\sin(2x)", r"\ln 6",
              r"1 \pm \sqrt{2}", "2, -3", "1011_2", r"x \equiv 3 \pmod 7", r"\begin{cases}x & x>0 \\ 0 & x \le 0\end{cases}", r"\langle 1,2\rangle",
              "2:3", "January 2020", r"\{1,2,\ldots,9\}", r"P(A)=\frac12", r"|x|<2", r"x=2k\pi, k\in\mathbb{Z}", r"\begin{vmatrix}1&2\\3&4\end{vmatrix}", "3:30 PM", r"\infty", "x=1, y=2", "e^{x+1}", r"\sqrt{x+1}", "1"]  # fmt: skip
P999_MS = 50.0
WORST_MS = 250.0
MEMORY_MB = 64.0


@dataclass
class Outcome:
    """What one chunk showed."""

    count: int = 0
    reasons: Counter[str] = field(default_factory=Counter)
    milliseconds: list[float] = field(default_factory=list)
    slowest: list[tuple[float, str, str, str]] = field(default_factory=list)
    failed: list[str] = field(default_factory=list)
    growth_mb: float = 0.0


def judge_chunk(seed: str, count: int) -> Outcome:
    """Judge `count` strings; one in eight also stands as the reference."""
    draw, rng, verifier = strings(seed), random.Random(seed), Math()
    for reference in REFERENCES:
        verifier.verify(Problem(prompt=(), answer=reference, id="-"), "\\boxed{1}")
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    outcome = Outcome(count)
    for _ in range(count):
        kind, answer = draw()
        reference = answer if rng.random() < 0.125 else rng.choice(REFERENCES)
        response = answer if rng.random() < 0.1 else f"The answer is $\\boxed{{{answer}}}$."
        start = time.thread_time()
        verdict = verifier.verify(Problem(prompt=(), answer=reference, id="-"), response)
        elapsed = (time.thread_time() - start) * 1000
        outcome.milliseconds.append(elapsed)
        outcome.reasons[str(verdict.reason)] += 1
        if verdict.status is Status.FAILED:
            outcome.failed.append(
                f"{dict(verdict.evidence)}: {reference[:200]!r} vs {response[:200]!r}"
            )
        heapq.heappush(outcome.slowest, (elapsed, kind, reference[:160], response[:160]))
        if len(outcome.slowest) > 5:
            heapq.heappop(outcome.slowest)
    outcome.growth_mb = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    return outcome


def merge(total: Outcome, part: Outcome) -> None:
    total.count += part.count
    total.reasons += part.reasons
    total.milliseconds += part.milliseconds
    total.failed += part.failed
    total.slowest = heapq.nlargest(5, total.slowest + part.slowest)
    total.growth_mb = max(total.growth_mb, part.growth_mb)


def fuzz(*, count: int, chunk: int, seed: int, jobs: int) -> tuple[Outcome, int]:
    """The merged outcome and the number of chunks that hung or died."""
    total, lost = Outcome(), 0
    seeds = [f"{seed}-{start}" for start in range(0, count, chunk)]
    context = multiprocessing.get_context("spawn")
    for first in range(0, len(seeds), jobs):
        with ProcessPoolExecutor(jobs, mp_context=context) as pool:
            futures = [
                pool.submit(judge_chunk, name, chunk) for name in seeds[first : first + jobs]
            ]
            for future in futures:
                try:
                    merge(total, future.result(timeout=chunk * 0.05 + 60))
                except Exception as error:
                    lost += 1
                    print(f"chunk lost: {type(error).__name__}: {error}", flush=True)
                    for process in (pool._processes or {}).values():
                        process.kill()
    return total, lost


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1_000_000)
    parser.add_argument("--chunk", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--jobs", type=int, default=1)
    options = parser.parse_args()
    CANARY.mkdir(exist_ok=True)
    before = set(CANARY.iterdir())
    total, lost = fuzz(
        count=options.count, chunk=options.chunk, seed=options.seed, jobs=options.jobs
    )
    canaries = sorted(map(str, set(CANARY.iterdir()) - before))
    return report(total, lost, canaries)


def report(total: Outcome, lost: int, canaries: list[str]) -> int:
    times = sorted(total.milliseconds)
    at = {name: times[min(len(times) - 1, int(len(times) * part))] for name, part in
          (("median", 0.5), ("p99", 0.99), ("p99.9", 0.999), ("p99.99", 0.9999), ("worst", 1.0))} if times else {}  # fmt: skip
    print(
        f"{total.count:,} strings, {lost} chunks lost, {len(total.failed)} caught crashes, {len(canaries)} canary files"
    )
    print("CPU ms: " + ", ".join(f"{name} {value:.2f}" for name, value in at.items()))
    print(f"memory growth: {total.growth_mb:.1f} MB at most in one worker")
    print("verdicts: " + ", ".join(f"{reason} {n:,}" for reason, n in total.reasons.most_common()))
    for elapsed, kind, reference, response in sorted(total.slowest, reverse=True):
        print(f"  {elapsed:8.1f} ms {kind}: {reference[:60]!r} vs {response[:110]!r}")
    for line in total.failed[:10]:
        print(f"  CRASH {line}")
    is_good = (
        not lost and not total.failed and not canaries and bool(times) and at["p99.9"] <= P999_MS
        and at["worst"] <= WORST_MS and total.growth_mb <= MEMORY_MB
    )  # fmt: skip
    print(json.dumps({
        "benchmark": "math_fuzz", "good": is_good, "strings": total.count, "lost": lost, "crashes": len(total.failed),
        "canaries": len(canaries), "cpu_ms": at, "growth_mb": total.growth_mb, "reasons": total.reasons,
    }))  # fmt: skip
    return 0 if is_good else 1


if __name__ == "__main__":
    sys.exit(main())
