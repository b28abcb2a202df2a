"""Which rollouts a report holds, and what it shows of each.

A run has more rollouts than a page should carry, so whole groups are chosen: first some for
every verdict reason, rare ones first, then groups spread evenly over the steps. The page says
how many of how many it shows.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.core.seeds import stream
from verigrad.core.verdict import Verdict
from verigrad.records.plain import finite, store_json
from verigrad.records.rollouts import RolloutRecord, read_columns, read_rollouts
from verigrad.records.run import RunFolder
from verigrad.reports.tokens import pieces_of, read_vocabulary

MAX_TEXT = 6_000  # characters of one text shown; the middle of a longer one is left out
MAX_TOKENS = 1_200  # tokens of one response shown with their probability
GROUPS_PER_REASON = 4

GroupKey = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Shown:
    """The rollouts chosen, in the order of the run, as the page's script reads them."""

    rows: Sequence[Mapping[str, Any]]
    num_recorded: int


@dataclass(frozen=True, slots=True)
class _GroupFacts:
    size: int
    reasons: frozenset[str]


def choose_rollouts(run: RunFolder, *, max_rollouts: int) -> Shown:
    """At most `max_rollouts` rollouts in whole groups (one group is shown even if it is larger)."""
    files = dict(run.rollout_files())
    groups = {
        (step, group): facts
        for step, file in files.items()
        for group, facts in _groups(file).items()
    }
    chosen = _choose(groups, max_rollouts=max_rollouts)
    vocabulary = read_vocabulary(run.path)
    rows = [
        show(record, vocabulary=vocabulary)
        for step in sorted({step for step, _ in chosen})
        for record in read_rollouts(files[step])
        if (step, record.group) in chosen
    ]
    return Shown(rows, sum(facts.size for facts in groups.values()))


def _groups(file: Path) -> dict[int, _GroupFacts]:
    columns = read_columns(file, ("group", "reason"))
    reasons: dict[int, list[str]] = defaultdict(list)
    for group, reason in zip(columns["group"], columns["reason"], strict=True):
        reasons[group].append(reason)
    return {group: _GroupFacts(len(found), frozenset(found)) for group, found in reasons.items()}


def _choose(groups: Mapping[GroupKey, _GroupFacts], *, max_rollouts: int) -> set[GroupKey]:
    chosen: set[GroupKey] = set()
    room = max_rollouts
    for key in _in_order_of_interest(groups):
        if key not in chosen and (groups[key].size <= room or not chosen):
            chosen.add(key)
            room -= groups[key].size
    return chosen


def _in_order_of_interest(groups: Mapping[GroupKey, _GroupFacts]) -> Iterable[GroupKey]:
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


def show(record: RolloutRecord, *, vocabulary: Mapping[int, str]) -> dict[str, Any]:
    """One rollout as the page shows it: plain JSON, long texts cut in the middle."""
    rollout, verdict = record.judged.rollout, record.judged.verdict
    return {
        "step": record.step,
        "group": record.group,
        "sample": rollout.sample,
        "fate": str(record.fate),
        "task": rollout.problem.task,
        "problem": rollout.problem.id,
        "prompt": [[m.role, cut(m.content)] for m in rollout.problem.prompt],
        "answer": cut(_as_text(rollout.problem.answer)),
        "before": [[m.role, cut(m.content)] for m in rollout.messages[:-1]],
        "response": response_parts(rollout.response, verdict),
        "tokens": _tokens(record, vocabulary=vocabulary),
        "stop": str(rollout.stop),
        "length": rollout.num_response_tokens,
        **_verdict(verdict),
        "reward": _number(record.judged.reward.total),
        "terms": [[key, _number(term)] for key, term in record.judged.reward.terms.items()],
        "advantage": _number(record.advantage),
    }


def _number(value: float | None) -> float | None:
    """Four significant digits, which is more than the page shows; None for NaN and infinities."""
    return float(f"{value:.4g}") if value is not None and math.isfinite(value) else None


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "status": str(verdict.status),
        "reason": str(verdict.reason),
        "score": verdict.score,
        "extracted": cut(verdict.extracted.text) if verdict.extracted else None,
        "how": verdict.extracted.how if verdict.extracted else None,
        "ours": cut(verdict.canonical_response),
        "theirs": cut(verdict.canonical_reference),
        "method": verdict.method,
        "certainty": verdict.certainty,
        "evidence": [[key, cut(_as_text(item))] for key, item in verdict.evidence.items()],
        "verifier": f"{verdict.verifier} {verdict.version}",
        "digest": verdict.digest,
    }


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else store_json(finite(value))


def cut(text: str | None, *, limit: int = MAX_TEXT) -> str | None:
    """The text, its middle left out (and said so) where it is longer than `limit`."""
    if text is None or len(text) <= limit:
        return text
    half = limit // 2
    return (
        f"{text[:half]} [\u2026 {len(text) - 2 * half} characters left out \u2026] {text[-half:]}"
    )


def response_parts(response: str, verdict: Verdict) -> list[list[str]]:
    """The response in pieces [text, kind]; the piece the verifier extracted has kind "answer".

    The split is made here because spans count code points and browsers count UTF-16 units.
    """
    found = verdict.extracted
    if found is None or not 0 <= found.start <= found.end <= len(response):
        return [[cut(response) or "", ""]]
    pieces = [
        [cut(response[: found.start]) or "", ""],
        [cut(response[found.start : found.end]) or "", "answer"],
        [cut(response[found.end :]) or "", ""],
    ]
    return [piece for piece in pieces if piece[0]]


def _tokens(record: RolloutRecord, *, vocabulary: Mapping[int, str]) -> dict[str, Any]:
    """Log-probability of every token the policy wrote, with its text where that is known."""
    rollout = record.judged.rollout
    pieces = pieces_of(rollout.response_ids, vocabulary=vocabulary, text=rollout.response)
    logps = [
        _number(logp) if written else None
        for logp, written in zip(rollout.logps, rollout.loss_mask, strict=True)
    ]
    return {
        "logps": logps[:MAX_TOKENS],
        "pieces": pieces[:MAX_TOKENS] if pieces else None,
        "left_out": max(0, len(logps) - MAX_TOKENS),
    }
