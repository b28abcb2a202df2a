"""Advantages of whole rollouts: a baseline, a scale, and weights for the two signs.

B rollouts  G groups
"""

from __future__ import annotations

import torch
from torch import Tensor

from verigrad.algorithms.objective import Objective
from verigrad.algorithms.pass_at_k import pass_at_k_advantages
from verigrad.algorithms.segments import (
    num_segments_of,
    segment_count,
    segment_mean,
    segment_peak,
    segment_std,
    segment_sum,
)

ROUNDING = 16  # differences under this many units in the last place of the largest are none


def advantages(
    reward_B: Tensor,
    group_B: Tensor,
    *,
    objective: Objective,
    greedy_reward_B: Tensor | None = None,
) -> Tensor:
    """`advantage_B` for every row of the whole batch; rows that may not be trained are not passed.

    `group_B` says which group a row is of; `greedy_reward_B` is the reward of the greedy rollout
    of the row's problem (baseline "greedy"). For objectives with `needs_tokens` see
    `token_advantages`.

    >>> grpo = Objective(baseline="group_mean", scaling="group_std")
    >>> rewards = torch.tensor([1.0, 0, 0, 1, 0, 1, 0, 1])
    >>> advantages(rewards, torch.zeros(8, dtype=torch.int64), objective=grpo).tolist()
    [1.0, -1.0, -1.0, 1.0, -1.0, 1.0, -1.0, 1.0]
    """
    if objective.needs_tokens:
        raise ValueError("this objective's advantages are per token: use token_advantages")
    advantage_B = estimate_rows(reward_B, group_B, objective, greedy_reward_B=greedy_reward_B)
    return weigh_signs(advantage_B, objective)


def estimate_rows(
    reward_B: Tensor,
    group_B: Tensor,
    objective: Objective,
    *,
    greedy_reward_B: Tensor | None = None,
) -> Tensor:
    """Advantages before the weights of the signs, shape (B,)."""
    if objective.estimator == "constant":
        return torch.ones_like(reward_B)
    if objective.estimator == "rejection":
        return kept_rows(reward_B, objective.keep_above)
    if objective.estimator == "pass_at_k":
        return pass_at_k_advantages(reward_B, group_B, k=objective.pass_k)
    centred_B = centre(reward_B, group_B, name=objective.baseline, greedy_B=greedy_reward_B)
    return rescale(centred_B, reward_B, group_B=group_B, objective=objective)


def centre(
    reward_B: Tensor, group_B: Tensor, *, name: str, greedy_B: Tensor | None = None
) -> Tensor:
    """Reward less baseline, (B,); exactly 0 where they differ by rounding only.

    >>> centre(torch.full((3,), 0.3), torch.tensor([0, 0, 0]), name="group_mean").tolist()
    [0.0, 0.0, 0.0]
    """
    centred_B = reward_B - baseline(reward_B, group_B, name=name, greedy_B=greedy_B)
    floor_B = _floor(reward_B, group_B)[group_B]
    return torch.where(centred_B.abs() > floor_B, centred_B, 0.0)


def baseline(
    reward_B: Tensor, group_B: Tensor, *, name: str, greedy_B: Tensor | None = None
) -> Tensor:
    """What a reward is compared with, shape (B,).

    - `none`: 0 (REINFORCE, Williams 1992).
    - `group_mean`: mean of the group (GRPO, arXiv 2402.03300).
    - `leave_one_out`: mean of the *other* rows of the group, so that the baseline does not
      depend on the row's own action (Kool et al. 2019; RLOO, arXiv 2402.14740); 0 when alone.
    - `batch_mean`: mean over all rows.
    - `greedy`: the reward of the greedy rollout (ReMax, arXiv 2310.10505).

    >>> baseline(torch.tensor([1.0, 0.0, 0.5]), torch.tensor([0, 0, 0]), name="leave_one_out")
    tensor([0.2500, 0.7500, 0.5000])
    """
    if name == "none":
        return torch.zeros_like(reward_B)
    if name == "batch_mean":
        return reward_B.mean().expand_as(reward_B)
    if name == "greedy":
        if greedy_B is None:
            raise ValueError('baseline "greedy" needs greedy_reward_B')
        return greedy_B
    num_groups = num_segments_of(group_B)
    if name == "group_mean":
        return segment_mean(reward_B, group_B, num_groups)[group_B]
    if name == "leave_one_out":
        others_B = segment_sum(reward_B, group_B, num_groups)[group_B] - reward_B
        count_B = segment_count(group_B, num_groups)[group_B] - 1
        return torch.where(count_B > 0, others_B / count_B.clamp(min=1), 0.0)
    raise ValueError(f'baseline "{name}" is not a function of rewards alone')


def rescale(
    advantage_B: Tensor, reward_B: Tensor, *, group_B: Tensor, objective: Objective
) -> Tensor:
    """Divide by a deviation, shape (B,); where there is no spread the advantage is 0.

    - `none`: as it is (Dr. GRPO, arXiv 2503.20783).
    - `group_std`: by the deviation of the group's rewards (GRPO).
    - `batch_std`: by the deviation of all rewards.
    - `batch_whiten`: less the mean, by the deviation, of all advantages (REINFORCE++).
    - `mixed_share`: by the share of rows whose group has spread (GPG, arXiv 2504.02546).
    """
    if objective.scaling == "none":
        return advantage_B
    if objective.scaling == "batch_whiten":
        return whiten(advantage_B, objective)
    if objective.scaling == "mixed_share":
        return _by_mixed_share(advantage_B, reward_B, group_B)
    is_batch = objective.scaling == "batch_std"
    segment_B = torch.zeros_like(group_B) if is_batch else group_B
    return _by_std(advantage_B, reward_B, segment_B, objective)


def _by_std(value_N: Tensor, spread_of_N: Tensor, segment_N: Tensor, parts: Objective) -> Tensor:
    """Divide by the deviation of `spread_of_N` in each segment; 0 without spread."""
    num_segments = num_segments_of(segment_N)
    std_S = segment_std(spread_of_N, segment_N, num_segments, correction=parts.std_correction)
    mixed_N = (std_S > _floor(spread_of_N, segment_N))[segment_N]
    return torch.where(mixed_N, value_N / (std_S[segment_N] + parts.std_epsilon), 0.0)


def _by_mixed_share(advantage_B: Tensor, reward_B: Tensor, group_B: Tensor) -> Tensor:
    std_G = segment_std(reward_B, group_B, num_segments_of(group_B))
    mixed_B = (std_G > _floor(reward_B, group_B))[group_B]
    return torch.where(mixed_B, advantage_B / mixed_B.to(reward_B.dtype).mean(), 0.0)


def _floor(value_N: Tensor, segment_N: Tensor) -> Tensor:
    """What counts as no difference in each segment, (S,)."""
    peak_S = segment_peak(value_N, segment_N, num_segments_of(segment_N))
    return ROUNDING * torch.finfo(value_N.dtype).eps * peak_S


def whiten(advantage_N: Tensor, objective: Objective) -> Tensor:
    """Mean 0 and deviation 1 over the whole batch (rows or tokens), (N,); all 0 without spread.

    >>> whiten(torch.tensor([3.0, 1.0, 1.0, 3.0]), Objective()).tolist()
    [1.0, -1.0, -1.0, 1.0]
    """
    everything_N = torch.zeros_like(advantage_N, dtype=torch.int64)
    centred_N = centre(advantage_N, everything_N, name="batch_mean")
    return _by_std(centred_N, advantage_N, everything_N, objective)


def kept_rows(reward_B: Tensor, keep_above: float) -> Tensor:
    """1 / (share kept) for rows rewarded above `keep_above`, else 0: the mean over kept rows.

    Rejection-sampling fine-tuning (RAFT, arXiv 2304.06767): fit what was accepted. Divided by the
    share kept, a mean over all rows is the mean over those kept.

    >>> kept_rows(torch.tensor([1.0, 0.0, 0.0, 1.0]), 0.5).tolist()
    [2.0, 0.0, 0.0, 2.0]
    """
    kept_B = (reward_B > keep_above).to(reward_B.dtype)
    return kept_B / kept_B.mean().clamp(min=1.0 / max(1, kept_B.numel()))


def weigh_signs(advantage: Tensor, objective: Objective) -> Tensor:
    """Positive and negative advantages by their own weights (arXiv 2506.01347), any shape.

    >>> weigh_signs(torch.tensor([2.0, -2.0]), Objective(negative_weight=0.5)).tolist()
    [2.0, -1.0]
    """
    positive, negative = objective.positive_weight, objective.negative_weight
    return torch.where(advantage < 0, advantage * negative, advantage * positive)
