"""How an advantage came about: the steps of the estimator, with the numbers put in."""

# B rows  T predicted tokens of all rows

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType

import torch
from torch import Tensor

from verigrad.algorithms import Objective, segments
from verigrad.algorithms.advantages import baseline
from verigrad.algorithms.token_advantages import reference_penalty
from verigrad.training.batch import PolicyBatch
from verigrad.training.batching import Weighed
from verigrad.training.diagnosis.weights import old_logps
from verigrad.training.estimate import estimate, token_inputs

_FEW = 12  # rewards of a group that are written out


@dataclass(frozen=True, slots=True)
class Line:
    """One step of the reckoning: what it is, how it came about, and its number if it has one."""

    what: str
    how: str
    value: float | None = None


@dataclass(frozen=True, slots=True)
class Place:
    """Which token of which row of the batch is explained."""

    row: int
    token: int


def shown(value: float) -> str:
    """A number for people: six significant digits at most.

    >>> shown(0.30000000000000004), shown(1.0), shown(-0.000123456789)
    ('0.3', '1', '-0.000123457')
    """
    return f"{value:.6g}"


def derive_advantage(weighed: Weighed, objective: Objective, place: Place) -> Iterator[Line]:
    """From the reward to the advantage of one token."""
    yield from ESTIMATORS[objective.estimator](weighed, objective, place)
    final = advantage_at(weighed.batch, place)
    weight = objective.negative_weight if final < 0 else objective.positive_weight
    if weight != 1.0:
        sign = "negative" if final < 0 else "positive"
        yield Line(f"weight of {sign} advantages", "of the objective", weight)
    yield Line("advantage", "recomputed from the records", final)


def advantage_at(batch: PolicyBatch, place: Place) -> float:
    """Of the token, where there is one a token; else of its row."""
    if batch.token_advantages is None:
        return batch.advantages[place.row]
    return float(batch.token_advantages[place.row][place.token])


def _outcome(weighed: Weighed, objective: Objective, place: Place) -> Iterator[Line]:
    reward_B = _rewards(weighed)
    if objective.has_kl and objective.kl_in == "reward_sequence":
        penalty_B = _row_penalties(weighed, objective)
        taken = float(penalty_B[place.row])
        yield Line(
            "KL in the reward",
            f"{shown(objective.kl_coefficient)} x sum over the row of {objective.kl_estimator}"
            " of log policy - log reference",
            taken,
        )
        reward_B = reward_B - penalty_B
        yield Line(
            "reward less KL",
            f"{shown(float(weighed.paid.rewards[place.row]))} - {shown(taken)}",
            float(reward_B[place.row]),
        )
    yield from _compare(weighed, objective, place, reward_B)


def _compare(
    weighed: Weighed, objective: Objective, place: Place, reward_B: Tensor
) -> Iterator[Line]:
    """Baseline, difference and scale of a row's reward."""
    greedy = weighed.paid.greedy
    base_B = baseline(
        reward_B,
        _groups(weighed),
        name=objective.baseline,
        greedy_B=None if greedy is None else torch.tensor(greedy, dtype=torch.float64),
    )
    reward, base = float(reward_B[place.row]), float(base_B[place.row])
    if objective.baseline != "none":
        yield Line("baseline", _baseline_words(weighed, objective, place, reward_B), base)
        yield Line("reward - baseline", f"{shown(reward)} - {shown(base)}", reward - base)
    if objective.scaling in ("group_std", "batch_std"):
        is_batch = objective.scaling == "batch_std"
        same_B = _groups(weighed) == _groups(weighed)[place.row]
        spread = reward_B if is_batch else reward_B[same_B]
        std = float(spread.std(correction=objective.std_correction))
        where = "all rewards of the batch" if is_batch else "its group's rewards"
        added = f" + {shown(objective.std_epsilon)}" if objective.std_epsilon else ""
        none = "" if spread.max() > spread.min() else "; there is no spread, so the advantage is 0"
        yield Line("divided by", f"standard deviation of {where}{added}{none}", std)
    elif objective.scaling == "batch_whiten":
        yield Line("whitened", "less the mean, divided by the deviation, over the whole batch")
    elif objective.scaling == "mixed_share":
        yield Line("divided by", "the share of rows whose group has spread")


def _baseline_words(weighed: Weighed, objective: Objective, place: Place, reward_B: Tensor) -> str:
    group = _groups(weighed)
    same = [float(r) for r in reward_B[group == group[place.row]]]
    if objective.baseline in ("group_mean", "leave_one_out"):
        own = float(reward_B[place.row])
        which = "the group's" if objective.baseline == "group_mean" else "the others'"
        if objective.baseline == "leave_one_out":
            same.remove(own)
        if len(same) > _FEW:
            return f"mean of {which} {len(same)} rewards"
        return f"mean of {which} rewards: ({' + '.join(map(shown, same))}) / {len(same)}"
    return {
        "batch_mean": f"mean of all {len(reward_B)} rewards of the batch",
        "greedy": "reward of the greedy rollout of this problem",
    }[objective.baseline]


def _pass_at_k(weighed: Weighed, objective: Objective, place: Place) -> Iterator[Line]:
    group = _groups(weighed)
    same = _rewards(weighed)[group == group[place.row]]
    right, count = int((same > 0).sum()), len(same)
    yield Line(
        "pass@k",
        f"{right} of {count} right, k = {objective.pass_k}: what drawing this row among k adds",
    )


def _rejection(weighed: Weighed, objective: Objective, place: Place) -> Iterator[Line]:
    reward_B = _rewards(weighed)
    kept = float((reward_B > objective.keep_above).double().mean())
    reward = float(reward_B[place.row])
    word = "kept" if reward > objective.keep_above else "left out"
    yield Line(word, f"reward {shown(reward)} against {shown(objective.keep_above)}")
    yield Line("share kept", "of the batch; a kept row weighs 1 / share", kept)


def _of_tokens(weighed: Weighed, objective: Objective, place: Place) -> Iterator[Line]:
    """Estimators that give one number a token: what came in, then the scale."""
    yield from _token_inputs(weighed, objective, place)
    raw = estimate(weighed.batch, weighed.paid, _unscaled(objective))
    before = advantage_at(raw, place)
    yield Line("before scaling", _TOKEN_WORDS[objective.estimator], before)
    if objective.scaling == "batch_whiten":
        assert raw.token_advantages is not None
        every_T = torch.cat(raw.token_advantages)
        mean, std = float(every_T.mean()), float(every_T.std(correction=objective.std_correction))
        yield Line("whitened", f"({shown(before)} - {shown(mean)}) / {shown(std)} over all tokens")


def _token_inputs(weighed: Weighed, objective: Objective, place: Place) -> Iterator[Line]:
    batch, row, token = weighed.batch, place.row, place.token
    if objective.has_kl and objective.kl_in == "reward_token":
        counts = [sample.num_predicted for sample in batch.samples]
        penalty_T = reference_penalty(token_inputs(batch, weighed.paid, counts=counts), objective)
        own = float(penalty_T.split(counts)[row][token])
        yield Line(
            "KL in the token's reward",
            f"{shown(objective.kl_coefficient)} x {objective.kl_estimator} of log policy - log "
            "reference",
            own,
        )
    if batch.values is not None:
        yield Line("value", "of the critic before this token", float(batch.values[row][token]))
    if batch.teacher_logps is not None:
        yield Line("log teacher", "of this token", float(batch.teacher_logps[row][token]))
        yield Line("log policy", "of this token", float(old_logps(batch)[row][token]))
    if weighed.paid.steps is not None:
        later = [(end, paid) for end, paid in weighed.paid.steps[row] if end >= token]
        words = ", ".join(f"{shown(paid)} at token {end}" for end, paid in later)
        yield Line("steps still to come", words or "none")


_TOKEN_WORDS = MappingProxyType(
    {
        "return": "reward at the end, less the KL of this and all later tokens",
        "gae": "sum of the discounted errors of the critic from this token on",
        "process": "sum of the step rewards still to come, each less its group's mean",
        "teacher": "log teacher - log policy",
    }
)
ESTIMATORS: Mapping[str, Callable[[Weighed, Objective, Place], Iterator[Line]]] = MappingProxyType(
    {
        "outcome": _outcome,
        "pass_at_k": _pass_at_k,
        "rejection": _rejection,
        "return": _of_tokens,
        "gae": _of_tokens,
        "process": _of_tokens,
        "teacher": _of_tokens,
    }
)


def _unscaled(objective: Objective) -> Objective:
    return replace(objective, scaling="none", positive_weight=1.0, negative_weight=1.0)


def _rewards(weighed: Weighed) -> Tensor:
    return torch.tensor(weighed.paid.rewards, dtype=torch.float64)


def _groups(weighed: Weighed) -> Tensor:
    return torch.tensor([sample.group for sample in weighed.batch.samples])


def _row_penalties(weighed: Weighed, objective: Objective) -> Tensor:
    counts = [sample.num_predicted for sample in weighed.batch.samples]
    tokens = token_inputs(weighed.batch, weighed.paid, counts=counts)
    penalty_T = reference_penalty(tokens, objective)
    return segments.segment_sum(penalty_T, tokens.row_T, len(counts))
