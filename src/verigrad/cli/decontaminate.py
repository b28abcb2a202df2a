"""Training rows that an evaluation asks too, or that come twice: find them, leave them out."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, echo_json


def command(
    rows: Annotated[Path, typer.Argument(help="training rows: .jsonl, .json or .parquet")],
    against: Annotated[
        list[Path] | None, typer.Option("--against", help="rows of an evaluation, or held out")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="the rows that are left, as .jsonl")] = None,
    report: Annotated[Path | None, typer.Option(help="every match with both texts (JSON)")] = None,
    column: Annotated[str | None, typer.Option(help="where the questions are")] = None,
    dedup: Annotated[bool, typer.Option(help="rows that repeat an earlier row, too")] = False,
    ngram: Annotated[int, typer.Option(min=2, help="words of a shared run")] = 8,
    ngram_share: Annotated[
        float, typer.Option(min=0.0, max=1.0, help="of an evaluation text, in shared runs")
    ] = 0.5,
    similarity: Annotated[
        float, typer.Option(min=0.1, max=1.0, help="of near texts: words and pairs shared")
    ] = 0.5,
    any_numbers: Annotated[
        bool, typer.Option(help="texts that differ in numbers alone are the same")
    ] = False,
    json: AsJson = False,
) -> None:
    """Find what repeats evaluation texts exactly, in long runs of words, or nearly."""
    from verigrad.core.errors import UsageError
    from verigrad.curriculum.decontamination import Rules, counts
    from verigrad.pipelines.decontaminate import decontaminate
    from verigrad.records.atomic import write_json

    if not against and not dedup:
        raise UsageError(
            "nothing to compare with", remedy="give --against EVALUATION.jsonl, or --dedup"
        )
    found = decontaminate(
        rows,
        against or [],
        Rules(ngram, ngram_share, similarity, any_numbers),
        column=column,
        without_duplicates=dedup,
        out=out,
    )
    if report is not None:
        write_json(report, found.to_json())
    if json:
        told = {"contaminated": counts(found.contaminated), "duplicates": counts(found.duplicates)}
        echo_json({"rows": found.rows, "left": found.rows - len(found.dropped), **told})
        return
    typer.echo(found.text())
