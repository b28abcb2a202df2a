"""Options that several verbs share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from verigrad.core.config import Bound
from verigrad.core.stages import read_either

RecipePath = Annotated[Path, typer.Argument(help="a recipe (TOML)")]
Overrides = Annotated[
    list[str] | None, typer.Option("--set", help="change a value: --set training.steps=50")
]
AsJson = Annotated[bool, typer.Option("--json", help="JSON for programs")]


def read_recipe(path: Path, overrides: list[str] | None) -> Bound:
    """Bind a recipe file with its overrides; of a pipeline, the sections its stages start from."""
    return read_either(path, overrides=overrides or [])


def echo_json(value: Any) -> None:
    """One JSON object on one line."""
    import json

    typer.echo(json.dumps(value, ensure_ascii=False, allow_nan=False))
