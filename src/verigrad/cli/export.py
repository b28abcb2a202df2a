"""Copy a run for others, without what is private, the hash chain unbroken."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, echo_json


def command(
    run: Annotated[Path, typer.Argument(help="a run folder")],
    out: Annotated[Path, typer.Argument(help="the new folder")],
    public: Annotated[
        bool, typer.Option("--public", help="leave out prompts, responses and pages with them")
    ] = False,
    private: Annotated[
        list[str] | None,
        typer.Option(help='a pattern of files to leave out too: "checkpoints/*"; may be repeated'),
    ] = None,
    json: AsJson = False,
) -> None:
    """Copy a run; what is left out stays named with its digest, and `verigrad check` proves it."""
    from verigrad.pipelines.export import PRIVATE, export

    patterns = [*(_present(run, PRIVATE) if public else ()), *(private or ())]
    found = export(run, out, private=patterns)
    if json:
        echo_json({"path": str(found.path), "copied": found.copied, "withheld": found.withheld})
        return
    typer.echo(f"{out}: {len(found.copied)} files, {len(found.withheld)} withheld")


def _present(run: Path, patterns: tuple[str, ...]) -> list[str]:
    """Of the usual patterns, those that this run has files for."""
    return [pattern for pattern in patterns if any(run.glob(pattern))]
