"""Thresholds on gain, regression, false refusals, length and language; exit code 6 if broken."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, echo_json


def command(
    gate: Annotated[Path, typer.Argument(help="thresholds (TOML)")],
    base: Annotated[Path, typer.Argument(help="samples of the base, by verigrad eval --out")],
    model: Annotated[Path, typer.Argument(help="samples of the model at the gate")],
    json: AsJson = False,
) -> None:
    """Let a model through, or not."""
    from verigrad.pipelines.gate import check_gate, raise_if_broken

    found = check_gate(gate, base, model)
    if json:
        rows = [
            {**f.threshold.model_dump(), "value": f.value, "is_kept": f.is_kept, "text": f.text}
            for f in found
        ]
        echo_json({"schema": "verigrad.gate/1", "thresholds": rows})
    else:
        for one in found:
            typer.echo(f"{'kept  ' if one.is_kept else 'BROKEN'} {one.text}")
    raise_if_broken(found, where=str(gate))
