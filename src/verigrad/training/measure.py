"""A step's numbers, by the names of the metric table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from statistics import fmean, pstdev

from verigrad.core.types import Group, Judged
from verigrad.core.verdict import Status
from verigrad.training.learner import StepReport

_STATISTICS = {
    "loss": "loss/total",
    "policy_loss": "loss/policy",
    "kl_reference": "kl/reference",
    "kl_old": "kl/old",
    "kl_behaviour": "kl/engine",
    "ratio_mean": "ratio/mean",
    "ratio_max": "ratio/max",
    "ratio_tail_share": "ratio/tail_share",
    "clip_share_low": "clip/low_share",
    "clip_share_high": "clip/high_share",
    "entropy": "entropy/mean",
    "surprise": "entropy/sampled",
    "advantage_abs_mean": "advantage/abs_mean",
    "value_loss": "value/loss",
    "value_mean": "value/mean",
    "value_clip_share": "value/clip_share",
}


def measure_groups(groups: Sequence[Group], *, resampled: int) -> dict[str, float]:
    """Rewards, scores, verdicts, groups, lengths and facts of a step."""
    if not groups:
        return {"rollouts/count": 0, "group/count": 0, "group/resampled": resampled}
    judged = [j for group in groups for j in group.judged]
    scored = [j for j in judged if j.verdict.status is Status.SCORED]
    values: dict[str, float] = {
        "rollouts/count": len(judged),
        "rollouts/truncated_share": fmean(j.rollout.stop.is_truncated for j in judged),
        "group/count": len(groups),
        "group/resampled": resampled,
        "group/spread_share": fmean(group.has_spread for group in groups),
        "group/all_correct_share": fmean(
            all(j.verdict.is_correct for j in group.judged) for group in groups
        ),
        "group/none_correct_share": fmean(
            not any(j.verdict.is_correct for j in group.judged) for group in groups
        ),
        "verdict/unscored_share": 1 - len(scored) / len(judged),
    }
    reasons = Counter(j.verdict.reason for j in judged)
    values |= {f"verdict/{reason}": count for reason, count in sorted(reasons.items())}
    values |= _measure_scored(scored) | measure_tests(scored)
    return values | _measure_lengths(judged) | _measure_facts(judged)


def _measure_scored(scored: Sequence[Judged]) -> dict[str, float]:
    if not scored:
        return {}
    rewards = [j.reward.total for j in scored if j.reward.total is not None]
    names = sorted({name for j in scored for name in j.reward.terms})
    terms = {
        f"reward_term/{name}": fmean(j.reward.terms.get(name, 0.0) for j in scored)
        for name in names
    }
    return {
        "reward/mean": fmean(rewards),
        "reward/std": pstdev(rewards),
        "score/mean": fmean(j.verdict.score or 0.0 for j in scored),
        **terms,
    }


def measure_tests(scored: Sequence[Judged]) -> dict[str, float]:
    """Shares of the visible and of the hidden tests that passed, and by how much they differ.

    Read from evidence as the code verifier gives it, `{"visible": {"passed": 2, "ran": 2}, ...}`,
    over all tests that ran. A program written for the tests it could see passes those alone: with
    2 of 2 visible and 1 of 4 hidden tests passed the gap is 0.75.
    """
    values: dict[str, float] = {}
    for name in ("visible", "hidden"):
        counts = [c for j in scored if isinstance(c := j.verdict.evidence.get(name), Mapping)]
        ran = sum(int(count.get("ran", 0)) for count in counts)
        if ran:
            passed = sum(int(count.get("passed", 0)) for count in counts)
            values[f"tests/{name}_pass_share"] = passed / ran
    if len(values) == len(("visible", "hidden")):
        values["tests/hidden_gap"] = (
            values["tests/visible_pass_share"] - values["tests/hidden_pass_share"]
        )
    return values


def _measure_lengths(judged: Sequence[Judged]) -> dict[str, float]:
    lengths = [j.rollout.num_response_tokens for j in judged]
    right = [j.rollout.num_response_tokens for j in judged if j.verdict.is_correct]
    wrong = [
        j.rollout.num_response_tokens
        for j in judged
        if j.verdict.status is Status.SCORED and not j.verdict.is_correct
    ]
    values: dict[str, float] = {"length/mean": fmean(lengths), "length/max": max(lengths)}
    values["length/straggler_ratio"] = max(lengths) / max(1.0, values["length/mean"])
    if right:
        values["length/correct_mean"] = fmean(right)
    if wrong:
        values["length/wrong_mean"] = fmean(wrong)
    return values


def _measure_facts(judged: Sequence[Judged]) -> dict[str, float]:
    """Means over all rollouts of what was counted; a rollout without a fact counts 0."""
    names = sorted({name for j in judged for name in j.rollout.facts})
    return {f"fact/{name}": fmean(j.rollout.facts.get(name, 0.0) for j in judged) for name in names}


def measure_update(reports: Sequence[StepReport], *, max_gradient_norm: float) -> dict[str, float]:
    """Loss, KL, ratios, entropy and the gradient; means over the updates of a step."""
    if not reports:
        return {"batch/updates": 0}
    values = {
        metric: fmean(report.statistics[name] for report in reports)
        for name, metric in _STATISTICS.items()
        if name in reports[0].statistics
    }
    norm = max(report.gradient_norm for report in reports)
    values["clip/share"] = values.get("clip/low_share", 0.0) + values.get("clip/high_share", 0.0)
    return values | {
        "gradient/norm": norm,
        "gradient/clipped": float(norm > max_gradient_norm),
        "batch/tokens": sum(report.num_tokens for report in reports),
        "batch/updates": len(reports),
    }
