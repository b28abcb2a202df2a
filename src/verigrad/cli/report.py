"""Write the HTML report of a run, from its records alone."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, echo_json


def command(
    run: Annotated[Path, typer.Argument(help="a run folder")],
    control: Annotated[Path | None, typer.Option(help="a run to draw beside it")] = None,
    json: AsJson = False,
) -> None:
    """Write the report of a run."""
    from verigrad.reports.report import write_report

    path = write_report(run, control=control)
    if json:
        echo_json({"report": str(path)})
    else:
        typer.echo(f"report: {path}")
