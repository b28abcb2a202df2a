"""Every method of test-time compute on the same model and problems, at the same budgets."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from verigrad.core.config import Bound
from verigrad.core.errors import UsageError
from verigrad.core.recipe import ModelSection
from verigrad.core.statistics import Interval, mean, wilson
from verigrad.pipelines.prepare import Prepared, prepare
from verigrad.pipelines.process_hope import ProcessHope
from verigrad.reports.charts import Chart, Line, line_chart, share_text
from verigrad.reports.charts_page import write_charts_page
from verigrad.reports.panels import Panel
from verigrad.testtime.base import Limits, Method, Session, solve_all
from verigrad.testtime.scoring import HOPES, Hope, VerifierScorer

_COLOURS = ("c-blue", "c-amber", "c-violet", "c-right", "c-wrong", "c-grey")


@dataclass(frozen=True, slots=True)
class Point:
    """A method at a budget: how often it was right, and what it really spent per problem."""

    method: str
    budget: int
    accuracy: Interval
    tokens: float
    read: float
    rounds: float

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


@dataclass(frozen=True, slots=True, kw_only=True)
class ThinkSettings:
    """What is asked: limits without a budget are those of every budget."""

    methods: Sequence[Method]
    budgets: Sequence[int]
    limits: Limits
    hope: str = "arithmetic"
    feedback: str | None = None
    seed: int = 0


def think(
    bound: Bound,
    model: str,
    settings: ThinkSettings,
    *,
    progress: Callable[[Point], None] = lambda _: None,
) -> list[Point]:
    """Accuracy and cost of each method at each budget on the recipe's held-out problems."""
    recipe = bound.recipe.model_copy(
        update={"model": ModelSection(path=model, precision=bound.recipe.model.precision)}
    )
    prepared = prepare(Bound(recipe, bound.text, bound.provenance))
    engine = prepared.make_engine()
    scorers = _scorers(prepared, settings)
    points: list[Point] = []
    for method in settings.methods:
        for budget in settings.budgets:
            limits = replace(settings.limits, budget=budget)
            sessions = [
                Session(
                    problem,
                    scorers[problem.task],
                    limits,
                    prepared.renderer.prompt,
                    prepared.renderer.encode,
                    method.name,
                    settings.seed,
                    engine.capabilities.max_context,
                )
                for problem in prepared.held_out
            ]
            outcomes = solve_all(method, sessions, engine)
            right = sum(
                prepared.tasks[o.problem.task].verifier.verify(o.problem, o.response).is_correct
                for o in outcomes
            )
            points.append(
                Point(
                    method.name,
                    budget,
                    wilson(right, len(outcomes)),
                    mean([float(o.num_tokens) for o in outcomes]),
                    mean([float(o.num_read) for o in outcomes]),
                    mean([float(o.num_rounds) for o in outcomes]),
                )
            )
            progress(points[-1])
    return points


def find_hope(name: str, prepared: Prepared) -> Hope:
    """What scores beginnings: a name, or the folder of a process reward model; UsageError else."""
    if name in HOPES:
        return HOPES[name]
    if not (Path(name) / "config.json").is_file():
        raise UsageError(
            f'no "{name}" to score steps by',
            remedy=f"one of {[*HOPES]}, or the folder of a process reward model",
        )
    return ProcessHope(Path(name), prepared.renderer)


def _scorers(prepared: Prepared, settings: ThinkSettings) -> dict[str, VerifierScorer]:
    """Each task's verifier, with what hopes of beginnings and what revision is told."""
    hope = find_hope(settings.hope, prepared)
    said = {} if settings.feedback is None else {"said": settings.feedback}
    return {
        name: VerifierScorer(task.verifier, hope, **said) for name, task in prepared.tasks.items()
    }


def table(points: Sequence[Point]) -> str:
    """A Markdown table: a row a method, a column a budget, accuracy and the tokens spent."""
    budgets = sorted({point.budget for point in points})
    lines = ["| method | " + " | ".join(f"{b} tokens" for b in budgets) + " |"]
    lines.append("|---" * (len(budgets) + 1) + "|")
    for name in dict.fromkeys(point.method for point in points):
        own = {point.budget: point for point in points if point.method == name}
        cells = [f"{own[b].accuracy} ({own[b].tokens:.0f})" if b in own else "" for b in budgets]
        lines.append(f"| {name} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def plot(points: Sequence[Point]) -> Chart | None:
    """Accuracy against the tokens really spent, a line a method."""
    names = list(dict.fromkeys(point.method for point in points))
    lines = [
        Line(
            name,
            _COLOURS[place % len(_COLOURS)],
            sorted((p.tokens, p.accuracy.value) for p in points if p.method == name),
            dashed=place >= len(_COLOURS),
        )
        for place, name in enumerate(names)
    ]
    return line_chart(
        lines, title="Accuracy against tokens sampled a problem", text=share_text, dots=True
    )


def write_page(path: Path, points: Sequence[Point], *, model: str) -> None:
    """One HTML file: the plot and the numbers, with nothing fetched."""
    chart = plot(points)
    hint = "mean tokens sampled for a problem; each point is a budget"
    write_charts_page(
        path,
        title=f"{model}: accuracy against tokens",
        words=["Every method had the same problems and the same budgets of sampled tokens."],
        text=table(points),
        panels=[Panel("Accuracy against tokens", hint, chart)] if chart else [],
    )
