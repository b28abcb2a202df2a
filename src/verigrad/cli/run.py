"""Run a pipeline: a recipe with [[stage]] entries; what did not change is not run again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, Overrides, RecipePath, echo_json


def command(
    recipe: RecipePath,
    out: Annotated[Path | None, typer.Option(help="folder (default: runs/<name>)")] = None,
    overrides: Overrides = None,
    dry_run: Annotated[bool, typer.Option(help="the plan, its costs and what is done")] = False,
    accept_risk: Annotated[
        str | None, typer.Option(help="why to train though the gate refuses a verifier's card")
    ] = None,
    json: AsJson = False,
) -> None:
    """Run a pipeline, or go on with it."""
    from verigrad.core.errors import UsageError
    from verigrad.core.stages import PipelineRecipe, read_either
    from verigrad.pipelines.stages.plan import plan

    bound = read_either(recipe, overrides=overrides or [])
    if not isinstance(bound.recipe, PipelineRecipe):
        raise UsageError(
            "this recipe has no stages: it is one run",
            where=str(recipe),
            remedy=f"run it by `verigrad train {recipe}`, or give it [[stage]] entries",
        )
    folder = out or Path("runs") / bound.recipe.name
    if dry_run:
        planned = plan(bound.recipe, folder)
        if json:
            echo_json(planned.to_json())
        else:
            typer.echo(planned.text())
        return
    from verigrad.cli.show import make_listener
    from verigrad.pipelines.stages.running import run_pipeline

    result = run_pipeline(
        bound, folder, listener=make_listener(as_json=json), accept_risk=accept_risk
    )
    if json:
        echo_json({"run": str(result.path), "ran": list(result.ran), "stages": result.stages})
        return
    for name, stage in result.stages.items():
        figures = stage["output"]["figures"].items()
        said = ", ".join(f"{key} {value:.4g}" for key, value in figures)
        word = "ran" if name in result.ran else "unchanged"
        typer.echo(f"{name} ({word}, {stage['digest'][:12]}): {said}")
