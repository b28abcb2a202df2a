"""Watch a small model learn three-digit addition from a verifier's verdicts alone."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import Annotated, Literal

import typer

from verigrad.cli.options import AsJson, echo_json


def command(
    seed: Annotated[int, typer.Option(help="another seed is another model and other problems")] = 0,
    control: Annotated[
        Literal["none", "random"], typer.Option(help="random: rewards drawn by a coin")
    ] = "none",
    out: Annotated[Path, typer.Option(help="folder of run folders")] = Path("runs"),
    steps: Annotated[int | None, typer.Option(help="RL steps (default: the recipe's)")] = None,
    fresh: Annotated[bool, typer.Option(help="delete an earlier demo of this seed")] = False,
    json: AsJson = False,
) -> None:
    """Watch a small model learn."""
    started = time.perf_counter()
    from verigrad.cli.show import make_listener
    from verigrad.pipelines.demo import demo, run_path

    if fresh:
        shutil.rmtree(run_path(out, seed=seed, control=control), ignore_errors=True)
    listener = make_listener(as_json=json)
    result = demo(
        seed=seed, control=control, out=out, steps=steps, listener=listener, started=started
    )
    if json:
        echo_json(result.to_json())
    else:
        typer.echo(result.text())
