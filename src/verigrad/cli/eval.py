"""Accuracy of models on a recipe's held-out problems or on benchmarks, with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verigrad.cli.options import AsJson, Overrides, echo_json, read_recipe

if TYPE_CHECKING:
    from verigrad.core.config import Bound
    from verigrad.evaluation.samples import SampleSet
    from verigrad.pipelines.evaluate_samples import EvaluateSettings

_LONGEST = 512  # tokens of an answer to a benchmark, where none is said


def command(
    models: Annotated[list[str], typer.Argument(help="checkpoint folders or hub ids")],
    recipe: Annotated[Path | None, typer.Option("--recipe", help="whose tasks are asked")] = None,
    tasks: Annotated[
        list[str] | None, typer.Option("--tasks", help="a benchmark and its file: gsm8k=test.jsonl")
    ] = None,
    num_samples: Annotated[int, typer.Option(help="answers to each problem", min=1)] = 1,
    temperature: Annotated[float, typer.Option(help="0: greedy")] = 0.0,
    max_output_tokens: Annotated[int | None, typer.Option(help="of each answer")] = None,
    held_out_verifier: Annotated[str | None, typer.Option(help="judges beside the other")] = None,
    limit: Annotated[int | None, typer.Option(help="only the first so many problems")] = None,
    out: Annotated[Path | None, typer.Option(help="verdicts: .parquet, or samples: .json")] = None,
    overrides: Overrides = None,
    json: AsJson = False,
) -> None:
    """Evaluate models."""
    from verigrad.core.errors import UsageError
    from verigrad.pipelines.evaluate_samples import EvaluateSettings
    from verigrad.rollouts.sampling import SamplingParameters

    if (recipe is None) == (not tasks):
        raise UsageError("give either --recipe or --tasks", remedy="--tasks gsm8k=FILE")
    bound = read_recipe(recipe, overrides) if recipe is not None else None
    writes_samples = out is not None and out.suffix == ".json"
    asks_samples = (
        num_samples > 1
        or temperature > 0.0
        or any(x is not None for x in (max_output_tokens, held_out_verifier, limit))
    )
    if bound is not None and not asks_samples and not writes_samples:
        _greedy(bound, models, out, as_json=json)
        return
    if out is not None and not writes_samples:
        raise UsageError("samples are written as .json", where=str(out), remedy="--out FILE.json")
    longest = max_output_tokens
    if longest is None:
        longest = bound.recipe.rollouts.max_output_tokens if bound else _LONGEST
    settings = EvaluateSettings(
        num_samples=num_samples,
        sampling=SamplingParameters(max_output_tokens=longest, temperature=temperature),
        held_out=held_out_verifier,
        limit=limit,
    )
    _sampled(bound, tasks or [], models, settings, out, as_json=json)


def _greedy(bound: Bound, models: list[str], out: Path | None, *, as_json: bool) -> None:
    from verigrad.cli.show import describe_evaluation
    from verigrad.core.errors import UsageError
    from verigrad.pipelines.evaluate import evaluate_model
    from verigrad.records.rollouts import write_rollouts

    if out is not None and len(models) > 1:
        raise UsageError(
            "one file cannot hold the verdicts of several models",
            where=str(out),
            remedy="evaluate them one by one, or write samples: --out FILE.json",
        )
    for model in models:
        evaluated = evaluate_model(bound, model)
        if out is not None:
            write_rollouts(out, evaluated.records)
        if as_json:
            echo_json(evaluated.evaluation.to_json())
            continue
        typer.echo(describe_evaluation(evaluated.evaluation))
        for reason, count in evaluated.evaluation.by_reason.items():
            typer.echo(f"  {reason:<16} {count:>6}")


def _sampled(
    bound: Bound | None,
    tasks: list[str],
    models: list[str],
    settings: EvaluateSettings,
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    from verigrad.evaluation.samples import write_samples
    from verigrad.pipelines.evaluate_samples import (
        evaluate_benchmarks,
        evaluate_recipe,
        parse_tasks,
    )

    for number, model in enumerate(models):
        if bound is not None:
            samples = evaluate_recipe(bound, model, settings)
        else:
            samples = evaluate_benchmarks(model, parse_tasks(tasks), settings)
        if out is not None:
            one = out if len(models) == 1 else out.with_stem(f"{out.stem}-{number}")
            write_samples(one, samples)
        _show(samples, as_json=as_json)


def _show(samples: SampleSet, *, as_json: bool) -> None:
    from dataclasses import asdict

    from verigrad.evaluation.samples import by_difficulty, mean_answer_at, mean_tokens, measures

    names = sorted({problem.task for problem in samples.problems})
    for name in names:
        own = samples.of_task(name)
        found, levels, at = measures(own), by_difficulty(own), mean_answer_at(own)
        if as_json:
            echo_json(
                {
                    "schema": "verigrad.measures/1",
                    "model": samples.model,
                    "task": name,
                    "measures": {m.name: asdict(m.interval) for m in found},
                    "by_difficulty": {key: asdict(value) for key, value in levels.items()},
                    "tokens": mean_tokens(own),
                    "answer_at": at,
                }
            )
            continue
        typer.echo(f"{samples.model}: {name}, {len(own.problems)} problems, {own.verifier}")
        for measure in found:
            typer.echo(f"  {measure.name:<26} {measure.interval}")
        for level, interval in levels.items():
            typer.echo(f"  {level:<26} {interval}")
        before = "none answered" if at is None else f"{at:.1f} before the answer"
        typer.echo(f"  {mean_tokens(own):.1f} tokens, {before}")
