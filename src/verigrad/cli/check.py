"""Prove that nothing in a run folder was altered since it was written."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, echo_json
from verigrad.core.errors import HaltedError


def command(
    run: Annotated[Path, typer.Argument(help="a run folder")],
    head: Annotated[
        str | None, typer.Option(help="the chain's last link, as noted elsewhere before")
    ] = None,
    json: AsJson = False,
) -> None:
    """Check every file of a run against its hash chain; exit code 6 where one was altered."""
    from verigrad.records import chain
    from verigrad.records.run import RunFolder

    folder = RunFolder.open(run).path
    findings = chain.verify_chain(folder, expected_head=head)
    last = "" if findings else chain.head(folder)
    hidden = [] if findings else sorted(chain.withheld(folder))
    if json:
        problems = [{"path": found.path, "problem": found.problem} for found in findings]
        echo_json({"altered": problems, "withheld": hidden, "head": last})
    elif not findings:
        left_out = f"; {len(hidden)} files are withheld, their digests are in it" if hidden else ""
        typer.echo(f"every file is as the chain says{left_out}; its last link is {last}")
    if findings:
        raise HaltedError(
            f"{len(findings)} things are not as the chain says:\n"
            + "\n".join(f"  - {found}" for found in findings),
            where=str(run),
            cause="the folder was edited, damaged, or left by a process that was killed",
            remedy="restore it from a copy; a killed run is mended by `verigrad train --resume`",
        )
