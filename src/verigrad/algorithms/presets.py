"""The table of presets: a name, its parts, its paper, and what differs from the paper's code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from types import MappingProxyType
from typing import Any

from verigrad.algorithms.objective import Objective
from verigrad.core.errors import ConfigError
from verigrad.core.registry import nearest


@dataclass(frozen=True, slots=True)
class Preset:
    """One row of the table."""

    objective: Objective
    paper: str
    formula: str  # of what is maximised; r ratio, A advantage, R reward, o_i response, L its limit
    differs: str  # from the paper or its code


# Parts many rows share. A GRPO-like row compares a reward with those of its group.
_PLAIN = Objective()
_GROUP = Objective(
    baseline="group_mean",
    scaling="group_std",
    ratio="token",
    clipping="clip",
    aggregation="sequence_mean",
)

PRESETS: Mapping[str, Preset] = MappingProxyType(
    {
        "reinforce": Preset(
            _PLAIN,
            paper="Williams 1992",
            formula="mean_i R_i sum_t log pi",
            differs="nothing; rewards 0 and 1 never push down, so give it a baseline to learn fast",
        ),
        "rloo": Preset(
            replace(
                _PLAIN,
                baseline="leave_one_out",
                kl_coefficient=0.03,
                kl_estimator="k1",
                kl_in="reward_sequence",
            ),
            paper="Back to basics, arXiv 2402.14740",
            formula="mean_i (R_i - mean of the others) sum_t log pi, R less beta log(pi/ref)",
            differs="as printed; TRL adds a clipped ratio of whole sequences for further updates",
        ),
        "remax": Preset(
            replace(_PLAIN, baseline="greedy"),
            paper="ReMax, arXiv 2310.10505",
            formula="mean_i (R_i - R_greedy) sum_t log pi",
            differs="no KL in the reward (its experiments take one): set kl_coefficient, kl_in",
        ),
        "reinforce_pp": Preset(
            Objective(
                estimator="return",
                scaling="batch_whiten",
                ratio="token",
                clipping="clip",
                aggregation="token_mean",
                kl_coefficient=0.01,
                kl_estimator="k1",
                kl_in="reward_token",
            ),
            paper="REINFORCE++, arXiv 2501.03262",
            formula="mean_t min(r A, clip(r) A), A = whitened(R - beta sum of the KL to come)",
            differs="deviation of the population; whitened over the whole batch, not a micro-batch",
        ),
        "reinforce_pp_baseline": Preset(
            Objective(
                baseline="group_mean",
                scaling="batch_whiten",
                ratio="token",
                clipping="clip",
                aggregation="token_mean",
                kl_coefficient=0.01,
                kl_estimator="k2",
            ),
            paper="REINFORCE++, arXiv 2501.03262, section on the baseline variant",
            formula="mean_t min(r A, clip(r) A) - beta k2, A = whitened(R - group mean)",
            differs="whitened over rows, each counted once, rather than over tokens",
        ),
        "ppo": Preset(
            Objective(
                estimator="gae",
                baseline="value",
                scaling="batch_whiten",
                gae_lambda=0.95,
                critic_lambda=1.0,
                ratio="token",
                clipping="clip",
                aggregation="token_mean",
                kl_coefficient=0.05,
                kl_estimator="k1",
                kl_in="reward_token",
                value_clip=0.2,
                value_coefficient=0.1,
            ),
            paper="PPO, arXiv 1707.06347; InstructGPT, 2203.02155; Tulu 3, 2411.15124",
            formula="mean_t min(r A, clip(r) A), A = whitened GAE of R at the end - beta k1",
            differs="rewards are not whitened, advantages are, over the whole batch; the critic is "
            "fitted to what was earned (VC-PPO, 2503.01491), not to returns at lambda 0.95",
        ),
        "grpo": Preset(
            replace(_GROUP, kl_coefficient=0.04),
            paper="DeepSeekMath, arXiv 2402.03300",
            formula="mean_i 1/|o_i| sum_t min(r A, clip(r) A) - beta k3, A = (R - mean) / std",
            differs="deviation of the population, nothing added to it; equal rewards give 0",
        ),
        "grpo_process": Preset(
            replace(_GROUP, estimator="process", kl_coefficient=0.04),
            paper="DeepSeekMath, arXiv 2402.03300, section 4.1.3",
            formula="as grpo, A_t = sum of the normalised step rewards from t on",
            differs="as grpo; the outcome enters only as a reward of the last step",
        ),
        "dr_grpo": Preset(
            replace(_GROUP, scaling="none", aggregation="constant"),
            paper="Understanding R1-Zero-like training, arXiv 2503.20783",
            formula="mean_i 1/L sum_t min(r A, clip(r) A), A = R - mean",
            differs="nothing: its code too divides by the token limit",
        ),
        "dapo": Preset(
            replace(
                _GROUP,
                clip_high=0.28,
                aggregation="token_mean",
                dynamic_sampling=True,
                overlong_shaping=True,
            ),
            paper="DAPO, arXiv 2503.14476",
            formula="1/sum|o_i| sum_it min(r A, clip(r, 0.8, 1.28) A)",
            differs="token mean over the batch, as its code; as printed: aggregation group_token",
        ),
        "gspo": Preset(
            replace(_GROUP, ratio="sequence", clip_low=3e-4, clip_high=4e-4),
            paper="GSPO, arXiv 2507.18071",
            formula="mean_i min(s A, clip(s) A), s = (pi(o_i)/old(o_i))^(1/|o_i|)",
            differs="nothing; clip range of its experiments",
        ),
        "cispo": Preset(
            replace(
                _GROUP,
                clipping="stop_gradient",
                clip_low=1.0,
                clip_high=4.0,
                aggregation="token_mean",
            ),
            paper="MiniMax-M1, arXiv 2506.13585; clip of ScaleRL, 2510.13786",
            formula="1/sum|o_i| sum_it stop(min(r, 5)) A log pi",
            differs="the paper gives no upper clip: 1 + 4 is ScaleRL's; token mean over the batch",
        ),
        "kimi": Preset(
            replace(
                _PLAIN,
                baseline="group_mean",
                kl_coefficient=0.1,
                kl_estimator="k2",
                kl_against="old",
                kl_level="sequence",
            ),
            paper="Kimi k1.5, arXiv 2501.12599",
            formula="mean_i (R - mean) log pi(o_i) - tau/2 (log pi(o_i)/old(o_i))^2",
            differs="the gradient as printed; the paper gives no tau: 0.1 is ours",
        ),
        "opmd": Preset(
            replace(_PLAIN, baseline="group_mean", scale=0.5, aggregation="token_mean"),
            paper="Trinity-RFT, arXiv 2505.17826",
            formula="1/(1 + tau) mean_t (R - mean) log pi, tau = 1: scale 0.5",
            differs="the simple variant, whose gradient is taken at the behaviour policy",
        ),
        "gpg": Preset(
            replace(
                _PLAIN, baseline="group_mean", scaling="mixed_share", aggregation="group_token"
            ),
            paper="GPG, arXiv 2504.02546",
            formula="mean_groups 1/sum|o_i| sum_it A log pi, A = (R - mean) / mixed share",
            differs="token mean inside a group as printed; its code: over the batch",
        ),
        "sapo": Preset(
            replace(_GROUP, clipping="soft"),
            paper="SAPO, arXiv 2511.20347",
            formula="mean_i 1/|o_i| sum_t 4/t sigmoid(t (r - 1)) A, t = 1 if A > 0 else 1.05",
            differs="nothing",
        ),
        "topr": Preset(
            replace(
                _PLAIN,
                baseline="group_mean",
                ratio="product",
                clipping="tapered",
                clip_low=1.0,
                clip_high=0.0,
            ),
            paper="TOPR, arXiv 2503.14286",
            formula="mean_i w A log pi(o_i), w = 1 if A >= 0 else stop(min(pi(o_i)/old(o_i), 1))",
            differs="the sign is the advantage's (the paper: rewards +-1 less a constant)",
        ),
        "pass_at_k": Preset(
            replace(_GROUP, estimator="pass_at_k", baseline="none", scaling="none"),
            paper="Pass@k training, arXiv 2508.10751",
            formula="as grpo without KL, A the analytic advantage of a group that passes once in k",
            differs="binary rewards only; clipping and aggregation are GRPO's",
        ),
        "raft": Preset(
            replace(_PLAIN, estimator="rejection", aggregation="sequence_mean"),
            paper="RAFT, arXiv 2304.06767; expert iteration, 1705.08439",
            formula="mean over rows with R > 0.5 of 1/|o_i| sum_t log pi",
            differs="keeps every row that passed rather than the best one of each group",
        ),
        "on_policy_distillation": Preset(
            replace(
                _PLAIN,
                estimator="teacher",
                ratio="token",
                clipping="none",
                aggregation="token_mean",
            ),
            paper="GKD, arXiv 2306.13649; MiniLLM, 2306.08543",
            formula="mean_t r (log teacher - log old)",
            differs="sampled tokens only and no return: the gradient of each token's reverse KL",
        ),
        "sft": Preset(
            replace(_PLAIN, estimator="constant", aggregation="token_mean"),
            paper="maximum likelihood",
            formula="mean_t log pi",
            differs="nothing",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class SupervisedLoss:
    """A loss that is not a policy objective: where its function is, its paper and formula."""

    path: str  # "package.module:function"
    paper: str
    formula: str  # of what is minimised
    differs: str


SUPERVISED: Mapping[str, SupervisedLoss] = MappingProxyType(
    {
        "dpo": SupervisedLoss(
            "verigrad.algorithms.preference:dpo_loss",
            paper="DPO, arXiv 2305.18290",
            formula="-log sigmoid(beta (log pi/ref of the chosen - log pi/ref of the rejected))",
            differs="nothing",
        ),
        "reward_model": SupervisedLoss(
            "verigrad.algorithms.preference:reward_model_loss",
            paper="Bradley-Terry; InstructGPT, arXiv 2203.02155",
            formula="-log sigmoid(score of the chosen - score of the rejected)",
            differs="one pair a prompt (InstructGPT: all pairs of a ranking, averaged)",
        ),
        "process_reward_model": SupervisedLoss(
            "verigrad.algorithms.process_reward:process_reward_loss",
            paper="arXiv 2305.20050; Math-Shepherd, 2312.08935",
            formula="binary cross-entropy of each step",
            differs="one logit a step (2305.20050: three classes)",
        ),
        "distillation": SupervisedLoss(
            "verigrad.algorithms.distillation:distillation_loss",
            paper="arXiv 1503.02531; MiniLLM, 2306.08543; GKD, 2306.13649",
            formula="mean_t KL(teacher || student), KL(student || teacher), or their mixture",
            differs="not multiplied by the temperature squared",
        ),
    }
)


def preset(name: str, **changes: Any) -> Objective:
    """The objective of a preset, with single parts changed.

    >>> preset("grpo", kl_coefficient=0.0).has_kl
    False
    """
    if name not in PRESETS:
        raise ConfigError(
            f'unknown preset "{name}"',
            where="objective.preset",
            remedy=f"{nearest(name, sorted(PRESETS))}known: {', '.join(sorted(PRESETS))}",
        )
    known = [field.name for field in fields(Objective)]
    if unknown := sorted(set(changes) - set(known)):
        hints = "; ".join(f'"{part}": {nearest(part, known)}' for part in unknown)
        raise ConfigError(f"unknown parts of an objective: {hints}", where="objective")
    return replace(PRESETS[name].objective, **changes)
