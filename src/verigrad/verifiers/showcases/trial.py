"""The trial of a showcase: one row of the table in docs/reference/verifiers.md."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from verigrad.core.digests import digest_json
from verigrad.core.types import Problem
from verigrad.core.verdict import Status, Verdict
from verigrad.verifiers.showcases.fuzz import fuzz_responses
from verigrad.verifiers.showcases.nulls import null_responses
from verigrad.verifiers.showcases.words import Showcase

_REPLAY_TIMEOUT_S = 300


@dataclass
class Trial:
    """What was counted; `faults` names every response that was judged as it must not be."""

    right: int = 0
    right_passed: int = 0
    near: int = 0
    near_rejected: int = 0
    nulls: int = 0
    nulls_paid: int = 0
    is_deterministic: bool = False
    same_everywhere: bool = False
    fuzzed: int = 0
    crashes: int = 0
    milliseconds: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    def percentile_ms(self, share: float) -> float:
        """The time below which this share of the judgements stayed; 0 where there were none."""
        times = sorted(self.milliseconds)
        return times[min(len(times) - 1, int(share * len(times)))] if times else 0.0

    def judged(self, verdict: Verdict) -> Verdict:
        """Take the time of a verdict."""
        self.milliseconds.append(verdict.cost_s * 1000)
        return verdict


def run_trial(
    showcase: Showcase,
    *,
    fuzz: int,
    fuzz_s: float | None = None,
    spec: str = "",
    replayed: list[str] | None = None,
    seed: int = 0,
) -> Trial:
    """All of it. `spec` ("package.module:showcase") is how another process finds the showcase;
    `replayed` are its facts there, where `replay_all` already has them. Fuzzing ends after `fuzz`
    inputs, or after `fuzz_s` seconds: `Trial.fuzzed` says how many there were.
    """
    trial = Trial()
    _judge_samples(showcase, trial)
    _judge_nulls(showcase, trial)
    pairs = probe_pairs(showcase)
    first = facts_of(showcase, pairs)
    trial.is_deterministic = first == facts_of(showcase, pairs)
    if replayed is None and spec:
        replayed = replay_all([spec])[spec]
    others = [*_elsewhere(showcase, pairs), *([] if replayed is None else [replayed])]
    trial.same_everywhere = all(first == other for other in others)
    if not (trial.is_deterministic and trial.same_everywhere):
        trial.faults.append("verdicts depend on the run, the thread or the process")
    count = min(fuzz, showcase.max_fuzz or fuzz)
    _fuzz(showcase, trial, count=count, seconds=fuzz_s, seed=seed)
    return trial


def _judge_samples(showcase: Showcase, trial: Trial) -> None:
    for sample in showcase.samples:
        for response in sample.right:
            trial.right += 1
            verdict = trial.judged(showcase.verifier.verify(sample.problem, response))
            trial.right_passed += verdict.is_correct
            if not verdict.is_correct:
                trial.faults.append(_fault("right, but", verdict, response))
        for response in sample.near:
            trial.near += 1
            verdict = trial.judged(showcase.verifier.verify(sample.problem, response))
            rejected = verdict.status is Status.SCORED and not verdict.is_correct
            trial.near_rejected += rejected
            if not rejected:
                trial.faults.append(_fault("near miss, but", verdict, response))


def _judge_nulls(showcase: Showcase, trial: Trial) -> None:
    """The null policies, and every other sample's right responses."""
    for sample in showcase.samples:
        named = null_responses(showcase, sample)
        right = set(sample.right)
        for other in showcase.samples:
            if other is not sample:
                named |= {
                    f"another problem's answer {text[:20]!r}": text
                    for text in other.right
                    if text not in right
                }
        for name, response in named.items():
            trial.nulls += 1
            verdict = trial.judged(showcase.verifier.verify(sample.problem, response))
            unscored = verdict.status is not Status.SCORED
            if unscored or (verdict.score or 0.0) > showcase.paid_above:
                trial.nulls_paid += not unscored
                trial.faults.append(_fault(f"null policy ({name})", verdict, response))


def probe_pairs(showcase: Showcase) -> list[tuple[Problem, str]]:
    """What determinism is tried on: the samples, and a few hostile responses."""
    pairs = [(s.problem, text) for s in showcase.samples for text in (*s.right, *s.near)]
    hostile = fuzz_responses(showcase, seed=1, count=20)
    return [*pairs, *((showcase.samples[index].problem, text) for index, text in hostile)]


def facts_of(showcase: Showcase, pairs: Iterable[tuple[Problem, str]]) -> list[str]:
    """What must not depend on where a verdict was made: all but its cost."""
    return [fact(showcase.verifier.verify(problem, response)) for problem, response in pairs]


def fact(verdict: Verdict) -> str:
    """A digest of what a verdict says."""
    said = verdict.to_json()
    kept = ("status", "score", "reason", "extracted", "span", "canonical_response", "digest")
    return digest_json({name: said[name] for name in kept})


def _elsewhere(showcase: Showcase, pairs: list[tuple[Problem, str]]) -> Iterable[list[str]]:
    verify = showcase.verifier.verify
    with ThreadPoolExecutor(4) as pool:
        yield [fact(verdict) for verdict in pool.map(lambda pair: verify(*pair), pairs)]

    async def gathered() -> list[Verdict]:
        return await asyncio.gather(*(asyncio.to_thread(verify, *pair) for pair in pairs))

    yield [fact(verdict) for verdict in asyncio.run(gathered())]


def replay_all(specs: Sequence[str]) -> dict[str, list[str]]:
    """Spec -> its facts from one fresh interpreter with another hash seed and locale.

    Where that interpreter fails, the facts are its complaint, which equals nothing.
    """
    environment = os.environ | {
        "PYTHONHASHSEED": "12345",
        "LC_ALL": "C",
        "PYTHONPATH": os.pathsep.join(path for path in sys.path if path),
    }
    done = subprocess.run(
        [sys.executable, "-m", "verigrad.verifiers.showcases.replay", *specs],
        env=environment, capture_output=True, text=True, timeout=_REPLAY_TIMEOUT_S, check=False,
    )  # fmt: skip
    if done.returncode == 0:
        return json.loads(done.stdout)
    return {spec: [done.stderr[-500:]] for spec in specs}


def _fuzz(
    showcase: Showcase, trial: Trial, *, count: int, seconds: float | None, seed: int
) -> None:
    start = time.monotonic()
    for index, response in fuzz_responses(showcase, seed=seed, count=count):
        if seconds is not None and time.monotonic() - start > seconds:
            return
        problem = showcase.samples[index].problem
        trial.fuzzed += 1
        verdict = trial.judged(showcase.verifier.verify(problem, response))
        if verdict.status is not Status.SCORED:
            trial.crashes += 1
            trial.faults.append(_fault("crash", verdict, response))


def _fault(what: str, verdict: Verdict, response: str) -> str:
    why = str(dict(verdict.evidence))[:200]
    return f"{what} {verdict.reason} ({verdict.score}): {response[:80]!r} {why}"
