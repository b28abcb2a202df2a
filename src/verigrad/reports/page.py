"""The page: facts, charts and rollouts set into the template, everything escaped.

Text reaches the page in two ways only: through `html.escape`, or as JSON in a data block in which
`<`, `>` and `&` are written as escapes and which the script reads with `textContent`. A content
security policy with the digest of the one script forbids everything else, requests included.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Mapping
from html import escape
from importlib import resources
from string import Template
from typing import Any

from verigrad.core.statistics import Interval
from verigrad.core.verdict import Reason
from verigrad.records.metric_table import described
from verigrad.reports.browser import TRAINING, Shown
from verigrad.reports.charts import interval_chart
from verigrad.reports.charts_page import html_table
from verigrad.reports.facts import RunFacts
from verigrad.reports.panels import Panel, panels
from verigrad.reports.scale import number
from verigrad.reports.words import (
    REASONS,
    bounds,
    first_and_last,
    interval_of,
    model_name,
    outcome,
    percent,
    summary,
    when,
)


def render_page(run: RunFacts, *, control: RunFacts | None, shown: Shown, chain_head: str) -> str:
    """The whole page as HTML text."""
    drawn = panels(run, control)
    charts = {f"c{index}": panel for index, panel in enumerate(drawn)}
    said = outcome(run, control)
    script = _asset("page.js")
    page = Template(_asset("page.html")).substitute(
        name=escape(run.name),
        style=_asset("page.css"),
        script=script,
        script_digest=base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
        headline=escape(said.headline),
        detail=escape(said.detail),
        mood=said.mood,
        summary=escape(summary(run)),
        interval_chart=_accuracies(run, control),
        tiles="".join(_tile(*tile) for tile in tiles(run)),
        unhealthy=_alarms(run) + _unhealthy(run),
        charts=_figures({key: panel for key, panel in charts.items() if not panel.is_small}),
        small_charts=_figures({key: panel for key, panel in charts.items() if panel.is_small}),
        sampled=escape(_sampled(shown)),
        details=_details(run),
        footer=escape(f"The record's last link before this page: {chain_head}"),
        chart_data=data_block({key: panel.chart.data for key, panel in charts.items()}),
        rollout_data=data_block({"rows": shown.rows, "reasons": _reason_words()}),
    )
    # half a surrogate pair has no place in UTF-8, and headless Chromium ends itself over it
    return page.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")


def _asset(name: str) -> str:
    return resources.files("verigrad.reports").joinpath("assets", name).read_text("utf-8")


def data_block(value: Any) -> str:
    r"""JSON that cannot end the script element it stands in, whatever its strings hold.

    >>> print(data_block("</script>"))
    "\u003c/script\u003e"
    """
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text


def _reason_words() -> dict[str, str]:
    return {str(reason): REASONS[reason] for reason in Reason}


def _accuracies(run: RunFacts, control: RunFacts | None) -> str:
    rows: list[tuple[str, str, Interval]] = []
    for label, facts, colours in (
        ("", run, ("c-amber", "c-blue")),
        ("control ", control, ("c-grey", "c-grey")),
    ):
        ends = first_and_last(facts) if facts is not None else (None, None)
        rows += [
            (label + when(found).removesuffix(" training"), colour, interval_of(found))
            for found, colour in zip(ends, colours, strict=True)
            if found is not None
        ]
    if not rows:
        return '<p class="muted">No evaluation was recorded.</p>'
    hint = "accuracy on problems that were in no training step, with its interval"
    title = "Held-out accuracy before and after"
    return f'<h3>{title}</h3><p class="hint">{hint}</p>{interval_chart(rows, title=title)}'


def tiles(run: RunFacts) -> list[tuple[str, str]]:
    """(figure, what it is), the most wanted first; what the records do not say is left out."""
    before, after = first_and_last(run)
    found: list[tuple[str, str]] = []
    for item in (before, after):
        if item is not None:
            text = f"{when(item)}, {bounds(interval_of(item))}, n = {number(item.num_problems)}"
            found.append((percent(item.accuracy), text))
    found += [
        (f"{seconds:.1f} s", label)
        for seconds, label in ((run.train_s, "training"), (run.total_s, "from start to end"))
        if seconds is not None
    ]
    record = run.record
    if record is not None:
        found += [
            (judge.name, f"verifier {judge.version} of {judge.task}, digest {judge.digest}")
            for judge in record.verifiers
        ]
        found += [
            (record.objective, f"objective, {number(record.steps)} steps"),
            (number(record.num_parameters), f"parameters, {model_name(run)}"),
            (number(run.num_recorded), f"rollouts recorded, {record.num_rollouts} a problem"),
            (str(record.seed), "seed"),
        ]
    return found


def _tile(figure: str, text: str) -> str:
    return f'<div class="tile"><b>{escape(figure)}</b><span>{escape(text)}</span></div>'


def _figures(charts: Mapping[str, Panel]) -> str:
    return "".join(_figure(key, panel) for key, panel in charts.items())


def _figure(key: str, panel: Panel) -> str:
    legend = "".join(
        f'<span class="{colour}"><i{" class=dashed" if dashed else ""}></i>'
        f"<span>{escape(label)}</span></span>"
        for label, colour, dashed in panel.chart.legend
    )
    shown = "" if panel.is_small else f'<div class="legend">{legend}</div>'
    return (
        f'<figure data-chart="{key}"><figcaption><h3>{escape(panel.title)}</h3>'
        f'<div class="hint">{escape(panel.hint)}</div></figcaption>'
        f"{shown}{panel.chart.svg}</figure>"
    )


def unhealthy_metrics(run: RunFacts) -> list[str]:
    """One line for every metric that left its healthy range, with the steps where it did."""
    found = []
    for name in sorted({name for line in run.metrics for name in line} - {"step"}):
        metric = described(name)
        steps = [int(step) for step, value in run.series(name) if not metric.is_healthy(value)]
        if steps:
            where = (
                f"step {steps[0]}" if len(steps) == 1 else f"{len(steps)} steps, first {steps[0]}"
            )
            found.append(f"{name} ({metric.help}; healthy {metric.healthy_text}): {where}")
    return found


def _alarms(run: RunFacts) -> str:
    """Every alarm in its own words, above all else."""
    if not run.alarms:
        return ""
    items = "".join(
        f"<li><b>{escape(alarm['name'])}</b>, step {alarm['step']}: {escape(alarm['what'])}, since "
        f"step {alarm['since']}. {escape(alarm['cause'])} {escape(alarm['remedy'])} "
        f'<span class="muted">{escape(", ".join(alarm["rollouts"]))}</span></li>'
        for alarm in run.alarms
    )
    return f'<section class="card notice"><h3>Alarms</h3><ul>{items}</ul></section>'


def _unhealthy(run: RunFacts) -> str:
    lines = unhealthy_metrics(run)
    if not lines:
        return ""
    items = "".join(f"<li>{escape(line)}</li>" for line in lines)
    return (
        f'<section class="card notice"><h3>Outside the healthy range</h3><ul>{items}</ul></section>'
    )


_NUMBERED = "numbered step.group.sample. Open one to see why it passed or not."


def _sampled(shown: Shown) -> str:
    num_training = sum(row["source"] == TRAINING for row in shown.rows)
    num_evaluated = len(shown.rows) - num_training
    counts = (
        f"{number(num_training)} of {number(shown.num_training)} rollouts of training and "
        f"{number(num_evaluated)} of {number(shown.num_evaluated)} responses of evaluations"
    )
    if len(shown.rows) == shown.num_training + shown.num_evaluated:
        return f"{counts}. Rows are {_NUMBERED}"
    return (
        f"{counts}, as whole groups: some for every verdict, rare ones first, then evenly over "
        "the steps. All of them are in rollouts/*.parquet and evaluation/*.parquet. Rows are "
        f"{_NUMBERED}"
    )


def _details(run: RunFacts) -> str:
    parts = []
    if run.record is not None:
        rows = [
            (judge.task, judge.name, judge.version, judge.digest, judge.proves, judge.cannot)
            for judge in run.record.verifiers
        ]
        head = ("task", "verifier", "version", "digest", "a pass means", "and does not mean")
        parts.append(_folded("Verifiers", html_table(head, rows)))
    parts.append(
        _folded(
            "Last metrics",
            html_table(("metric", "last", "at step", "unit", "what it is"), _last(run)),
        )
    )
    parts.append(_folded("Recipe", f"<pre>{escape(run.recipe_text)}</pre>"))
    for title, value in (("Resolved recipe", run.resolved), ("Environment", run.environment)):
        text = json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False)
        parts.append(_folded(title, f"<pre>{escape(text)}</pre>"))
    return "".join(parts)


def _last(run: RunFacts) -> list[tuple[str, ...]]:
    last = {name: (value, line["step"]) for line in run.metrics for name, value in line.items()}
    return [
        (name, number(value), number(step), described(name).unit, described(name).help)
        for name, (value, step) in sorted(last.items())
        if name != "step"
    ]


def _folded(title: str, body: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{body}</details>"
