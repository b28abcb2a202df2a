"""What supervision a task has, which stages of training fit it, and why."""

from __future__ import annotations

import sys
from typing import Annotated, Any

import typer

from verigrad.cli.options import AsJson, echo_json


def command(
    demonstrations: Annotated[int | None, typer.Option(min=0, help="worked answers")] = None,
    preferences: Annotated[int | None, typer.Option(min=0, help="pairs: better, worse")] = None,
    checker: Annotated[
        str | None, typer.Option(help="none, exact, tests, proof, constraints or judge")
    ] = None,
    process_labels: Annotated[bool, typer.Option(help="single steps are labelled")] = False,
    teacher: Annotated[bool, typer.Option(help="there is a stronger model")] = False,
    pass_rate: Annotated[
        float | None, typer.Option(min=0.0, max=1.0, help="how often the model is right already")
    ] = None,
    model_can_already: Annotated[
        str | None, typer.Option(help="yes or no: is it right now and then? (for no --pass-rate)")
    ] = None,
    recipe: Annotated[bool, typer.Option(help="print a recipe to begin with")] = False,
    json: AsJson = False,
) -> None:
    """Say which stages fit; without options it asks, where somebody is there to answer."""
    from verigrad.core.errors import UsageError
    from verigrad.pipelines.choose import CHECKERS, Supervision, choose, recipe_of

    given: dict[str, Any] = {
        "demonstrations": demonstrations,
        "preferences": preferences,
        "checker": checker,
    }
    if all(value is None for value in given.values()) and not (teacher or process_labels):
        if not sys.stdin.isatty():
            raise UsageError(
                "nothing was said of the task",
                remedy="for example --checker exact --pass-rate 0.2 --demonstrations 500",
            )
        given, teacher, process_labels, pass_rate, model_can_already = _asked()
    if given["checker"] not in (None, *CHECKERS):
        raise UsageError(f'no checker "{given["checker"]}"', remedy=f"one of {', '.join(CHECKERS)}")
    if model_can_already not in (None, "yes", "no"):
        raise UsageError(f'"{model_can_already}" is not an answer', remedy="yes or no")
    have = Supervision(
        demonstrations=given["demonstrations"] or 0,
        preferences=given["preferences"] or 0,
        checker=given["checker"] or "none",
        has_step_labels=process_labels,
        has_teacher=teacher,
        pass_rate=pass_rate,
        can_already=None if model_can_already is None else model_can_already == "yes",
    )
    advice = choose(have)
    if json:
        stages = [{"kind": one.kind, "why": one.why} for one in advice]
        echo_json({"advice": stages, "recipe": recipe_of(have, advice)})
        return
    for one in advice:
        typer.echo(f"{one.kind or 'note':<22}{one.why}")
    if recipe:
        typer.echo(f"\n{recipe_of(have, advice)}", nl=False)


def _asked() -> tuple[dict[str, Any], bool, bool, float | None, str | None]:
    from verigrad.pipelines.choose import CHECKERS

    for name, told in CHECKERS.items():
        typer.echo(f"  {name:<12} {told}")
    given = {
        "checker": typer.prompt("What decides whether an answer is right?", default="none"),
        "demonstrations": typer.prompt("How many worked answers are there?", default=0, type=int),
        "preferences": typer.prompt("How many pairs (better, worse)?", default=0, type=int),
    }
    teacher = typer.confirm("Is there a stronger model to learn from?", default=False)
    labels = typer.confirm("Are single steps labelled?", default=False)
    said = typer.prompt(
        "How often is the model right already? 0 to 1, or yes (now and then), no, ?", default="?"
    ).strip()
    if said in ("?", "yes", "no"):
        return given, teacher, labels, None, None if said == "?" else said
    return given, teacher, labels, _share(said), None


def _share(said: str) -> float:
    from verigrad.core.errors import UsageError

    try:
        share = float(said)
    except ValueError:
        share = -1.0
    if not 0.0 <= share <= 1.0:
        raise UsageError(f'"{said}" is no share', remedy="a number from 0 to 1, yes, no or ?")
    return share
