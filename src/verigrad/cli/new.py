"""Start something of your own: `verigrad new verifier NAME` writes its file, cases and tests."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.core.errors import UsageError


def command(
    what: Annotated[str, typer.Argument(help="verifier")],
    name: Annotated[str, typer.Argument(help="small letters, digits, underscores")],
    folder: Annotated[Path, typer.Option(help="where the files go")] = Path(),
) -> None:
    """Write the files; the tests pass as they are."""
    if what != "verifier":
        raise UsageError(f"cannot start a {what!r}", remedy="verigrad new verifier NAME")
    from verigrad.verifiers.scaffold import write_verifier

    for path in write_verifier(name, folder):
        typer.echo(path)
    typer.echo(f"now: python -m pytest {folder / f'test_{name}.py'}")
