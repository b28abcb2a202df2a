"""Advantages of single tokens: KL in the reward, returns, process rewards, a critic, a teacher.

T tokens, flat  B rollouts (rows)  S steps of process rewards
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import NamedTuple

import torch
from torch import Tensor

from verigrad.algorithms.advantages import (
    centre,
    estimate_rows,
    rescale,
    weigh_signs,
    whiten,
)
from verigrad.algorithms.kl import kl_estimate
from verigrad.algorithms.objective import Objective
from verigrad.algorithms.scans import gae, last_of_row, reward_to_go
from verigrad.algorithms.segments import segment_sum


@dataclass(frozen=True, slots=True)
class TokenInputs:
    """What per-token advantages are made of; nothing here carries a gradient.

    `logp_T` is of the policy that acted. `value_T` is the critic's value *before* the token.
    `step_reward_S` are process rewards and `step_token_S` the index in T of the token that ends
    each step.
    """

    mask_T: Tensor
    row_T: Tensor
    logp_T: Tensor
    reference_logp_T: Tensor | None = None
    teacher_logp_T: Tensor | None = None
    value_T: Tensor | None = None
    step_reward_S: Tensor | None = None
    step_token_S: Tensor | None = None


class TokenAdvantages(NamedTuple):
    """Advantage of every token (0 where masked), and the returns a critic is fitted to, if any."""

    advantage_T: Tensor
    return_T: Tensor | None


def token_advantages(
    reward_B: Tensor,
    group_B: Tensor,
    *,
    objective: Objective,
    tokens: TokenInputs,
    greedy_reward_B: Tensor | None = None,
) -> TokenAdvantages:
    """Advantages of all tokens of the whole batch, for any objective.

    Two rows of one token, rewards 1 and 0, log-ratio to the reference 0.5 in the first, KL weight
    0.2 on the sequence: rewards 0.9 and 0, so leave-one-out advantages 0.9 and -0.9.

    >>> rloo = Objective(baseline="leave_one_out", kl_coefficient=0.2, kl_estimator="k1",
    ...                  kl_in="reward_sequence")
    >>> tokens = TokenInputs(torch.tensor([True, True]), torch.tensor([0, 1]),
    ...     torch.tensor([-0.5, -1.0]), reference_logp_T=torch.tensor([-1.0, -1.0]))
    >>> token_advantages(torch.tensor([1.0, 0.0]), torch.tensor([0, 0]), objective=rloo,
    ...                  tokens=tokens).advantage_T
    tensor([ 0.9000, -0.9000])
    """
    batch = _Batch(reward_B, group_B, objective, _trained(tokens), greedy_reward_B)
    estimator = ESTIMATORS.get(objective.estimator, _of_rows)
    packed = estimator(batch)
    weighed_N = weigh_signs(packed.advantage_T, objective)
    return TokenAdvantages(
        _spread(weighed_N, tokens.mask_T),
        None if packed.return_T is None else _spread(packed.return_T, tokens.mask_T),
    )


@dataclass(frozen=True, slots=True)
class _Batch:
    reward_B: Tensor
    group_B: Tensor
    objective: Objective
    tokens: TokenInputs  # trained tokens only
    greedy_B: Tensor | None

    @property
    def num_rows(self) -> int:
        return self.reward_B.numel()


def _trained(tokens: TokenInputs) -> TokenInputs:
    """Only the trained tokens; a step that ends on another token ends on the trained one before."""
    keep_T = tokens.mask_T
    names = ("mask_T", "row_T", "logp_T", "reference_logp_T", "teacher_logp_T", "value_T")
    kept = {
        name: value if value is None else value.detach()[keep_T]
        for name in names
        for value in [getattr(tokens, name)]
    }
    if tokens.step_token_S is not None:
        kept["step_token_S"] = _trained_step_ends(tokens)
    return replace(tokens, **kept)


def _trained_step_ends(tokens: TokenInputs) -> Tensor:
    assert tokens.step_token_S is not None
    ends = tokens.step_token_S.tolist()
    trained, rows = tokens.mask_T.tolist(), tokens.row_T.tolist()
    new_index, kept = {}, 0
    last: dict[int, int] = {}
    for index, (is_trained, row) in enumerate(zip(trained, rows, strict=True)):
        if is_trained:
            last[row] = kept
            kept += 1
        new_index[index] = last.get(row)
    moved = [new_index[end] for end in ends]
    if None in moved:
        raise ValueError(f"step {moved.index(None)} ends before the first trained token of its row")
    return torch.tensor(moved, dtype=torch.int64, device=tokens.row_T.device)


def _spread(value_N: Tensor, mask_T: Tensor) -> Tensor:
    return value_N.new_zeros(mask_T.numel()).masked_scatter(mask_T, value_N)


def _needed(value: Tensor | None, name: str) -> Tensor:
    if value is None:
        raise ValueError(f"this objective needs {name}, which was not given")
    return value


def reference_penalty(tokens: TokenInputs, objective: Objective) -> Tensor:
    """KL coefficient times the estimate of every token, (T,): what the reward is lowered by."""
    if not objective.has_kl or objective.kl_in == "loss":
        return torch.zeros_like(tokens.logp_T)
    reference_T = _needed(tokens.reference_logp_T, "reference_logp_T")
    estimate_T = kl_estimate(tokens.logp_T - reference_T, objective.kl_estimator)
    return objective.kl_coefficient * estimate_T


def _of_rows(batch: _Batch) -> TokenAdvantages:
    """The row's advantage for each of its tokens, of rewards less the row's KL."""
    penalty_T = reference_penalty(batch.tokens, batch.objective)
    penalty_B = segment_sum(penalty_T, batch.tokens.row_T, batch.num_rows)
    advantage_B = estimate_rows(
        batch.reward_B - penalty_B,
        batch.group_B,
        batch.objective,
        greedy_reward_B=batch.greedy_B,
    )
    return TokenAdvantages(advantage_B[batch.tokens.row_T], None)


def _token_rewards(batch: _Batch, end_reward_B: Tensor) -> Tensor:
    """The row's reward on its last token, less the KL of every token (InstructGPT, 2203.02155)."""
    tokens = batch.tokens
    is_last_T = last_of_row(tokens.row_T, batch.num_rows)
    reward_T = torch.where(is_last_T, end_reward_B[tokens.row_T], 0.0)
    return reward_T - reference_penalty(tokens, batch.objective)


def _of_returns(batch: _Batch) -> TokenAdvantages:
    """Reward to go from each token on, then the batch's scale (REINFORCE++)."""
    objective, row_T = batch.objective, batch.tokens.row_T
    end_B = centre(batch.reward_B, batch.group_B, name=objective.baseline, greedy_B=batch.greedy_B)
    if objective.scaling != "batch_whiten":
        end_B = rescale(end_B, batch.reward_B, group_B=batch.group_B, objective=objective)
    return_T = reward_to_go(
        _token_rewards(batch, end_B),
        row_T=row_T,
        num_rows=batch.num_rows,
        discount=objective.discount,
    )
    whitened = objective.scaling == "batch_whiten"
    return TokenAdvantages(whiten(return_T, objective) if whitened else return_T, None)


def _of_critic(batch: _Batch) -> TokenAdvantages:
    """GAE over token rewards; the critic's targets are advantage plus value, before whitening.

    The targets may have a lambda of their own (VC-PPO, arXiv 2503.01491): at 1 they are what was
    really earned, and hold nothing of the critic's own errors.
    """
    objective, tokens = batch.objective, batch.tokens
    value_T = _needed(tokens.value_T, "value_T").to(batch.reward_B.dtype)
    reward_T = _token_rewards(batch, batch.reward_B)

    def estimate(gae_lambda: float) -> Tensor:
        return gae(
            reward_T,
            value_T,
            row_T=tokens.row_T,
            num_rows=batch.num_rows,
            discount=objective.discount,
            gae_lambda=gae_lambda,
        )

    advantage_T = estimate(objective.gae_lambda)
    own = objective.critic_lambda
    target_T = value_T + (advantage_T if own is None else estimate(own))
    whitened = objective.scaling == "batch_whiten"
    final_T = whiten(advantage_T, objective) if whitened else advantage_T
    return TokenAdvantages(final_T, target_T)


def _of_steps(batch: _Batch) -> TokenAdvantages:
    """Step rewards, normalised over all steps of the group, still to come (DeepSeekMath 4.1.3).

    Steps 1, 0 in one row and 1, 1 in the other: mean 3/4, deviation 0.433; normalised 0.577 and
    -1.732; a token of the first step of the first row has 0.577 - 1.732 = -1.155.
    """
    tokens, objective = batch.tokens, batch.objective
    step_reward_S = _needed(tokens.step_reward_S, "step_reward_S")
    step_token_S = _needed(tokens.step_token_S, "step_token_S")
    group_S = batch.group_B[tokens.row_T[step_token_S]]
    centred_S = centre(step_reward_S, group_S, name=objective.baseline)
    scaled_S = rescale(centred_S, step_reward_S, group_B=group_S, objective=objective)
    reward_T = step_reward_S.new_zeros(tokens.row_T.numel()).index_add(0, step_token_S, scaled_S)
    advantage_T = reward_to_go(reward_T, row_T=tokens.row_T, num_rows=batch.num_rows)
    return TokenAdvantages(advantage_T, None)


def _of_teacher(batch: _Batch) -> TokenAdvantages:
    """log teacher - log policy of each token: minus the reverse KL to the teacher, a token ahead.

    On-policy distillation (MiniLLM, arXiv 2306.08543; GKD, arXiv 2306.13649) without returns.
    """
    teacher_T = _needed(batch.tokens.teacher_logp_T, "teacher_logp_T")
    return TokenAdvantages(teacher_T - batch.tokens.logp_T, None)


ESTIMATORS: Mapping[str, Callable[[_Batch], TokenAdvantages]] = MappingProxyType(
    {
        "return": _of_returns,
        "gae": _of_critic,
        "process": _of_steps,
        "teacher": _of_teacher,
    }
)
