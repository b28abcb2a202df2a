"""What length and std normalisation did to a run: who was pushed, and how hard."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, echo_json


def command(
    run: Annotated[Path, typer.Argument(help="a run folder")],
    page: Annotated[Path | None, typer.Option(help="where (default: RUN/bias.html)")] = None,
    json: AsJson = False,
) -> None:
    """Show what length and std normalisation did to a run, beside other objectives."""
    from verigrad.pipelines.bias import bias, text_of, write_page

    found = bias(run)
    written = write_page(found, page or run / "bias.html")
    if json:
        echo_json({**found.to_json(), "page": str(written)})
    else:
        typer.echo(text_of(found))
        typer.echo(f"charts: {written}")
