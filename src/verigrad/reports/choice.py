"""Which groups of rollouts a report shows, when it cannot show all.

First some for every verdict reason, rare ones first; then groups spread evenly over the steps.
Always whole groups, for an advantage says nothing without its group.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.core.seeds import stream
from verigrad.records.rollouts import read_columns

GROUPS_PER_REASON = 4

GroupKey = tuple[int, int]  # step, group


@dataclass(frozen=True, slots=True)
class GroupFacts:
    """What the choice looks at."""

    size: int
    reasons: frozenset[str]


def groups_in(file: Path) -> dict[int, GroupFacts]:
    """Size and verdict reasons of every group of a file of rollouts."""
    columns = read_columns(file, ("group", "reason"))
    reasons: dict[int, list[str]] = defaultdict(list)
    for group, reason in zip(columns["group"], columns["reason"], strict=True):
        reasons[group].append(reason)
    return {group: GroupFacts(len(found), frozenset(found)) for group, found in reasons.items()}


def choose_groups(groups: Mapping[GroupKey, GroupFacts], *, max_rollouts: int) -> set[GroupKey]:
    """At most `max_rollouts` rollouts; one group is chosen even if it is larger."""
    chosen: set[GroupKey] = set()
    room = max_rollouts
    for key in _in_order_of_interest(groups):
        if key not in chosen and (groups[key].size <= room or not chosen):
            chosen.add(key)
            room -= groups[key].size
    return chosen


def _in_order_of_interest(groups: Mapping[GroupKey, GroupFacts]) -> Iterable[GroupKey]:
    by_reason: dict[str, list[GroupKey]] = defaultdict(list)
    for key, facts in sorted(groups.items()):
        for reason in facts.reasons:
            by_reason[reason].append(key)
    for reason in sorted(by_reason, key=lambda name: (len(by_reason[name]), name)):
        yield from _spread(by_reason[reason], GROUPS_PER_REASON)
    by_step: dict[int, list[GroupKey]] = defaultdict(list)
    for key in sorted(groups):
        by_step[key[0]].append(key)
    steps = _spread(sorted(by_step), len(by_step))
    for found in by_step.values():
        stream("report", step=found[0][0]).shuffle(found)
    for place in range(max((len(found) for found in by_step.values()), default=0)):
        yield from (by_step[step][place] for step in steps if place < len(by_step[step]))


def _spread(items: Sequence[Any], count: int) -> list[Any]:
    """`count` of the items so that every beginning of the result is spread evenly.

    First, last, middle, then the middles of the gaps.

    >>> _spread([0, 1, 2, 3, 4, 5, 6, 7, 8], 5)
    [0, 8, 4, 2, 6]
    """
    order, seen, parts = [], set(), 1
    while len(order) < min(count, len(items)):
        for index in range(parts + 1):
            place = round(index * (len(items) - 1) / parts)
            if place not in seen:
                seen.add(place)
                order.append(items[place])
        parts *= 2
    return order[:count]
