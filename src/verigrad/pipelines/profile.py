"""`profile`: k answers to every problem of the pool before training, and what they say of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from verigrad.core.config import Bound
from verigrad.core.recipe import ModelSection
from verigrad.core.seeds import derive
from verigrad.core.types import Group, Problem
from verigrad.core.verdict import Status
from verigrad.curriculum.profile import BINS, Band, Profiled, histogram, reason, text_of
from verigrad.judging.judge import judge
from verigrad.pipelines.curriculum import PROFILE_SCHEMA, pool_of
from verigrad.pipelines.guessing import GuessSettings, guess
from verigrad.pipelines.prepare import Prepared, prepare
from verigrad.records.atomic import write_text
from verigrad.reports.charts import Bar, bar_chart
from verigrad.reports.charts_page import write_charts_page
from verigrad.reports.panels import Panel
from verigrad.rollouts.collect import collect
from verigrad.rollouts.sampling import SamplingParameters

ALL = Band()
_AT_A_TIME = 256  # problems in one call of the players


@dataclass(frozen=True, slots=True, kw_only=True)
class ProfileSettings:
    """`num_samples` answers to each problem, and guesses where they are asked for.

    `draw` is raised for other answers to the same problems.
    """

    num_samples: int = 8
    guessing: GuessSettings = field(default_factory=GuessSettings)
    pool: int | None = None
    band: Band = ALL
    with_choices: bool = False
    draw: int = 0


def profile(bound: Bound, model: str | None, settings: ProfileSettings) -> list[Profiled]:
    """Sample, judge and sort every problem of the recipe's pool; `model` replaces the recipe's."""
    recipe = bound.recipe
    if model is not None:
        section = ModelSection(path=model, precision=recipe.model.precision)
        recipe = recipe.model_copy(update={"model": section})
    prepared = prepare(replace(bound, recipe=recipe))
    size = settings.pool or recipe.curriculum.pool
    pool = [
        problem
        for task in prepared.tasks.values()
        for problem in pool_of(task, size, seed=recipe.seed)
    ]
    answers = _judged(prepared, pool, settings.num_samples, f"profile {settings.draw}")
    guesses: Sequence[Group | None] = [None] * len(pool)
    if settings.guessing.count:
        guesses = guess(prepared, pool, settings.guessing, draw=settings.draw)
    return [
        _profiled(problem, group, guessed, settings)
        for problem, group, guessed in zip(pool, answers, guesses, strict=True)
    ]


def _judged(prepared: Prepared, pool: Sequence[Problem], count: int, purpose: str) -> list[Group]:
    rollouts, seed = prepared.recipe.rollouts, prepared.recipe.seed
    engine = prepared.make_engine()
    found: list[Group] = []
    for start in range(0, len(pool), _AT_A_TIME):
        part = pool[start : start + _AT_A_TIME]
        groups = collect(
            part,
            engine,
            renderer=prepared.renderer,
            sampling=SamplingParameters.of(rollouts),
            num_rollouts=count,
            seeds=[derive(purpose, seed=seed, problem=problem.id) for problem in part],
            playing=prepared.playing,
        )
        found += judge(prepared.tasks, groups)
    return found


def _profiled(
    problem: Problem, group: Group, guessed: Group | None, settings: ProfileSettings
) -> Profiled:
    num_samples, num_correct = _counts(group)
    num_guesses, num_guessed = _counts(guessed) if guessed is not None else (0, 0)
    why = reason(
        problem.answer,
        num_samples=num_samples,
        num_correct=num_correct,
        num_guessed=num_guessed,
        band=settings.band,
        with_choices=settings.with_choices,
    )
    return Profiled(
        problem=problem,
        num_samples=num_samples,
        num_correct=num_correct,
        num_guesses=num_guesses,
        num_guessed=num_guessed,
        why=why,
    )


def _counts(group: Group) -> tuple[int, int]:
    """Answers that were judged, and those of them that are right."""
    scored = [j.verdict for j in group.judged if j.verdict.status is Status.SCORED]
    return len(scored), sum(verdict.is_correct for verdict in scored)


def write_profile(path: Path, profiled: Sequence[Profiled]) -> None:
    """A header, then a row a problem; what `[curriculum] profile` reads."""
    header = {"schema": PROFILE_SCHEMA, "problems": len(profiled)}
    rows = [header, *(one.to_json() for one in profiled)]
    write_text(path, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows))


def write_profile_page(path: Path, profiled: Sequence[Profiled], *, model: str) -> None:
    """The histogram as a page."""
    kept = [one for one in profiled if one.is_kept]
    pairs = zip(histogram(kept), histogram(profiled), strict=True)
    bars = [
        Bar(f"{place / BINS:.0%}", [("kept", "c-blue", held), ("left out", "c-grey", all_ - held)])
        for place, (held, all_) in enumerate(pairs)
    ]
    chart = bar_chart(bars, title="problems by share of right answers")
    write_charts_page(
        path,
        title="What the model can do before training",
        words=[f"{model}: {len(kept):,} of {len(profiled):,} problems are learnable."],
        text=text_of(profiled),
        panels=[
            Panel("Pass rates", "problems by their share of right answers, from the bin's start",
                  chart)
        ],
    )  # fmt: skip
