"""Label a queue of disagreements by hand, in the terminal."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def command(
    queue: Annotated[Path, typer.Argument(help="rows to label: an audit's queue.jsonl")],
    out: Annotated[
        Path | None, typer.Option(help="labelled rows (else the queue's name with -labelled)")
    ] = None,
    blind: Annotated[bool, typer.Option(help="do not show what the verifiers said")] = True,
) -> None:
    """Show one response after another; r is right, w is wrong, s skips, q stops.

    Every label is written at once: stop and go on whenever you like.
    """
    from verigrad.pipelines.label import Queue

    rows = Queue.open(queue, out)
    typer.echo(f"{rows.num_left} of {len(rows.rows)} to label; labels go to {rows.out}")
    for row in rows.left():
        typer.echo("\n" + "-" * 72)
        typer.echo(f"question: {row['question']}\nreference: {row['answer']}\n")
        typer.echo(row["response"])
        if not blind:
            typer.echo(f"\n({row['stratum']})")
        said = _asked()
        if said == "q":
            break
        if said != "s":
            rows.write(row, is_right=said == "r")
    typer.echo(
        f"\n{rows.num_left} left; use the labels with `verigrad audit ... --labels {rows.out}`"
    )


def _asked() -> str:
    while True:
        said = typer.prompt("right, wrong, skip, quit [r/w/s/q]").strip().lower()[:1]
        if said in ("r", "w", "s", "q"):
            return said
