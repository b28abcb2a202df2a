"""Why a token was pushed as hard as it was: verdict, reward, advantage, ratio, clip, weight."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor

from verigrad.algorithms import Objective
from verigrad.algorithms.corrections import correction_weights
from verigrad.core.seeds import derive
from verigrad.core.types import Judged
from verigrad.training.batch import PerToken, PolicyBatch
from verigrad.training.batching import Weighed
from verigrad.training.diagnosis.derivation import (
    Line,
    Place,
    advantage_at,
    derive_advantage,
    shown,
)
from verigrad.training.diagnosis.stored import Settings
from verigrad.training.diagnosis.weights import (
    Weights,
    behaviour_logps,
    flat_batch,
    old_logps,
    token_share,
    token_weights,
)

_AGGREGATIONS = {
    "sequence_mean": "1 / ({rows} rows x {row_tokens} tokens of this row)",
    "token_mean": "1 / {tokens} tokens of the batch",
    "constant": "1 / ({rows} rows x {max_tokens}, the token limit)",
    "group_token": "1 / ({groups} groups x {group_tokens} tokens of this group)",
    "sequence_sum": "1 / {rows} rows",
}


@dataclass(frozen=True, slots=True)
class Later:
    """Log-probabilities of the batch's tokens under a policy after the step, and its name."""

    name: str
    logps: PerToken


@dataclass(frozen=True, slots=True)
class Update:
    """One mini-batch of the step's first pass, with the weights of its tokens.

    `members[i]` is the index in the whole batch of the part's row `i`.
    """

    part: PolicyBatch
    members: tuple[int, ...]
    weights: Weights
    number: int
    count: int

    @property
    def total_weight(self) -> float:
        """Sum of the sizes of all its tokens' weights."""
        return float(sum(weights.abs().sum() for weights in self.weights.total))


@dataclass(frozen=True, slots=True)
class TokenWhy:
    """The reckoning of one token; `weight` is d loss / d log-probability, negative: likelier."""

    token: int
    token_id: int
    lines: tuple[Line, ...]
    weight: float


def updates(
    weighed: Weighed, objective: Objective, settings: Settings, *, step: int
) -> list[Update]:
    """The mini-batches of the step's first pass, cut as the loop cut them."""
    whole = weighed.batch
    seed = derive("split", seed=settings.seed, step=step, turn=0)
    place = {id(sample): index for index, sample in enumerate(whole.samples)}
    parts = list(whole.split(settings.mini_batches, seed=seed))
    return [
        Update(
            part,
            tuple(place[id(sample)] for sample in part.samples),
            token_weights(part, objective),
            number,
            len(parts),
        )
        for number, part in enumerate(parts, start=1)
    ]


def why_token(
    weighed: Weighed,
    update: Update,
    objective: Objective,
    *,
    place: Place,
    later: Later | None,
) -> TokenWhy:
    """The reckoning of the token at `place` of the whole batch."""
    row = update.members.index(place.row)
    weight = float(update.weights.total[row][place.token])
    judged = weighed.rows[place.row][1]
    lines = [
        *verdict_lines(judged),
        *derive_advantage(weighed, objective, place),
        *_ratio_lines(update, objective, row=row, token=place.token),
        *_weight_lines(weighed, update, objective, place=place, row=row),
        *_later_lines(weighed, objective, place=place, later=later),
    ]
    predicted = [
        token
        for token, counts in zip(judged.rollout.response_ids, judged.rollout.loss_mask, strict=True)
        if counts
    ]
    return TokenWhy(place.token, predicted[place.token], tuple(lines), weight)


def verdict_lines(judged: Judged) -> Iterator[Line]:
    """What the verifier said, and what it was paid."""
    verdict, reward = judged.verdict, judged.reward
    found = f' found "{verdict.extracted.text}"' if verdict.extracted else " found no answer"
    judge = f"{verdict.verifier} {verdict.version}"
    yield Line("verdict", f"{verdict.reason}: {judge}{found}", verdict.score)
    for name, value in reward.terms.items():
        yield Line(f"reward term `{name}`", "of the task's reward", value)
    if reward.total is not None:
        terms = " + ".join(shown(value) for value in reward.terms.values())
        yield Line("reward", terms or "recorded", reward.total)


def _ratio_lines(update: Update, objective: Objective, *, row: int, token: int) -> Iterator[Line]:
    part = update.part
    engine = float(behaviour_logps(part)[row][token])
    old = float(old_logps(part)[row][token])
    yield Line("log-probability", "of the engine, when it was sampled", engine)
    if part.old_logps is not None:
        yield Line("log-probability before", "of the learner, before the step", old)
    first = "the step's only update" if update.count == 1 else "the first of the step's updates"
    if update.number > 1:
        first = f"update {update.number} of {update.count}: taken as if it were the first"
    if objective.ratio == "none":
        yield Line("ratio", f"none is taken by this objective; {first}")
    else:
        against = {
            "old": "policy / policy before the step",
            "behaviour": "policy / policy that sampled, as the engine reported it",
            "reference": "policy / reference",
        }[objective.ratio_against]
        yield Line("ratio", f"{against}; {first}", _ratio(part, objective, row, token))
        yield Line("clip", _clip_words(objective))
    if objective.correction != "none":
        correction_T = _corrections(part, objective)
        yield Line(
            "off-policy correction",
            f"{objective.correction} of policy before the step / engine, "
            f"{shown(objective.correction_low)} to {shown(objective.correction_high)}",
            float(correction_T[row][token]),
        )


def _ratio(part: PolicyBatch, objective: Objective, row: int, token: int) -> float:
    """Of the first update, where the policy is the one before the step."""
    old = old_logps(part)[row]
    against = {
        "old": old,
        "behaviour": behaviour_logps(part)[row],
        "reference": part.reference_logps[row].double() if part.reference_logps else old,
    }[objective.ratio_against]
    return ratio_of(old.double() - against, objective, token)


def ratio_of(log_ratio_T: Tensor, objective: Objective, token: int) -> float:
    """Of a row's token: its own ratio, or the row's where the objective takes that.

    >>> import torch
    >>> ratio_of(torch.tensor([0.0, 2.0]), Objective(ratio="sequence"), 0) == math.exp(1)
    True
    """
    if objective.ratio == "sequence":
        return math.exp(log_ratio_T.double().mean())
    if objective.ratio == "product":
        return math.exp(log_ratio_T.double().sum())
    return math.exp(log_ratio_T.double()[token])


def _clip_words(objective: Objective) -> str:
    low, high = shown(1 - objective.clip_low), shown(1 + objective.clip_high)
    return {
        "none": "no clip",
        "clip": f"ratio held in [{low}, {high}]",
        "dual": f"ratio held in [{low}, {high}], at most {shown(objective.dual_clip)} downwards",
        "stop_gradient": f"weight held in [{low}, {high}], the gradient goes on",
        "soft": "fades smoothly on both sides, nothing is cut",
        "tapered": f"where pushed down, weight held in [{low}, {high}]",
    }[objective.clipping]


def _corrections(part: PolicyBatch, objective: Objective) -> PerToken:
    tokens = flat_batch(part)
    assert tokens.old_logp_T is not None
    assert tokens.behaviour_logp_T is not None
    weight_T = correction_weights(
        tokens.old_logp_T,
        tokens.behaviour_logp_T,
        row_T=tokens.row_T,
        num_rows=len(part),
        kind=objective.correction,
        low=objective.correction_low,
        high=objective.correction_high,
    )
    return weight_T.split([sample.num_predicted for sample in part.samples])


def _weight_lines(
    weighed: Weighed, update: Update, objective: Objective, *, place: Place, row: int
) -> Iterator[Line]:
    """Aggregation, slope and the product of them all."""
    share, words = aggregation_share(update.part, objective, row=row)
    yield Line(f"aggregation `{objective.aggregation}`", words, share)
    advantage = advantage_at(weighed.batch, place)
    correction = 1.0
    if objective.correction != "none":
        correction = float(_corrections(update.part, objective)[row][place.token])
    policy = float(update.weights.policy[row][place.token])
    others = -objective.scale * share * correction * advantage
    if others:
        slope = policy / others
        yield Line("slope", "of ratio and clip at this token: 1 on policy, 0 where cut", slope)
        factors = [objective.scale, share, correction, slope, advantage]
        product = " x ".join(shown(f) for f in factors if f != 1.0 or f is advantage)
        yield Line("weight of the policy term", f"-({product})", policy)
    else:
        yield Line("weight of the policy term", "no advantage, or dropped", policy)
    if objective.has_kl_loss:
        yield Line(
            "weight of the KL term",
            f"{shown(objective.kl_coefficient)} x {shown(share)} x slope of "
            f"{objective.kl_estimator} to the {objective.kl_against}",
            float(update.weights.kl[row][place.token]),
        )
    weight = float(update.weights.total[row][place.token])
    total = update.total_weight
    of_all = f"; {abs(weight) / total:.2%} of all weights of the update" if total else ""
    yield Line("weight", f"d loss / d log-probability: {direction(weight)}{of_all}", weight)


def aggregation_share(part: PolicyBatch, objective: Objective, *, row: int) -> tuple[float, str]:
    """What a token of the row counts in the sum of the batch, and how that comes about."""
    totals = part.totals()
    sample = part.samples[row]
    words = _AGGREGATIONS[objective.aggregation].format(
        rows=totals.num_rows,
        groups=totals.num_groups,
        tokens=totals.num_tokens,
        row_tokens=sample.num_predicted,
        group_tokens=totals.tokens_in_group[sample.group],
        max_tokens=totals.max_tokens,
    )
    share = token_share(
        totals, objective.aggregation, row_tokens=sample.num_predicted, group=sample.group
    )
    return share, words


def direction(weight: float) -> str:
    """What a weight does to its token.

    >>> direction(-0.5)
    'made likelier'
    """
    if weight == 0:
        return "left alone"
    return "made likelier" if weight < 0 else "made less likely"


def _later_lines(
    weighed: Weighed, objective: Objective, *, place: Place, later: Later | None
) -> Iterator[Line]:
    """The token under a later policy: how far the step moved it, and what the clip would say."""
    if later is None:
        return
    batch = weighed.batch
    new, old = later.logps[place.row].double(), old_logps(batch)[place.row].double()
    yield Line("log-probability after", f"of {later.name}", float(new[place.token]))
    if objective.ratio == "none":
        moved = float((new - old)[place.token].exp())
        yield Line("ratio after", f"{later.name} / before the step", moved)
        return
    yield Line(
        "ratio after",
        f"{later.name} / before the step",
        ratio_of(new - old, objective, place.token),
    )
    further = token_weights(batch, objective, current=later.logps)
    weight = float(further.total[place.row][place.token])
    yield Line(
        "weight after", f"that a further update on this batch would give at {later.name}", weight
    )
