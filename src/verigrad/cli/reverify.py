"""Judge every rollout of a run again: by the same verifier, or by a mended one."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, echo_json
from verigrad.core.errors import HaltedError


def command(
    run: Annotated[Path, typer.Argument(help="a run folder")],
    verifier: Annotated[str | None, typer.Option(help="another verifier, for every task")] = None,
    switches: Annotated[
        list[str] | None, typer.Option("--set", help="its switch: --set decimals=exact")
    ] = None,
    json: AsJson = False,
) -> None:
    """Judge a run again; exit code 6 where the same verifier says something else."""
    from verigrad.core.config import parse_overrides
    from verigrad.pipelines.reverify import reverify

    found = reverify(run, verifier=verifier, switches=parse_overrides(switches or []))
    if json:
        echo_json(found.to_json())
    else:
        typer.echo(found.text())
    if found.changes and found.same_verifier:
        raise HaltedError(
            f"{len(found.changes)} verdicts of the same verifier differ",
            where=str(run),
            cause="records that were altered, or a verifier that is not deterministic",
            remedy="run `verigrad check` on the folder; reproduce one row with `verigrad verify`",
        )
