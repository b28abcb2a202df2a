"""What length and std normalisation do to a run: who was pushed, and how hard.

The push of a rollout is the sum of the sizes of its tokens' weights in the policy term, on policy:
|advantage| x tokens x share of a token. Pushes are shares of their step's sum, so that every step
counts once, as an optimizer that divides by the gradient's size sees it.

Dividing a row's loss by its own length makes each token of a long answer count less, which makes
long wrong answers cheap; dividing by the group's deviation makes very easy and very hard questions
count more (Dr. GRPO, arXiv 2503.20783).
"""

# B rollouts of a step

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from types import MappingProxyType

import torch

from verigrad.algorithms import BatchTotals, Objective, advantages, preset
from verigrad.training.diagnosis.stored import Settings, StoredStep
from verigrad.training.diagnosis.weights import token_share

RUN, NO_LENGTH, NO_SCALE = "this run", "without length normalisation", "without scaling"
COMPARED: Mapping[str, Objective] = MappingProxyType(
    {
        "GRPO": preset("grpo", kl_coefficient=0.0),
        "Dr. GRPO": preset("dr_grpo"),
        "token mean": preset("dr_grpo", aggregation="token_mean"),
    }
)


@dataclass(frozen=True, slots=True)
class Pushed:
    """A rollout of a step: what it was, and its share of the step's push under each objective.

    `pass_rate` is that of its group: the share of scored rollouts that were right.
    """

    step: int
    group: int
    is_right: bool
    num_tokens: int
    pass_rate: float
    push: Mapping[str, float]


def pushed(step: StoredStep, objective: Objective, settings: Settings) -> list[Pushed]:
    """The rollouts of a step that some objective pushes; pushes of one objective add up to 1.

    The run's own are by the advantages it recorded (a mean over tokens, where each has its own);
    the others' are recomputed from the rewards.
    """
    rows = [
        (record.group, record.judged, record.advantage)
        for record in step.records
        if record.advantage is not None
    ]
    if not rows:
        return []
    lengths = [judged.rollout.num_response_tokens for _, judged, _ in rows]
    groups = [group for group, _, _ in rows]
    totals = _totals(lengths, groups, settings.max_tokens)
    columns = {RUN: [advantage for *_, advantage in rows]}
    reward_B = torch.tensor([judged.reward.total for _, judged, _ in rows], dtype=torch.float64)
    columns |= {
        name: advantages(reward_B, torch.tensor(groups), objective=compared).tolist()
        for name, compared in COMPARED.items()
    }
    columns[NO_LENGTH] = columns[RUN]
    columns[NO_SCALE] = _unscaled(columns[RUN], groups, reward_B.tolist(), objective)
    kinds = {name: compared.aggregation for name, compared in COMPARED.items()}
    kinds |= {RUN: objective.aggregation, NO_LENGTH: "constant", NO_SCALE: objective.aggregation}
    shares = {
        name: _shares(column, lengths, groups, totals, kinds[name])
        for name, column in columns.items()
    }
    rates = _pass_rates(step)
    return [
        Pushed(
            step.number,
            group,
            judged.verdict.is_correct,
            lengths[index],
            rates[group],
            {name: shares[name][index] for name in shares},
        )
        for index, (group, judged, _) in enumerate(rows)
        if any(column[index] for column in columns.values())
    ]


def _shares(
    column: Sequence[float],
    lengths: Sequence[int],
    groups: Sequence[int],
    totals: BatchTotals,
    aggregation: str,
) -> list[float]:
    """Each row's share of the push; all 0 where nothing is pushed."""
    sizes = [
        abs(advantage) * tokens * token_share(totals, aggregation, row_tokens=tokens, group=group)
        if tokens
        else 0.0
        for advantage, tokens, group in zip(column, lengths, groups, strict=True)
    ]
    whole = sum(sizes)
    return [size / whole if whole else 0.0 for size in sizes]


def _unscaled(
    column: Sequence[float], groups: Sequence[int], rewards: Sequence[float], objective: Objective
) -> list[float]:
    """The run's advantages multiplied by what their group's scale divided them by."""
    if objective.scaling != "group_std":
        return list(column)
    members: dict[int, list[float]] = {}
    for group, reward in zip(groups, rewards, strict=True):
        members.setdefault(group, []).append(reward)
    std = {
        group: float(torch.tensor(of_group).std(correction=objective.std_correction))
        for group, of_group in members.items()
        if len(of_group) > 1
    }
    return [a * std.get(group, 0.0) for a, group in zip(column, groups, strict=True)]


def _totals(lengths: Sequence[int], groups: Sequence[int], max_tokens: int) -> BatchTotals:
    in_group = [0] * (max(groups) + 1)
    for length, group in zip(lengths, groups, strict=True):
        in_group[group] += length
    return BatchTotals(len(lengths), len(set(groups)), sum(lengths), max_tokens, tuple(in_group))


def _pass_rates(step: StoredStep) -> dict[int, float]:
    counts: dict[int, list[int]] = {}
    for record in step.records:
        if record.judged.reward.total is not None:
            right, scored = counts.setdefault(record.group, [0, 0])
            counts[record.group] = [right + record.judged.verdict.is_correct, scored + 1]
    return {group: right / scored for group, (right, scored) in counts.items()}


@dataclass(frozen=True, slots=True)
class LengthCell:
    """Right or wrong rollouts of a range of lengths.

    `share` is of the push, `a_token` the push of one of its tokens over that of a mean token.
    """

    outcome: str
    lengths: str
    rollouts: int
    token_share: float
    share: Mapping[str, float]
    a_token: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class DifficultyCell:
    """Groups of a range of pass rates; `a_group` is the push of one over that of a mean group."""

    pass_rate: str
    middle: float
    groups: int
    a_group: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class StepBias:
    """A step: share of the push on long wrong answers, and mean lengths (None: there are none)."""

    step: int
    long_wrong: Mapping[str, float]
    right_length: float | None
    wrong_length: float | None


SHOWN = (RUN, *COMPARED)


def length_edges(rollouts: Sequence[Pushed]) -> list[int]:
    """Upper ends of the length ranges: quartiles, those that coincide once, the last open.

    >>> def of(length): return Pushed(1, 0, True, length, 0.5, {})
    >>> length_edges([of(n) for n in (1, 2, 3, 4, 5, 6, 7, 8)])
    [2, 4, 6]
    """
    lengths = sorted(rollout.num_tokens for rollout in rollouts)
    quartiles = [lengths[max(0, len(lengths) * k // 4 - 1)] for k in (1, 2, 3)]
    return sorted({edge for edge in quartiles if edge < lengths[-1]})


def bucket_of(length: int, edges: Sequence[int]) -> int:
    """Which range a length is in."""
    return sum(length > edge for edge in edges)


def bucket_names(edges: Sequence[int]) -> list[str]:
    """The ranges in words.

    >>> bucket_names([31, 33])
    ['to 31', '32 to 33', 'from 34']
    """
    if not edges:
        return ["all"]
    inner = [f"{low + 1} to {high}" for low, high in pairwise(edges)]
    return [f"to {edges[0]}", *inner, f"from {edges[-1] + 1}"]


def by_length(rollouts: Sequence[Pushed], edges: Sequence[int]) -> list[LengthCell]:
    """Push by outcome and length, short to long."""
    tokens = sum(rollout.num_tokens for rollout in rollouts)
    whole = {name: _push(rollouts, name) for name in rollouts[0].push}
    cells = []
    for outcome in ("right", "wrong"):
        for bucket, name in enumerate(bucket_names(edges)):
            members = [
                rollout
                for rollout in rollouts
                if rollout.is_right == (outcome == "right")
                and bucket_of(rollout.num_tokens, edges) == bucket
            ]
            own = sum(rollout.num_tokens for rollout in members)
            share = {key: _push(members, key) / whole[key] if whole[key] else 0.0 for key in whole}
            cells.append(
                LengthCell(
                    outcome,
                    name,
                    len(members),
                    own / tokens,
                    share,
                    {key: value * tokens / own if own else 0.0 for key, value in share.items()},
                )
            )
    return cells


def by_difficulty(rollouts: Sequence[Pushed], *, parts: int = 8) -> list[DifficultyCell]:
    """Push a group by its pass rate, in ranges around k / parts; empty ones are left out."""
    groups: dict[tuple[int, int], list[Pushed]] = {}
    for rollout in rollouts:
        groups.setdefault((rollout.step, rollout.group), []).append(rollout)
    mean = {name: _push(rollouts, name) / len(groups) for name in rollouts[0].push}
    cells = []
    for part in range(parts + 1):
        members = [g for g in groups.values() if round(g[0].pass_rate * parts) == part]
        if not members:
            continue
        rates = sorted({group[0].pass_rate for group in members})
        words = f"{rates[0]:.3g}" if len(rates) == 1 else f"{rates[0]:.3g} to {rates[-1]:.3g}"
        flat = [rollout for group in members for rollout in group]
        relative = {
            name: _push(flat, name) / len(members) / mean[name] if mean[name] else 0.0
            for name in mean
        }
        cells.append(DifficultyCell(words, part / parts, len(members), relative))
    return cells


def of_step(rollouts: Sequence[Pushed], edges: Sequence[int]) -> StepBias:
    """A step's share of the push on wrong answers of the longest range, and its mean lengths."""
    long_wrong = [
        rollout
        for rollout in rollouts
        if not rollout.is_right and bucket_of(rollout.num_tokens, edges) == len(edges)
    ]
    return StepBias(
        rollouts[0].step,
        {name: _push(long_wrong, name) for name in rollouts[0].push},
        _mean_length(rollout for rollout in rollouts if rollout.is_right),
        _mean_length(rollout for rollout in rollouts if not rollout.is_right),
    )


def length_effect(cells: Sequence[LengthCell]) -> float | None:
    """How length normalisation changes the push on a token of the longest wrong answers.

    Against one of the shortest wrong answers, and over what the same batch gives without it: 0.5
    means that those tokens are pushed half as hard as their advantage asks for. None where there
    is only one range, or a range has no wrong answers.
    """
    wrong = [cell for cell in cells if cell.outcome == "wrong"]
    first, last = wrong[0], wrong[-1]
    if first is last or not (first.rollouts and last.rollouts):
        return None
    ratios = [
        last.a_token[name] / first.a_token[name] if first.a_token[name] else 0.0
        for name in (RUN, NO_LENGTH)
    ]
    return ratios[0] / ratios[1] if ratios[1] else None


def scale_effect(cells: Sequence[DifficultyCell]) -> float | None:
    """How scaling changes the push of the easiest and hardest groups against the middling ones.

    Over what the same batch gives without scaling: 1.5 means half as much again. None where there
    are no groups near both.
    """
    middle = [cell for cell in cells if 0.35 <= cell.middle <= 0.65]
    ends = [cell for cell in cells if not 0.2 <= cell.middle <= 0.8]
    if not middle or not ends:
        return None
    ratios = [_mean_push(ends, name) / _mean_push(middle, name) for name in (RUN, NO_SCALE)]
    return ratios[0] / ratios[1] if ratios[1] else None


def _mean_push(cells: Sequence[DifficultyCell], name: str) -> float:
    count = sum(cell.groups for cell in cells)
    return sum(cell.a_group[name] * cell.groups for cell in cells) / count


def _push(rollouts: Iterable[Pushed], name: str) -> float:
    return sum(rollout.push[name] for rollout in rollouts)


def _mean_length(rollouts: Iterable[Pushed]) -> float | None:
    lengths = [rollout.num_tokens for rollout in rollouts]
    return sum(lengths) / len(lengths) if lengths else None
