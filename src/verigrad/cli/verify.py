"""Judge one response against one reference, or every row of a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, echo_json
from verigrad.core.errors import UsageError


def command(
    name: Annotated[
        str | None, typer.Argument(help="a verifier: math, exact, choice, code, ...")
    ] = None,
    answer: Annotated[str | None, typer.Option(help="the reference")] = None,
    response: Annotated[str | None, typer.Option(help="the response")] = None,
    input_path: Annotated[
        Path | None, typer.Option("--input", help="JSONL or Parquet, one pair a row")
    ] = None,
    response_field: Annotated[str, typer.Option(help="dotted name")] = "response",
    answer_field: Annotated[str, typer.Option(help="dotted name")] = "answer",
    out: Annotated[Path | None, typer.Option(help="verdicts as JSONL, in order")] = None,
    switches: Annotated[
        list[str] | None, typer.Option("--set", help="a switch: --set answer_in=boxed")
    ] = None,
    explain: Annotated[bool, typer.Option(help="show how it was decided")] = False,
    show_list: Annotated[
        bool, typer.Option("--list", help="every verifier: proves, cannot, assurance, cost")
    ] = False,
    json: AsJson = False,
) -> None:
    """Judge one pair or a file."""
    if show_list:
        _show_list([name] if name else None, as_json=json)
        return
    if name is None:
        raise UsageError("no verifier was named", remedy="verigrad verify --list shows them all")
    from verigrad.core.config import parse_overrides
    from verigrad.core.types import Problem
    from verigrad.judging.bind import make_verifier
    from verigrad.judging.file import judge_file

    verifier = make_verifier(name, parse_overrides(switches or []))
    if input_path is not None:
        summary = judge_file(
            verifier, input_path, response_field=response_field, answer_field=answer_field, out=out
        )
        if json:
            echo_json(summary.to_json())
        else:
            typer.echo(summary.text())
        return
    if answer is None or response is None:
        raise UsageError(
            "nothing to judge",
            cause="neither a pair nor a file was given",
            remedy="give --answer and --response, or --input with its fields",
        )
    verdict = verifier.verify(Problem.of("", answer), response)
    if json:
        echo_json(verdict.to_json())
        return
    score = "-" if verdict.score is None else f"{verdict.score:g}"
    mark = "" if verifier.verifiable else "  (verifiable = false)"
    typer.echo(f"{verdict.status}  score {score}  {verdict.reason}{mark}")
    if explain:
        for key, value in verdict.to_json().items():
            if key not in ("status", "score", "reason") and value not in (None, {}, ""):
                typer.echo(f"  {key:<20} {value}")


def _show_list(names: list[str] | None, *, as_json: bool) -> None:
    """What each verifier proves and cannot, how sure it is and what it costs."""
    from verigrad.verifiers.listing import listing

    rows = listing(names)
    if as_json:
        echo_json([row.to_json() for row in rows])
    else:
        typer.echo("\n\n".join(row.text() for row in rows))
