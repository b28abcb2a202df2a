"""Show a recipe as it resolves, and where each value comes from."""

from __future__ import annotations

from typing import Annotated

import typer

from verigrad.cli.options import AsJson, Overrides, RecipePath, echo_json, read_recipe
from verigrad.core.config import flatten
from verigrad.core.errors import UsageError
from verigrad.core.registry import nearest


def command(
    recipe: RecipePath,
    overrides: Overrides = None,
    why: Annotated[str | None, typer.Option(help="only this key, and its source")] = None,
    json: AsJson = False,
) -> None:
    """Show a recipe as it resolves."""
    bound = read_recipe(recipe, overrides)
    values = flatten(bound.recipe.model_dump(mode="json"))
    if why is not None:
        values = {key: v for key, v in values.items() if key == why or key.startswith(f"{why}.")}
        if not values:
            known = list(flatten(bound.recipe.model_dump(mode="json")))
            raise UsageError(f"no key `{why}`", remedy=nearest(why, known) or "see them all")
    if json:
        echo_json({k: {"value": v, "from": bound.provenance.why(k)} for k, v in values.items()})
        return
    width = max(len(key) for key in values)
    for key, value in values.items():
        typer.echo(f"{key:<{width}}  {value!r}  ({bound.provenance.why(key)})")
