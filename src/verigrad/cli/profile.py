"""Pass rates of a model on a recipe's training problems, and which of them are learnable."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from verigrad.cli.options import AsJson, Overrides, RecipePath, echo_json, read_recipe


def command(
    recipe: RecipePath,
    model: Annotated[
        str | None,
        typer.Option("--model", help="a checkpoint folder or hub id (else the recipe's)"),
    ] = None,
    samples: Annotated[
        int, typer.Option("--samples", "--k", "-k", min=1, help="answers a problem")
    ] = 8,
    guesses: Annotated[
        int, typer.Option(min=0, help="answers without reasoning: a problem right then is left out")
    ] = 0,
    guess_tokens: Annotated[int, typer.Option(min=1, help="the most of such an answer")] = 16,
    guess_prompt: Annotated[
        str | None, typer.Option(help="what asks for it, behind the question (else a sentence)")
    ] = None,
    guess_start: Annotated[str, typer.Option(help="what it begins with: '\\boxed{'")] = "",
    pool: Annotated[int | None, typer.Option(min=1, help="problems of each task")] = None,
    low: Annotated[float, typer.Option(help="keep what is right more often than this")] = 0.0,
    high: Annotated[float, typer.Option(help="keep what is right less often than this")] = 1.0,
    keep_choices: Annotated[bool, typer.Option(help="keep multiple choice and true/false")] = False,
    out: Annotated[Path | None, typer.Option(help="for `[curriculum] profile` (.jsonl)")] = None,
    page: Annotated[Path | None, typer.Option(help="the histogram as HTML")] = None,
    overrides: Overrides = None,
    json: AsJson = False,
) -> None:
    """Sample, judge, and sort the problems."""
    from collections import Counter

    from verigrad.core.errors import UsageError
    from verigrad.curriculum.profile import Band, histogram, text_of
    from verigrad.pipelines.guessing import GuessSettings
    from verigrad.pipelines.profile import (
        ProfileSettings,
        profile,
        write_profile,
        write_profile_page,
    )

    if not 0.0 <= low < high <= 1.0:
        raise UsageError(
            "the band is empty",
            where=f"--low {low:g} --high {high:g}",
            remedy="give 0 <= low < high <= 1",
        )
    bound = read_recipe(recipe, overrides)
    asking = GuessSettings().asking if guess_prompt is None else guess_prompt
    settings = ProfileSettings(
        num_samples=samples,
        guessing=GuessSettings(
            count=guesses, max_tokens=guess_tokens, asking=asking, start=guess_start
        ),
        pool=pool,
        band=Band(low, high),
        with_choices=keep_choices,
    )
    found = profile(bound, model, settings)
    if out is not None:
        write_profile(out, found)
    if page is not None:
        write_profile_page(page, found, model=model or bound.recipe.name)
    if json:
        why = Counter(one.why for one in found)
        echo_json({"problems": len(found), "why": dict(why), "histogram": histogram(found)})
        return
    typer.echo(text_of(found))
