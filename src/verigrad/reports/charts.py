"""Charts as SVG text: lines with bands, stacked areas, and intervals side by side.

Colours are CSS classes, so that one drawing serves light and dark. Everything drawn also goes to
`Chart.data`, from which the page's script answers the mouse.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from html import escape
from typing import Any

from verigrad.core.statistics import Interval
from verigrad.reports.scale import extent, number, thinned, ticks

LEFT, RIGHT, TOP, BOTTOM = 48, 12, 10, 26


@dataclass(frozen=True, slots=True)
class Size:
    """Of a drawing, in the units its text is measured in (about one pixel on a laptop)."""

    width: int
    height: int


WIDE = Size(600, 230)
SMALL = Size(290, 150)


@dataclass(frozen=True, slots=True)
class Line:
    """Points (x, y) or (x, y, low, high); with bounds a band is drawn behind the line."""

    label: str
    colour: str
    points: Sequence[Sequence[float]]
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer of a stack: a value for every x of the chart."""

    label: str
    colour: str
    values: Sequence[float]


@dataclass(frozen=True, slots=True)
class Chart:
    """A drawing, its legend (label, colour, dashed) and the numbers in it."""

    svg: str
    legend: Sequence[tuple[str, str, bool]]
    data: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Frame:
    """Where data stand in the drawing."""

    x_low: float
    x_high: float
    y_low: float
    y_high: float
    size: Size

    def x(self, value: float) -> float:
        span = self.x_high - self.x_low
        share = (value - self.x_low) / span if span else 0.5
        return round(LEFT + share * (self.size.width - LEFT - RIGHT), 2)

    def y(self, value: float) -> float:
        value = min(max(value, self.y_low), self.y_high)
        share = (value - self.y_low) / (self.y_high - self.y_low)
        return round(self.size.height - BOTTOM - share * (self.size.height - TOP - BOTTOM), 2)


def share_text(value: float) -> str:
    """A share as a percentage.

    >>> share_text(0.5)
    '50 %'
    """
    return f"{number(100 * value)} %"


def line_chart(
    lines: Sequence[Line],
    *,
    title: str,
    text: Callable[[float], str] = number,
    y_range: tuple[float, float] | None = None,
    from_zero: bool = True,
    dots: bool = False,
    size: Size = WIDE,
) -> Chart | None:
    """Lines over steps; None where there is not one point."""
    drawn = [
        Line(line.label, line.colour, thinned(line.points), line.dashed)
        for line in lines
        if line.points
    ]
    if not drawn:
        return None
    ys = [value for line in drawn for point in line.points for value in point[1:]]
    xs = [point[0] for line in drawn for point in line.points]
    low, high = y_range or extent(ys, from_zero=from_zero)
    frame = _Frame(min(xs), max(xs), low, high, size)
    body = [_axes(frame, text=text)]
    body += [_band(line, frame) for line in drawn if len(line.points[0]) == 4]
    body += [_stroke(line, frame, dots=dots or len(line.points) < 4) for line in drawn]
    return Chart(
        _svg(body, title=title, size=size),
        [(line.label, line.colour, line.dashed) for line in drawn],
        _data(frame, text, [_line_data(line) for line in drawn]),
    )


def _line_data(line: Line) -> dict[str, Any]:
    return {
        "label": line.label,
        "colour": line.colour,
        "points": [[_plain(value) for value in point] for point in line.points],
    }


def _plain(value: float) -> float | None:
    return float(f"{value:.5g}") if math.isfinite(value) else None


def stacked_chart(
    xs: Sequence[float],
    layers: Sequence[Layer],
    *,
    title: str,
    text: Callable[[float], str] = number,
    top: float | None = None,
) -> Chart | None:
    """Areas on top of each other, the first at the bottom; None where there is nothing."""
    if not xs or not layers:
        return None
    rows = thinned([(x, *(layer.values[i] for layer in layers)) for i, x in enumerate(xs)])
    if len(rows) == 1:  # one step still deserves an area
        rows = [(rows[0][0] - 0.5, *rows[0][1:]), (rows[0][0] + 0.5, *rows[0][1:])]
    height = top or extent([sum(row[1:]) for row in rows], from_zero=True)[1]
    frame = _Frame(rows[0][0], rows[-1][0], 0.0, height, WIDE)
    body = [_axes(frame, text=text)]
    for index, layer in enumerate(layers, start=1):
        upper = [(frame.x(row[0]), frame.y(sum(row[1 : index + 1]))) for row in rows]
        lower = [(frame.x(row[0]), frame.y(sum(row[1:index]))) for row in reversed(rows)]
        body.append(f'<path class="area {layer.colour}" d="{_path(upper + lower)}Z"/>')
    series = [
        {
            "label": layer.label,
            "colour": layer.colour,
            "points": [[_plain(row[0]), _plain(row[index])] for row in rows],
        }
        for index, layer in enumerate(layers, start=1)
    ]
    legend = [(layer.label, layer.colour, False) for layer in layers]
    return Chart(_svg(body, title=title, size=WIDE), legend, _data(frame, text, series))


def interval_chart(rows: Sequence[tuple[str, str, Interval]], *, title: str) -> str:
    """Shares between 0 and 1 with their intervals, one (label, colour, interval) a row."""
    step, left = 30, 120
    size = Size(WIDE.width, step * len(rows) + 26)
    scale = size.width - left - 70
    body = []
    for tick in (0.0, 0.25, 0.5, 0.75, 1.0):
        x = left + tick * scale
        body.append(f'<line class="grid" x1="{x}" x2="{x}" y1="2" y2="{size.height - 20}"/>')
        body.append(
            f'<text class="tick" x="{x}" y="{size.height - 5}" text-anchor="middle">'
            f"{share_text(tick)}</text>"
        )
    for index, (label, colour, interval) in enumerate(rows):
        y = step * index + 16
        low, value, high = (left + scale * v for v in (interval.low, interval.value, interval.high))
        body.append(f'<text class="label" x="0" y="{y + 4}">{escape(label)}</text>')
        body.append(
            f'<line class="whisker {colour}" x1="{low:.1f}" x2="{high:.1f}" y1="{y}" y2="{y}"/>'
        )
        body.append(f'<circle class="dot {colour}" cx="{value:.1f}" cy="{y}" r="5"/>')
        body.append(
            f'<text class="label strong" x="{size.width}" y="{y + 4}" text-anchor="end">'
            f"{100 * interval.value:.1f} %</text>"
        )
    return _svg(body, title=title, size=size)


def _svg(body: Sequence[str], *, title: str, size: Size) -> str:
    return (
        f'<svg viewBox="0 0 {size.width} {size.height}" role="img" aria-label="{escape(title)}">'
        + "".join(body)
        + "</svg>"
    )


def _axes(frame: _Frame, *, text: Callable[[float], str], with_x: bool = True) -> str:
    size = frame.size
    parts = []
    for value in ticks(frame.y_low, frame.y_high, count=max(3, size.height // 55)):
        y = frame.y(value)
        parts.append(
            f'<line class="grid" x1="{LEFT}" x2="{size.width - RIGHT}" y1="{y}" y2="{y}"/>'
        )
        parts.append(
            f'<text class="tick" x="{LEFT - 6}" y="{y + 3.5}" text-anchor="end">'
            f"{escape(text(value))}</text>"
        )
    if not with_x:
        return "".join(parts)
    parts += [
        f'<text class="tick" x="{frame.x(value)}" y="{size.height - 8}" text-anchor="middle">'
        f"{number(value)}</text>"
        for value in ticks(frame.x_low, frame.x_high, count=max(3, size.width // 95), whole=True)
    ]
    return "".join(parts)


def _band(line: Line, frame: _Frame) -> str:
    upper = [(frame.x(x), frame.y(high)) for x, _, _, high in line.points]
    lower = [(frame.x(x), frame.y(low)) for x, _, low, _ in reversed(line.points)]
    return f'<path class="band {line.colour}" d="{_path(upper + lower)}Z"/>'


def _stroke(line: Line, frame: _Frame, *, dots: bool) -> str:
    places = [(frame.x(point[0]), frame.y(point[1])) for point in line.points]
    dash = " dashed" if line.dashed else ""
    parts = [f'<path class="line {line.colour}{dash}" d="{_path(places)}"/>']
    if dots:
        for (x, y), point in zip(places, line.points, strict=True):
            if len(point) == 4:
                low, high = frame.y(point[2]), frame.y(point[3])
                parts.append(
                    f'<line class="whisker thin {line.colour}" '
                    f'x1="{x}" x2="{x}" y1="{low}" y2="{high}"/>'
                )
            parts.append(f'<circle class="dot {line.colour}" cx="{x}" cy="{y}" r="3.5"/>')
    return "".join(parts)


def _path(places: Sequence[tuple[float, float]]) -> str:
    return "M" + "L".join(f"{x:g} {y:g}" for x, y in places)


def _data(
    frame: _Frame, text: Callable[[float], str], series: list[dict[str, Any]]
) -> dict[str, Any]:
    size = frame.size
    return {
        "x": [frame.x_low, frame.x_high],
        "area": [LEFT, size.width - RIGHT, TOP, size.height - BOTTOM, size.width],
        "percent": text is share_text,
        "series": series,
    }


@dataclass(frozen=True, slots=True)
class Bar:
    """A bar of a histogram: its label, and its parts (label, colour, count) from the bottom up."""

    label: str
    parts: Sequence[tuple[str, str, float]]


def bar_chart(bars: Sequence[Bar], *, title: str, size: Size = WIDE) -> Chart:
    """Bars side by side from zero; the height of each is written above it."""
    heights = [sum(count for _, _, count in bar.parts) for bar in bars]
    top = extent([*heights, 1.0], from_zero=True)[1]
    frame = _Frame(0.0, float(len(bars)), 0.0, top, size)
    body = [_axes(frame, text=number, with_x=False)]
    for place, (bar, height) in enumerate(zip(bars, heights, strict=True)):
        left, right = frame.x(place + 0.1), frame.x(place + 0.9)
        below = 0.0
        for _, colour, count in bar.parts:
            upper, lower = frame.y(below + count), frame.y(below)
            body.append(
                f'<rect class="area {colour}" x="{left}" y="{upper}" '
                f'width="{right - left:.2f}" height="{lower - upper:.2f}"/>'
            )
            below += count
        middle = round((left + right) / 2, 2)
        body.append(
            f'<text class="tick" x="{middle}" y="{size.height - 8}" text-anchor="middle">'
            f"{escape(bar.label)}</text>"
        )
        if height:
            body.append(
                f'<text class="tick" x="{middle}" y="{frame.y(height) - 4}" text-anchor="middle">'
                f"{number(height)}</text>"
            )
    legend = list(dict.fromkeys((name, colour, False) for b in bars for name, colour, _ in b.parts))
    return Chart(_svg(body, title=title, size=size), legend)
