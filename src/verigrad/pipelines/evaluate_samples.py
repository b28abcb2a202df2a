"""n answers of a model to each problem of benchmarks or of a recipe, judged and kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.core.config import Bound
from verigrad.core.errors import DataError, UsageError
from verigrad.core.recipe import ModelSection
from verigrad.core.seeds import derive
from verigrad.core.types import Completion, Problem, StopReason
from verigrad.core.verdict import Verdict
from verigrad.evaluation.benchmarks import Asked, find_benchmark, load_benchmark
from verigrad.evaluation.samples import Sample, Sampled, SampleSet
from verigrad.judging.bind import make_verifier
from verigrad.pipelines.prepare import Prepared, prepare
from verigrad.pipelines.sampling_engine import open_engine
from verigrad.rollouts.engines.base import Engine
from verigrad.rollouts.sampling import Request, SamplingParameters
from verigrad.verifiers.base import Verifier


@dataclass(frozen=True, slots=True, kw_only=True)
class EvaluateSettings:
    """How many answers, and how they are sampled; `held_out` names a second verifier."""

    num_samples: int
    sampling: SamplingParameters
    held_out: str | None = None
    limit: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        if self.sampling.is_greedy and self.num_samples > 1:
            raise UsageError(
                "greedy answers to one problem are all the same",
                remedy="give --temperature above 0, or --num-samples 1",
            )


def parse_tasks(words: Sequence[str]) -> dict[str, Path]:
    """`gsm8k=FILE` -> name and file; UsageError for anything else."""
    found: dict[str, Path] = {}
    for word in words:
        name, equals, path = word.partition("=")
        if not equals or not path:
            raise UsageError(
                "a benchmark needs its file", where=word, remedy=f"--tasks {name}=FILE"
            )
        found[find_benchmark(name).name] = Path(path)
    return found


def evaluate_benchmarks(
    model: str, tasks: Mapping[str, Path], settings: EvaluateSettings
) -> SampleSet:
    """Of a checkpoint folder or hub id."""
    asked = [
        one for n, path in tasks.items() for one in load_benchmark(n, path, limit=settings.limit)
    ]
    marks = {n: find_benchmark(n) for n in tasks}
    verifiers = {n: make_verifier(mark.verifier, mark.switches) for n, mark in marks.items()}
    prompted = open_engine(
        "torch", {}, model=model, precision="float32", max_rows=256, is_raw=False
    )
    return sample_and_judge(
        model,
        asked,
        verifiers,
        engine=prompted.engine,
        encode=prompted.encode,
        decode=prompted.tokenizer.decode,
        settings=settings,
    )


def evaluate_recipe(bound: Bound, model: str, settings: EvaluateSettings) -> SampleSet:
    """On a recipe's held-out problems, by its own verifiers."""
    recipe = bound.recipe.model_copy(
        update={"model": ModelSection(path=model, precision=bound.recipe.model.precision)}
    )
    prepared = prepare(Bound(recipe, bound.text, bound.provenance))
    return sample_prepared(prepared, settings, model=model)


def sample_prepared(prepared: Prepared, settings: EvaluateSettings, *, model: str) -> SampleSet:
    """The same of a recipe whose parts are made; `model` is what the samples are filed under."""
    return sample_and_judge(
        model,
        [Asked(problem, "") for problem in prepared.held_out[: settings.limit]],
        {name: task.verifier for name, task in prepared.tasks.items()},
        engine=prepared.make_engine(),
        encode=lambda problem: prepared.renderer.prompt(problem.prompt),
        decode=prepared.renderer.decode,
        settings=settings,
    )


def sample_and_judge(
    model: str,
    asked: Sequence[Asked],
    verifiers: Mapping[str, Verifier],
    *,
    engine: Engine,
    encode: Callable[[Problem], tuple[int, ...]],
    decode: Callable[..., str],
    settings: EvaluateSettings,
) -> SampleSet:
    """One engine call for all; each response judged by its task's verifier, and by the held-out
    one beside it. A verdict that is not scored counts as not right.
    """
    held_out = make_verifier(settings.held_out, {}) if settings.held_out else None
    requests = [
        Request(
            encode(one.problem),
            settings.num_samples,
            settings.sampling,
            derive("evaluation", problem=one.problem.id, seed=settings.seed),
        )
        for one in asked
    ]
    _check_context(asked, requests, engine.capabilities.max_context)
    problems: list[Sampled] = []
    for one, completions in zip(asked, engine.generate(requests), strict=True):
        verifier = verifiers[one.problem.task]
        pairs = [(one.problem, completion.text) for completion in completions]
        verdicts = verifier.verify_batch(pairs)
        others = held_out.verify_batch(pairs) if held_out else [None] * len(pairs)
        samples = tuple(
            _sample(*found, decode) for found in zip(completions, verdicts, others, strict=True)
        )
        problems.append(Sampled(one.problem.id, one.problem.task, samples, one.difficulty))
    names = sorted({f"{v.name} {v.digest}" for v in verifiers.values()})
    return SampleSet(
        model,
        ", ".join(names),
        tuple(problems),
        f"{held_out.name} {held_out.digest}" if held_out else "",
        settings.sampling.is_greedy,
    )


def _sample(
    completion: Completion, verdict: Verdict, other: Verdict | None, decode: Callable[..., str]
) -> Sample:
    ids, found = completion.token_ids, verdict.extracted
    return Sample(
        is_correct=verdict.is_correct and completion.stop is not StopReason.ERROR,
        answer=verdict.canonical_response or (found.text if found else None),
        num_tokens=len(ids),
        response=completion.text,
        score=sum(completion.logps) / len(completion.logps) if completion.logps else 0.0,
        answer_at=None if found is None else tokens_before(ids, found.start, decode),
        held_out=None if other is None else other.is_correct,
        facts=dict(verdict.evidence.get("facts", {})),
    )


def tokens_before(ids: Sequence[int], at: int, decode: Callable[..., Any]) -> int:
    """How many tokens end at or before character `at`, by halving."""
    low, high = 0, len(ids)
    while low < high:
        middle = (low + high + 1) // 2
        if len(decode(list(ids[:middle]))) <= at:
            low = middle
        else:
            high = middle - 1
    return low


def _check_context(
    asked: Sequence[Asked], requests: Sequence[Request], max_context: int | None
) -> None:
    for one, request in zip(asked, requests, strict=True):
        if max_context is not None and len(request.prompt_ids) >= max_context:
            raise DataError(
                f"a prompt of {len(request.prompt_ids)} tokens fills a context of {max_context}",
                where=f"{one.problem.task}, problem {one.problem.id}",
                remedy="use a model with a longer context",
            )
