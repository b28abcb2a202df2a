"""Two models on the same problems: paired tests, "not distinguishable" when so."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, echo_json


def command(
    first: Annotated[Path, typer.Argument(help="samples of the base, by verigrad eval --out")],
    second: Annotated[Path, typer.Argument(help="samples of the other model")],
    json: AsJson = False,
) -> None:
    """Compare two models."""
    from verigrad.pipelines.compare import compare_files

    found = compare_files(first, second)
    if json:
        echo_json(found.to_json())
    else:
        typer.echo(found.text())
