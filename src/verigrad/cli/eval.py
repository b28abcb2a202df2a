"""Accuracy of a checkpoint on the held-out problems of a recipe, with its interval."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, Overrides, echo_json, read_recipe


def command(
    model: Annotated[str, typer.Argument(help="a checkpoint folder or hub id")],
    recipe: Annotated[Path, typer.Option("--recipe", help="whose tasks are asked (TOML)")],
    out: Annotated[Path | None, typer.Option(help="verdicts as Parquet")] = None,
    overrides: Overrides = None,
    json: AsJson = False,
) -> None:
    """Evaluate a checkpoint."""
    from verigrad.cli.show import describe_evaluation
    from verigrad.pipelines.evaluate import evaluate_model
    from verigrad.records.rollouts import write_rollouts

    evaluated = evaluate_model(read_recipe(recipe, overrides), model)
    if out is not None:
        write_rollouts(out, evaluated.records)
    if json:
        echo_json(evaluated.evaluation.to_json())
    else:
        typer.echo(describe_evaluation(evaluated.evaluation))
        for reason, count in evaluated.evaluation.by_reason.items():
            typer.echo(f"  {reason:<16} {count:>6}")
