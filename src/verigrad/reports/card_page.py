"""A verifier card as one HTML page, from its JSON alone: no script, no request to anywhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from pathlib import Path
from typing import Any

from verigrad.core.statistics import Interval
from verigrad.records.atomic import write_text
from verigrad.reports.card_text import calibration_lines, card_markdown, faults_text
from verigrad.reports.charts import interval_chart
from verigrad.reports.charts_page import static_page

__all__ = ["card_markdown", "write_card_page"]

Json = Mapping[str, Any]
_STYLE = """
td { vertical-align: top; padding: 3px 10px 3px 0; } th.num, td.num { text-align: right; }
.bad { color: var(--wrong); font-weight: 600; } .good { color: var(--right); }
"""


def write_card_page(path: Path, card: Json, objections: Sequence[str]) -> None:
    """Write the page to `path`, whole or not at all."""
    mood = "mood-bad" if objections else "mood-good"
    says = "The gate refuses this verifier." if objections else "The gate lets this verifier train."
    lead = (
        f'<p class="lead {mood}"><b>{says}</b></p><p class="muted">A pass shows that '
        f"{escape(card['proves'] or 'its rule holds')}; it does not show "
        f"{escape(card['cannot'] or 'more')}.</p>"
    )
    parts = (_probes, _leaks, _rates, _stability, _mutants, _findings)
    body = "".join(part(card) for part in parts)
    page = static_page(
        title=f"Verifier card: {card['target']}",
        lead=lead,
        main=_tiles(card) + _notice(objections) + body,
        style=_STYLE,
    )
    write_text(path, page)


def _tiles(card: Json) -> str:
    faults = sum(sum(row["faults"].values()) for row in card["probes"] if not row["is_soft"])
    found = sum(bool(one["found_by"]) for one in card["mutants"])
    problems = card["problems"]
    tiles = [
        (f"{card['verifier']} {card['version']}", f"digest {card['digest']}"),
        (f"{sum(row['cases'] for row in card['probes']):,}", "responses tried by probes"),
        (f"{faults:,}", "faults"),
        (f"{problems['count']}", f"problems, from {problems['source']}"),
        (
            f"{found} of {len(card['mutants'])}" if card["mutants"] else "not tried",
            "weakened copies found",
        ),
        (card["audited_on"], f"audited in {card['seconds']:.1f} s"),
    ]
    cells = "".join(
        f'<div class="tile"><b>{escape(value)}</b><span>{escape(label)}</span></div>'
        for value, label in tiles
    )
    return f'<section class="tiles">{cells}</section>'


def _notice(objections: Sequence[str]) -> str:
    if not objections:
        return ""
    items = "".join(f"<li>{escape(why)}</li>" for why in objections)
    return f'<section class="card notice"><h2>Why it is refused</h2><ul>{items}</ul></section>'


def _probes(card: Json) -> str:
    rows = "".join(
        f"<tr><td>{escape(row['name'])}</td><td class='muted'>{escape(row['looks_for'])}</td>"
        f"<td class='num'>{row['cases']}</td>"
        f"<td class='{_mood(row)}'>{escape(faults_text(row['faults']))}</td>"
        f"<td class='num'>{row['mean_pay']:.3f}</td>"
        f"<td class='num'>{1000 * row['slowest_s']:.1f}</td></tr>"
        for row in card["probes"]
    )
    head = "<tr><th>probe</th><th>looks for</th><th class='num'>cases</th><th>faults</th>"
    return (
        "<section class='card'><h2>Probes</h2><div class='hint'>responses whose label is beyond "
        "doubt; mean pay is what a policy that always answers so would earn</div>"
        f"<table>{head}<th class='num'>mean pay</th><th class='num'>slowest, ms</th></tr>{rows}"
        "</table></section>"
    )


def _mood(row: Json) -> str:
    if not row["faults"]:
        return "good"
    return "muted" if row["is_soft"] else "bad"


def _leaks(card: Json) -> str:
    if not card.get("leaks"):
        return ""

    def mood(check: Json) -> str:
        if not check["found"]:
            return "good"
        return "muted" if check["is_soft"] else "bad"

    rows = "".join(
        f"<tr><td>{escape(check['name'])}</td><td class='muted'>{escape(check['looks_for'])}</td>"
        f"<td class='num'>{check['looked_at']:,}</td>"
        f"<td class='num {mood(check)}'>{check['found']}</td>"
        f"<td>{'<br>'.join(f'<code>{escape(one)}</code>' for one in check['examples'])}</td></tr>"
        for check in card["leaks"]
    )
    return (
        "<section class='card'><h2>What a policy could look up</h2><div class='hint'>solutions and "
        "hidden tests, from where the policy works on its repository</div><table><tr><th>where</th>"
        "<th>looked for</th><th class='num'>looked at</th><th class='num'>found</th><th>such as"
        f"</th></tr>{rows}</table></section>"
    )


def _rates(card: Json) -> str:
    parts = []
    for key, title in (("labelled", "On labelled responses"), ("constructed", "On made cases")):
        found = card.get(key)
        if not found:
            continue
        rows = [
            (label, colour, Interval(*found["overall"][name]))
            for name, label, colour in (
                ("false_positives", "wrong and paid", "c-wrong"),
                ("false_negatives", "right, refused", "c-amber"),
            )
            if name in found["overall"]
        ]
        text = "".join(f"<p>{escape(line)}</p>" for line in calibration_lines(found))
        chart = interval_chart(rows, title=title) if rows else ""
        parts.append(f"<figure><figcaption><h3>{title}</h3></figcaption>{chart}{text}</figure>")
    return f"<section class='charts'>{''.join(parts)}</section>"


def _stability(card: Json) -> str:
    items = "".join(
        f"<tr><td>{escape(check['name'])}</td><td class='num'>{check['compared']}</td>"
        f"<td class='{'bad' if check['differed'] else 'good'}'>{check['differed']}</td>"
        f"<td><code>{escape(check['example'])}</code></td></tr>"
        for check in card["stability"]
    )
    return (
        "<section class='card'><h2>The same verdict everywhere</h2><table><tr><th>judged</th>"
        f"<th class='num'>compared</th><th>differ</th><th></th></tr>{items}</table></section>"
    )


def _mutants(card: Json) -> str:
    if not card["mutants"]:
        return ""

    def seen(one: Json) -> str:
        if one["found_by"]:
            return f"<td class='good'>found by {escape(one['found_by'])}</td>"
        if one["changed"]:
            return "<td class='bad'>not seen</td>"
        return "<td class='muted'>without effect on these cases</td>"

    rows = "".join(
        f"<tr><td>{escape(one['name'])}</td><td class='num'>{one['changed']}</td>{seen(one)}</tr>"
        for one in card["mutants"]
    )
    return (
        "<section class='card'><h2>Weakened copies</h2><div class='hint'>would this audit have "
        "noticed the hole?</div><table><tr><th>the verifier, but it</th>"
        f"<th class='num'>verdicts changed</th><th></th></tr>{rows}</table></section>"
    )


def _findings(card: Json) -> str:
    if not card["findings"]:
        return "<section class='card'><h2>Findings</h2><p>None.</p></section>"
    items = "".join(
        f"<h3>{escape(found['probe'])}: {escape(found['what'])} "
        f"<span class='muted'>({escape(', '.join(found['faults']))})</span></h3>"
        f"<p class='muted'>{escape(found['question'])} Answer: <b>{escape(found['answer'])}</b>. "
        f"Verdict: {escape(found['reason'])}, score {found['score']}. {escape(found['why'])}</p>"
        f"<pre>{escape(found['response'])}</pre>"
        for found in card["findings"]
    )
    return f"<section class='card'><h2>Findings</h2>{items}</section>"
