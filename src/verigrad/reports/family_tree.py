"""The stages of a pipeline as boxes with lines of descent."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from html import escape

from verigrad.reports.stage_facts import CONDITIONS, StageFacts

_BOX_WIDTH, _BOX_HEIGHT, _GAP_X, _GAP_Y = 168, 46, 44, 16
_LANE = 14


def family_tree(stages: Sequence[StageFacts]) -> str:
    """Stages as boxes from left to right, each behind its parents, with lines of descent."""
    depth: dict[str, int] = {}
    for stage in stages:
        depth[stage.name] = 1 + max((depth.get(parent, 0) for parent in stage.parents), default=-1)
    columns: dict[int, list[StageFacts]] = defaultdict(list)
    for stage in stages:
        columns[depth[stage.name]].append(stage)
    tallest = max((len(column) for column in columns.values()), default=1)
    places: dict[str, tuple[float, float]] = {}
    for column, members in columns.items():
        start = (tallest - len(members)) / 2
        for row, stage in enumerate(members):
            places[stage.name] = (
                column * (_BOX_WIDTH + _GAP_X),
                (start + row) * (_BOX_HEIGHT + _GAP_Y),
            )
    below = tallest * (_BOX_HEIGHT + _GAP_Y) - _GAP_Y
    body, lanes = [], 0
    for stage in stages:
        for parent in (one for one in stage.parents if one in places):
            if depth[stage.name] - depth[parent] == 1:
                body.append(_edge(places[parent], places[stage.name]))
            else:  # below all boxes, so that it does not seem to come from one of them
                lanes += 1
                lane = below + _LANE * lanes
                body.append(_edge(places[parent], places[stage.name], lane=lane))
    body += [_box(stage, *places[stage.name]) for stage in stages]
    width = max(1, len(columns)) * (_BOX_WIDTH + _GAP_X) - _GAP_X + 4
    height = below + _LANE * lanes + 4
    style = f"max-width:{width}px"
    return (
        f'<svg viewBox="-2 -2 {width} {height}" style="{style}" role="img" '
        f'aria-label="Family tree of the stages">{"".join(body)}</svg>'
    )


def _edge(
    parent: tuple[float, float], child: tuple[float, float], *, lane: float | None = None
) -> str:
    """An arrow between two boxes; by way of `lane`, a height, where they are no neighbours."""
    x1, y1 = parent[0] + _BOX_WIDTH, parent[1] + _BOX_HEIGHT / 2
    x2, y2 = child[0] - 5, child[1] + _BOX_HEIGHT / 2
    half = _GAP_X / 2
    middle = f"{x2 - half:g} {y2:g}"
    if lane is not None:
        middle = (
            f"{x1 + half:g} {lane:g} {x1 + _GAP_X:g} {lane:g}H{x2 - _GAP_X:g}"
            f"C{x2 - half:g} {lane:g} {middle}"
        )
    return (
        f'<path class="edge" d="M{x1:g} {y1:g}C{x1 + half:g} {y1:g} {middle} {x2:g} {y2:g}"/>'
        f'<path class="tip" d="M{x2 + 4:g} {y2:g}l-7 -4v8z"/>'
    )


def _box(stage: StageFacts, x: float, y: float) -> str:
    told = stage.kind or "unknown"
    if "accuracy" in stage.figures:
        told += f", {stage.figures['accuracy']:.1%}"
    elif "kept" in stage.figures:
        told += f", {stage.figures['kept']:,.0f} kept"
    is_open = "" if stage.state == "done" else " open"
    colour, _ = CONDITIONS[stage.condition]
    place = f'x="{x:g}" y="{y:g}" width="{_BOX_WIDTH}" height="{_BOX_HEIGHT}" rx="7"'
    return (
        f'<g class="{colour}"><title>{escape(stage.name)}: {stage.condition}</title>'
        f'<rect class="box{is_open}" {place}/><rect class="wash" {place}/>'
        f'<text class="strong" x="{x + 10:g}" y="{y + 19:g}">{escape(fitted(stage.name))}</text>'
        f'<text class="kind" x="{x + 10:g}" y="{y + 36:g}">{escape(told)}</text></g>'
    )


def fitted(name: str) -> str:
    """A name cut to the width of a box."""
    return name if len(name) <= 22 else f"{name[:21]}…"
