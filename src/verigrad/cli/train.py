"""Train by a recipe; everything that happens is written into the run folder."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, Overrides, RecipePath, echo_json, read_recipe


def command(
    recipe: RecipePath,
    out: Annotated[Path | None, typer.Option(help="run folder (default: runs/<name>)")] = None,
    overrides: Overrides = None,
    resume: Annotated[bool, typer.Option(help="go on with the run in the folder")] = False,
    dry_run: Annotated[bool, typer.Option(help="check everything, train nothing")] = False,
    accept_risk: Annotated[
        str | None, typer.Option(help="why to train though the gate refuses a verifier's card")
    ] = None,
    json: AsJson = False,
) -> None:
    """Train by a recipe."""
    from verigrad.cli.show import describe_evaluation, make_listener
    from verigrad.core.errors import UsageError
    from verigrad.core.stages import PipelineRecipe
    from verigrad.pipelines.dry_run import dry_run as look
    from verigrad.pipelines.train import train

    bound = read_recipe(recipe, overrides)
    if isinstance(bound.recipe, PipelineRecipe):
        raise UsageError(
            "this recipe has stages: it is a pipeline",
            where=str(recipe),
            remedy=f"run it by `verigrad run {recipe}`",
        )
    folder = out or Path("runs") / bound.recipe.name
    if dry_run:
        plan = look(bound)
        if json:
            echo_json(plan.to_json())
        else:
            typer.echo(plan.text())
        return
    result = train(
        bound,
        folder,
        resume=resume,
        listener=make_listener(as_json=json),
        accept_risk=accept_risk,
    )
    if json:
        echo_json(
            {
                "accuracy_before": result.before.accuracy,
                "accuracy_after": result.after.accuracy,
                "n": result.after.num_problems,
                "interval_before": [result.before.low, result.before.high],
                "interval_after": [result.after.low, result.after.high],
                "train_seconds": round(result.train_seconds, 2),
                "run": str(result.path),
            }
        )
        return
    typer.echo(describe_evaluation(result.before))
    typer.echo(describe_evaluation(result.after))
    typer.echo(f"report: {result.path / 'report.html'}")
