"""What this machine can do, and what to do about the rest. Its output belongs in a bug report."""

from __future__ import annotations

import typer

from verigrad.cli.options import AsJson, echo_json


def command(json: AsJson = False) -> None:
    """Look at the machine."""
    from verigrad.pipelines.doctor import examine

    checks = examine()
    if json:
        echo_json({"checks": [check.to_json() for check in checks]})
        return
    for check in checks:
        typer.echo(f"{'ok ' if check.is_ok else '-- '} {check.name:<26} {check.found}")
        if check.remedy:
            typer.echo(f"     {'':<25} {check.remedy}")
