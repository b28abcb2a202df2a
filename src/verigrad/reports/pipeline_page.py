"""`pipeline.html`: the stages of a pipeline side by side, from their records alone."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from verigrad.core.statistics import Interval, mean
from verigrad.records.atomic import write_text
from verigrad.records.metrics import read_metrics
from verigrad.records.rollouts import read_columns
from verigrad.records.run import RunFolder
from verigrad.reports.charts import (
    Bar,
    Chart,
    Line,
    bar_chart,
    interval_chart,
    line_chart,
    share_text,
)
from verigrad.reports.charts_page import figure, static_page
from verigrad.reports.family_tree import family_tree, fitted
from verigrad.reports.panels import Panel
from verigrad.reports.scale import number
from verigrad.reports.stage_facts import CONDITIONS, StageFacts, read_stages

FILE = "pipeline.html"
_COLOURS = ("c-blue", "c-amber", "c-violet", "c-right", "c-wrong", "c-grey")
_ENDS = 3  # steps at the beginning and at the end of a run that are counted together
_BINS = 8
_STYLE = """
.overview.side { align-items: start; grid-template-columns: minmax(0, 5fr) minmax(0, 7fr); }
.tree text { font-size: 12px; fill: var(--text); }
.tree .kind { fill: var(--muted); font-size: 11px; }
.tree .box { fill: var(--card); stroke: currentColor; stroke-width: 1.6; }
.tree .wash { fill: currentColor; opacity: 0.09; }
.tree .box.open { stroke-dasharray: 4 3; }
.tree .edge { fill: none; stroke: var(--muted); stroke-width: 1.2; }
.tree .tip { fill: var(--muted); }
.tree .legend { margin: 0 0 12px; }
.failures { margin: 14px 0 0; padding-left: 18px; white-space: pre-line; }
table.stages { border-collapse: collapse; width: 100%; font-size: 13px; }
table.stages th { text-align: left; color: var(--muted); font-weight: 600; font-size: 12px; }
table.stages th, table.stages td { padding: 4px 10px 4px 0; border-bottom: 1px solid var(--grid);
  vertical-align: top; }
table.stages td.num { text-align: right; }
table.stages td:nth-child(-n+3) { white-space: nowrap; }
"""


def write_pipeline_page(out: Path, *, name: str, ran: Collection[str] | None = None) -> Path:
    """Write the page beside `pipeline.json`; returns its path."""
    stages = read_stages(out, ran=ran)
    done = sum(stage.state == "done" for stage in stages)
    rows = [
        (stage.name, stage.colour, _interval(stage.figures))
        for stage in stages
        if {"accuracy", "low", "high"} <= set(stage.figures)
    ]
    accuracy = ""
    if rows:
        drawn = interval_chart(rows, title="Held-out accuracy by stage")
        accuracy = _card("Held-out accuracy", "greedy, of what each stage leaves; 95 %", drawn)
    figures = "".join(figure(panel) for panel in panels(stages))
    page = static_page(
        title=f"{name}: {done} of {len(stages)} stages done",
        lead="",
        main=f'<section class="card tree"><h2>Family tree</h2>{_legend(stages)}'
        f"{family_tree(stages)}{_failures(stages)}</section>"
        f'<section class="overview side">{accuracy}{_table(stages)}</section>'
        f'<section class="charts">{figures}</section>',
        style=_STYLE,
    )
    path = out / FILE
    write_text(path, page)
    return path


def _card(title: str, hint: str, body: str) -> str:
    head = f'<h2>{escape(title)}</h2><div class="hint">{escape(hint)}</div>'
    return f'<div class="card">{head}{body}</div>'


def _legend(stages: Sequence[StageFacts]) -> str:
    """What the colours of the tree mean, as far as they occur."""
    found = {stage.condition for stage in stages}
    marks = "".join(
        f'<span class="{colour}"><i></i><span>{name}: {said}</span></span>'
        for name, (colour, said) in CONDITIONS.items()
        if name in found
    )
    return f'<div class="legend">{marks}</div>'


def _failures(stages: Sequence[StageFacts]) -> str:
    """What stopped a stage, in its own words."""
    told = "".join(
        f"<li><strong>{escape(stage.name)}</strong>: {escape(stage.failure)}</li>"
        for stage in stages
        if stage.failure
    )
    return f'<ul class="failures">{told}</ul>' if told else ""


def _interval(figures: Mapping[str, float]) -> Interval:
    return Interval(figures["accuracy"], figures["low"], figures["high"])


# the table ----------------------------------------------------------------------------------------


def _table(stages: Sequence[StageFacts]) -> str:
    rows = []
    for stage in stages:
        figures = stage.figures
        before, after = figures.get("accuracy_before"), figures.get("accuracy")
        moved = "" if after is None else f"{after:.1%}"
        if before is not None and after is not None and before != after:
            moved = f"{before:.1%} to {after:.1%}"
        others = {k: v for k, v in figures.items() if not _is_shown(k)}
        told = ", ".join(f"{escape(key)} {number(value)}" for key, value in others.items())
        told += "".join(f"<div>{escape(_gate_text(gate))}</div>" for gate in stage.gates)
        rows.append(
            f'<tr><td class="{stage.colour}"><span class="badge"><span>{escape(stage.name)}</span>'
            f"</span></td><td>{escape(stage.kind)}</td>"
            f'<td class="num">{moved}</td><td class="muted">{told}</td></tr>'
        )
    head = "<tr><th>stage</th><th>kind</th><th>accuracy</th><th>other figures</th></tr>"
    table = f'<table class="stages">{head}{"".join(rows)}</table>'
    return _card("Figures", "of a stage's record; curves of single runs are below", table)


def _gate_text(gate: Mapping[str, Any]) -> str:
    """A gate that was kept: "exit gate: gain 0.12"."""
    why = f" ({gate['why']})" if gate.get("why") else ""
    return f"{gate['place']} gate: {gate['measure']} {number(gate['value'])}{why}"


def _is_shown(name: str) -> bool:
    """True for figures that stand elsewhere on the page."""
    return name in ("accuracy", "accuracy_before", "low", "high") or "_at_" in name


# the charts ---------------------------------------------------------------------------------------


def panels(stages: Sequence[StageFacts]) -> list[Panel]:
    """Every chart that the stages' records have something to say about."""
    runs = [(s, read_metrics(s.run)) for s in stages if s.run is not None]
    runs = [(stage, rows) for stage, rows in runs if rows]
    found = [
        _curves(runs, "score/mean", "Score", "mean of each step's rollouts", share_text),
        _curves(runs, "length/mean", "Length", "tokens a rollout", number),
        _curves(runs, "entropy/mean", "Entropy", "nats a token", number),
        _reasons(runs),
    ]
    found += [_pass_rates(stage) for stage, _ in runs]
    found += [_budgets(stage) for stage in stages]
    return [panel for panel in found if panel is not None]


Runs = Sequence[tuple[StageFacts, Sequence[Mapping[str, float]]]]


def _curves(runs: Runs, metric: str, title: str, hint: str, text: Any) -> Panel | None:
    lines = [
        Line(
            stage.name,
            _COLOURS[place % len(_COLOURS)],
            [(row["step"], row[metric]) for row in rows if metric in row],
            dashed=place >= len(_COLOURS),
        )
        for place, (stage, rows) in enumerate(runs)
    ]
    chart = line_chart(lines, title=f"{title} by step", text=text)
    return Panel(title, hint, chart) if chart is not None else None


def _reasons(runs: Runs) -> Panel | None:
    """Verdict reasons of the first and the last steps of every run."""
    bars = []
    for stage, rows in runs:
        for word, part in (("first", rows[:_ENDS]), ("last", rows[-_ENDS:])):
            found: Counter[str] = Counter()
            for row in part:
                for name, value in row.items():
                    if name.startswith("verdict/") and name != "verdict/unscored_share":
                        found[name.removeprefix("verdict/")] += int(value)
            names = sorted(found, key=lambda reason: (reason != "correct", reason != "wrong"))
            parts = [(reason, f"r-{reason}", float(found[reason])) for reason in names]
            bars.append(Bar(f"{fitted(stage.name)} {word}" if len(runs) < 3 else word, parts))
    if not bars:
        return None
    order = " | ".join(stage.name for stage, _ in runs)
    hint = f"rollouts of the first and the last {_ENDS} steps; from the left: {order}"
    return Panel("Verdict reasons", hint, bar_chart(bars, title="Verdict reasons"))


def _pass_rates(stage: StageFacts) -> Panel | None:
    """Groups by their share of right answers, at the beginning and at the end."""
    assert stage.run is not None
    files = [file for _, file in RunFolder.open(stage.run).rollout_files()]
    if not files:
        return None
    lines = []
    for label, colour, part in (
        ("first steps", "c-grey", files[:_ENDS]),
        ("last steps", stage.colour, files[-_ENDS:]),
    ):
        rates = list(_group_rates(part))
        if not rates:
            return None
        found = Counter(min(_BINS - 1, int(_BINS * rate)) for rate in rates)
        points = [(100 * place / _BINS, found[place] / len(rates)) for place in range(_BINS)]
        lines.append(Line(label, colour, points))
    chart = line_chart(lines, title=f"Pass rates of {stage.name}", text=share_text, dots=True)
    hint = (
        "share of problems by their pass rate in percent (from the bin's start; always right: last)"
    )
    return Panel(f"Pass rates: {stage.name}", hint, chart) if chart is not None else None


def _group_rates(files: Iterable[Path]) -> Iterable[float]:
    for file in files:
        columns = read_columns(file, ("group", "score"))
        scores: dict[int, list[float]] = defaultdict(list)
        for group, score in zip(columns["group"], columns["score"], strict=True):
            if score is not None:
                scores[group].append(float(score == 1.0))
        yield from (mean(found) for found in scores.values())


def _budgets(stage: StageFacts) -> Panel | None:
    """Accuracy against the thinking budget."""
    budgets = sorted(
        int(match.group(1))
        for name in stage.figures
        if (match := re.fullmatch(r"accuracy_at_(\d+)", name))
    )
    points = [
        (b, *(stage.figures[f"{name}_at_{b}"] for name in ("accuracy", "low", "high")))
        for b in budgets
    ]
    chart: Chart | None = line_chart(
        [Line("accuracy", "c-blue", points)],
        title="Accuracy against the thinking budget",
        text=share_text,
        y_range=(0.0, 1.0),
        dots=True,
    )
    hint = "held-out accuracy when thinking is cut at so many tokens; 95 %"
    return Panel(f"Thinking budgets: {stage.name}", hint, chart) if chart is not None else None
