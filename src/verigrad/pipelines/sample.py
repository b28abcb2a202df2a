"""`sample`: prompts in, answers and log-probabilities out, with verdicts where asked for.

The input is walked in parts. Each part is sampled, judged and written as one Parquet file, whole
or not at all; a run killed at any moment goes on after its last part and ends with the same files.
Nothing but one part is ever in memory, however long the input is.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import time
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from verigrad.core.errors import DataError, UsageError
from verigrad.core.seeds import derive
from verigrad.core.statistics import wilson
from verigrad.core.types import Completion, Problem, StopReason
from verigrad.core.verdict import Verdict
from verigrad.pipelines.sample_rows import Sampled, open_prompts, read_problem, write_part
from verigrad.records.atomic import remove_partials, write_json
from verigrad.rollouts.engines.base import Engine
from verigrad.rollouts.sampling import Request, SamplingParameters
from verigrad.tasks.prompts import PromptTemplate
from verigrad.verifiers.base import Verifier, failed

MANIFEST = "sample.json"
_HASHED_AT_ONCE = 1 << 20
EncodePrompt = Callable[[Problem], tuple[int, ...]]


@dataclass(frozen=True, slots=True)
class SampleSettings:
    """What is asked, how often and how; a folder belongs to one of these and one input."""

    sampling: SamplingParameters
    num_samples: int = 1
    seed: int = 0
    prompts_per_part: int = 256
    prompt_field: str | None = None
    answer_field: str | None = None
    template: PromptTemplate = field(default_factory=PromptTemplate)
    source: str = ""  # what the answers come from: model, engine and its switches
    limit: int | None = None


@dataclass(frozen=True, slots=True)
class SampleProgress:
    """Where a run stands. `tokens` and `seconds` count this process only."""

    prompts: int
    total: int
    tokens: int
    seconds: float

    @property
    def tokens_per_s(self) -> float:
        """Sampled, over everything that took time."""
        return self.tokens / max(1e-9, self.seconds)


@dataclass(frozen=True, slots=True)
class SampleSummary:
    """What lies in the folder at the end, whoever wrote it."""

    out: str
    prompts: int
    responses: int
    tokens: int
    by_stop: dict[str, int]
    by_reason: dict[str, int]
    correct: int | None
    scored: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)

    def text(self) -> str:
        """For people."""
        lines = [
            f"{self.responses:,} responses to {self.prompts:,} prompts, {self.tokens:,} tokens",
            "ended by: " + ", ".join(f"{name} {count:,}" for name, count in self.by_stop.items()),
        ]
        if self.correct is not None and self.scored:
            lines.append(f"correct: {wilson(self.correct, self.scored)} of scored")
        lines += [f"  {reason:<16} {count:>8}" for reason, count in self.by_reason.items()]
        return "\n".join([*lines, f"in {self.out}"])


def sample_file(
    path: Path,
    out: Path,
    *,
    engine: Engine,
    encode: EncodePrompt,
    settings: SampleSettings,
    verifier: Verifier | None = None,
    resume: bool = False,
    progress: Callable[[SampleProgress], None] = lambda _: None,
) -> SampleSummary:
    """Sample every row of `path` into the folder `out`; UsageError for another run's folder."""
    rows = open_prompts(path)
    total = min(len(rows), settings.limit or len(rows))
    manifest = _manifest(path, settings, verifier, total=total)
    _open_folder(out, manifest, resume=resume)
    start, tokens = time.perf_counter(), 0
    with _locked(out):
        remove_partials(out)
        for number, first in enumerate(range(0, total, settings.prompts_per_part)):
            part = part_path(out, number)
            last = min(total, first + settings.prompts_per_part)
            if not part.exists():
                problems = [
                    read_problem(
                        rows[index],
                        prompt_field=settings.prompt_field,
                        answer_field=settings.answer_field,
                        template=settings.template,
                        where=f"{path}, row {index + 1}",
                    )
                    for index in range(first, last)
                ]
                sampled = _sample(problems, first, engine=engine, encode=encode, settings=settings)
                tokens += sum(len(s.completion.token_ids) for s in sampled)
                write_part(part, _judged(sampled, verifier))
            progress(SampleProgress(last, total, tokens, time.perf_counter() - start))
        return summarize(out)


def part_path(out: Path, number: int) -> Path:
    """Where part `number` (from 0) lies."""
    return out / "parts" / f"part-{number:06d}.parquet"


def summarize(out: Path) -> SampleSummary:
    """Counts over every part, one part at a time."""
    stops: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    tokens, prompts, correct = 0, 0, 0
    for part in sorted((out / "parts").glob("part-*.parquet")):
        columns = ["row", "stop", "response_ids", "status", "reason", "score"]
        table = pq.read_table(part, columns=columns)
        prompts += len(set(table["row"].to_pylist()))
        tokens += len(table["response_ids"].combine_chunks().flatten())
        stops.update(table["stop"].to_pylist())
        reasons.update(r for r in table["reason"].to_pylist() if r is not None)
        statuses.update(s for s in table["status"].to_pylist() if s is not None)
        correct += sum(score == 1.0 for score in table["score"].to_pylist())
    return SampleSummary(
        out=str(out),
        prompts=prompts,
        responses=stops.total(),
        tokens=tokens,
        by_stop=dict(stops.most_common()),
        by_reason=dict(reasons.most_common()),
        correct=correct if statuses else None,
        scored=statuses.get("scored", 0),
    )


def _sample(
    problems: Sequence[Problem],
    first: int,
    *,
    engine: Engine,
    encode: EncodePrompt,
    settings: SampleSettings,
) -> list[Sampled]:
    """The rows' completions, in order. A sample's address is its row, whatever the parts are."""
    requests: list[Request] = []
    for index, problem in enumerate(problems, start=first):
        seed = derive("sample", seed=settings.seed, row=index)
        requests.append(Request(encode(problem), settings.num_samples, settings.sampling, seed))
    _check_context(problems, requests, engine.capabilities.max_context)
    answers: list[list[Completion]] = engine.generate(requests)
    return [
        Sampled(first + at, sample, problems[at], requests[at].prompt_ids, completion, None)
        for at, group in enumerate(answers)
        for sample, completion in enumerate(group)
    ]


def _check_context(
    problems: Sequence[Problem], requests: Sequence[Request], max_context: int | None
) -> None:
    for problem, request in zip(problems, requests, strict=True):
        if max_context is not None and len(request.prompt_ids) >= max_context:
            raise DataError(
                f"a prompt of {len(request.prompt_ids)} tokens leaves no room for an answer in a "
                f"context of {max_context}",
                where=problem.id,
                remedy="shorten or drop this row, or use a model with a longer context",
            )


def _judged(sampled: Sequence[Sampled], verifier: Verifier | None) -> Iterator[Sampled]:
    """With verdicts where there is a verifier; what the engine broke is `failed`."""
    if verifier is None:
        yield from sampled
        return
    whole = [s for s in sampled if s.completion.stop is not StopReason.ERROR]
    verdicts = iter(verifier.verify_batch([(s.problem, s.completion.text) for s in whole]))
    for s in sampled:
        verdict: Verdict = (
            failed("the engine broke this response")
            if s.completion.stop is StopReason.ERROR
            else next(verdicts)
        )
        yield Sampled(s.row, s.sample, s.problem, s.prompt_ids, s.completion, verdict)


def _manifest(
    path: Path, settings: SampleSettings, verifier: Verifier | None, *, total: int
) -> dict[str, Any]:
    described = json.loads(json.dumps(asdict(settings), default=str))
    return {
        "input": path.name,
        "input_sha256": _digest(path),
        "prompts": total,
        "settings": described,
        "verifier": None if verifier is None else f"{verifier.name} {verifier.digest}",
    }


def _digest(path: Path) -> str:
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while block := stream.read(_HASHED_AT_ONCE):
            digest.update(block)
    return digest.hexdigest()


def _open_folder(out: Path, manifest: dict[str, Any], *, resume: bool) -> None:
    """A new folder, or with `resume` the one that this very run began."""
    there = out / MANIFEST
    if not there.exists():
        if out.exists() and any(out.iterdir()):
            raise UsageError(
                "the folder is not empty and holds no samples",
                where=str(out),
                remedy="choose another --out",
            )
        (out / "parts").mkdir(parents=True, exist_ok=True)
        write_json(there, manifest)
        return
    if not resume:
        raise UsageError(
            "there are samples in this folder",
            where=str(out),
            remedy="go on with --resume, or choose another --out",
        )
    before = json.loads(there.read_text("utf-8"))
    other = sorted(name for name in manifest if before.get(name) != manifest[name])
    if other:
        raise UsageError(
            f"these samples were begun with another {', '.join(other)}",
            where=str(there),
            cause="the input or a setting changed since",
            remedy="repeat the first command with --resume, or choose another --out",
        )


@contextmanager
def _locked(out: Path) -> Iterator[None]:
    """Hold the folder; the lock is the operating system's and ends with the process."""
    descriptor = os.open(out, os.O_RDONLY)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError as error:
        raise DataError(
            "another process is writing these samples",
            where=str(out),
            remedy="wait for it or stop it, then use --resume",
        ) from error
    finally:
        os.close(descriptor)
