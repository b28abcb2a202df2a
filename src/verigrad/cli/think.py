"""Methods of test-time compute on one model: accuracy against tokens, as a table and a plot."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, Overrides, echo_json, read_recipe


def command(
    model: Annotated[str, typer.Argument(help="a checkpoint folder or hub id")],
    task: Annotated[Path, typer.Option("--task", help="a recipe: its held-out problems are asked")],
    methods: Annotated[str, typer.Option(help="names with commas, or all")] = "all",
    budgets: Annotated[str, typer.Option(help="tokens a problem, with commas")] = "64,128,256",
    step_tokens: Annotated[int, typer.Option(help="the most in one step of a search")] = 16,
    depth: Annotated[int, typer.Option(help="the most steps of a search")] = 8,
    separator: Annotated[str, typer.Option(help="what ends a step; \\n: a line")] = "\\n",
    temperature: Annotated[float, typer.Option(help="of everything but greedy")] = 0.8,
    hope: Annotated[
        str,
        typer.Option(help="steps by: likelihood, arithmetic, or a process reward model's folder"),
    ] = "arithmetic",
    feedback: Annotated[str | None, typer.Option(help="what revision says; {reason}")] = None,
    extension: Annotated[str, typer.Option(help="what budget forcing puts in")] = "Wait",
    out: Annotated[Path | None, typer.Option(help="the plot and table as HTML")] = None,
    overrides: Overrides = None,
    json: AsJson = False,
) -> None:
    """Spend tokens at test time."""
    from verigrad.pipelines.think import ThinkSettings, table, think, write_page
    from verigrad.testtime.base import Limits
    from verigrad.testtime.sequential import BudgetForcing
    from verigrad.testtime.table import find_methods

    found = find_methods(methods.split(","))
    bound = read_recipe(task, overrides)
    answer = bound.recipe.evaluation.max_output_tokens or bound.recipe.rollouts.max_output_tokens
    settings = ThinkSettings(
        methods=[BudgetForcing(extension) if m.name == "forcing" else m for m in found],
        budgets=_numbers(budgets),
        limits=Limits(
            budget=1,
            answer=answer,
            step=step_tokens,
            depth=depth,
            separator=separator.replace("\\n", "\n"),
            temperature=temperature,
        ),
        hope=hope,
        feedback=feedback,
    )

    def show(point: object) -> None:
        typer.echo(f"{point}", err=True)

    points = think(bound, model, settings, progress=show)
    if out is not None:
        write_page(out, points, model=model)
    if json:
        echo_json({"schema": "verigrad.think/1", "points": [p.to_json() for p in points]})
    else:
        typer.echo(table(points))


def _numbers(text: str) -> list[int]:
    from verigrad.core.errors import UsageError

    words = [word.strip() for word in text.split(",")]
    if not all(word.isdecimal() and int(word) > 0 for word in words):
        raise UsageError("budgets are whole numbers above 0", where=text, remedy="--budgets 64,128")
    return sorted({int(word) for word in words})
