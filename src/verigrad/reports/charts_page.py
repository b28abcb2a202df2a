"""A page of charts with words above and a table below: no script, no request to anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from html import escape
from importlib import resources
from itertools import groupby
from pathlib import Path

from verigrad.records.atomic import write_text
from verigrad.reports.panels import Panel

_PAGE = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<title>{title}</title>
<style>{style}</style>
</head>
<body>
<header class="top"><div class="bar"><span class="brand">verigrad</span></div>
<h1>{title}</h1>{lead}</header>
<main>{main}</main>
</body>
</html>
"""


def static_page(*, title: str, lead: str, main: str, style: str = "") -> str:
    """A page in the report's style. `lead` and `main` are HTML, `title` is text."""
    shared = resources.files("verigrad.reports").joinpath("assets", "page.css").read_text("utf-8")
    return _PAGE.format(title=escape(title), style=shared + style, lead=lead, main=main)


def write_charts_page(
    path: Path, *, title: str, words: Sequence[str], text: str, panels: Sequence[Panel]
) -> None:
    """Write the page to `path`, whole or not at all."""
    figures = "".join(figure(panel) for panel in panels)
    page = static_page(
        title=title,
        lead="".join(f'<p class="lead">{escape(said)}</p>' for said in words),
        main=f'<section class="charts">{figures}</section>'
        f'<section class="card"><h2>The numbers</h2>{_numbers(text)}</section>',
    )
    write_text(path, page)


def html_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as HTML, from plain cells."""
    top = "".join(f"<th>{escape(cell)}</th>" for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><tr>{top}</tr>{body}</table>"


def _numbers(text: str) -> str:
    """Text for people as HTML: tables written in Markdown become tables, the rest stays."""
    parts = []
    for is_table, lines in groupby(text.split("\n"), lambda line: line.startswith("|")):
        if is_table:
            cells = [[c.strip() for c in line.strip().split("|")[1:-1]] for line in lines]
            head, *rows = [row for row in cells if not all(set(c) <= set("-:") for c in row)]
            parts.append(html_table(head, rows))
        elif said := "\n".join(lines).strip():
            parts.append(f"<pre>{escape(said)}</pre>")
    return "".join(parts)


def figure(panel: Panel) -> str:
    """A panel as HTML: title, hint, legend, drawing."""
    legend = "".join(
        f'<span class="{colour}"><i{" class=dashed" if dashed else ""}></i>'
        f"<span>{escape(label)}</span></span>"
        for label, colour, dashed in panel.chart.legend
    )
    return (
        f"<figure><figcaption><h3>{escape(panel.title)}</h3>"
        f'<div class="hint">{escape(panel.hint)}</div></figcaption>'
        f'<div class="legend">{legend}</div>{panel.chart.svg}</figure>'
    )
