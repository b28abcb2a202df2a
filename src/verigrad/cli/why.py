"""Explain a token's weight in the gradient: verdict, reward, advantage, ratio, clip, weight."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, echo_json


def command(
    run: Annotated[Path, typer.Argument(help="a run folder")],
    step: Annotated[int, typer.Option(help="a step of the run")],
    problem: Annotated[str, typer.Option(help="number of a group, an id or its beginning")],
    sample: Annotated[int | None, typer.Option(help="one rollout of the group")] = None,
    token: Annotated[int | None, typer.Option(help="one token of the response, from 0")] = None,
    json: AsJson = False,
) -> None:
    """Explain a token's weight in the gradient, from the records of a run."""
    from verigrad.pipelines.why import why
    from verigrad.pipelines.why_text import text_of

    answer = why(run, step=step, problem=problem, sample=sample, token=token)
    if json:
        echo_json(answer.to_json())
    else:
        typer.echo(text_of(answer))
