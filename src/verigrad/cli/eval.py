"""Accuracy of models on a recipe's held-out problems or on benchmarks, with intervals."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from verigrad.cli.options import AsJson, Overrides, echo_json, read_recipe


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

    if (recipe is None) == (not tasks):
        raise UsageError("give either --recipe or --tasks", remedy="--tasks gsm8k=FILE")
    is_plain = num_samples == 1 and temperature == 0.0 and held_out_verifier is None
    is_json_file = out is not None and out.suffix == ".json"
    if recipe is not None and is_plain and limit is None and not is_json_file:
        for model in models:
            _greedy(read_recipe(recipe, overrides), model, out if len(models) == 1 else None, json)
        return
    if out is not None and not is_json_file:
        raise UsageError("samples are written as .json", where=str(out), remedy="--out FILE.json")
    _sampled(
        models,
        read_recipe(recipe, overrides) if recipe is not None else None,
        tasks or [],
        {
            "num_samples": num_samples,
            "temperature": temperature,
            "max_output_tokens": max_output_tokens,
            "held_out": held_out_verifier,
            "limit": limit,
        },
        out,
        as_json=json,
    )


def _greedy(bound: Any, model: str, out: Path | None, as_json: bool) -> None:  # noqa: FBT001
    from verigrad.cli.show import describe_evaluation
    from verigrad.pipelines.evaluate import evaluate_model
    from verigrad.records.rollouts import write_rollouts

    evaluated = evaluate_model(bound, model)
    if out is not None:
        write_rollouts(out, evaluated.records)
    if as_json:
        echo_json(evaluated.evaluation.to_json())
    else:
        typer.echo(describe_evaluation(evaluated.evaluation))
        for reason, count in evaluated.evaluation.by_reason.items():
            typer.echo(f"  {reason:<16} {count:>6}")


def _sampled(
    models: list[str],
    bound: Any,
    tasks: list[str],
    asked: dict[str, Any],
    out: Path | None,
    *,
    as_json: bool,
) -> None:
    from verigrad.evaluation.samples import write_samples
    from verigrad.pipelines.evaluate_samples import (
        EvaluateSettings,
        evaluate_benchmarks,
        evaluate_recipe,
        parse_tasks,
    )
    from verigrad.rollouts.sampling import SamplingParameters

    longest = asked["max_output_tokens"]
    if longest is None:
        longest = bound.recipe.rollouts.max_output_tokens if bound else 512
    settings = EvaluateSettings(
        num_samples=asked["num_samples"],
        sampling=SamplingParameters(max_output_tokens=longest, temperature=asked["temperature"]),
        held_out=asked["held_out"],
        limit=asked["limit"],
    )
    for number, model in enumerate(models):
        if bound is not None:
            samples = evaluate_recipe(bound, model, settings)
        else:
            samples = evaluate_benchmarks(model, parse_tasks(tasks), settings)
        if out is not None:
            write_samples(
                out if len(models) == 1 else out.with_stem(f"{out.stem}-{number}"), samples
            )
        _show(samples, as_json=as_json)


def _show(samples: Any, *, as_json: bool) -> None:
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
