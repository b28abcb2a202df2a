"""An objective by its parts: names from the tables of this package, and their coefficients.

Pure data. What each name does stands in the file named after the part: `advantages.py`,
`token_advantages.py`, `surrogates.py`, `aggregation.py`, `kl.py`, `corrections.py`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from verigrad.core.errors import ConfigError
from verigrad.core.registry import nearest

PARTS: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "estimator": (
            "outcome",  # reward minus baseline, one number a row
            "return",  # reward still to come, one number a token
            "process",  # normalised step rewards still to come (DeepSeekMath)
            "gae",  # generalised advantage estimation, with a critic
            "pass_at_k",  # the analytic pass@k advantage
            "rejection",  # 1 for kept rows, 0 for the rest (RAFT)
            "constant",  # 1 for every row (SFT)
            "teacher",  # log-ratio of a teacher to the policy (on-policy distillation)
        ),
        "baseline": ("none", "group_mean", "leave_one_out", "batch_mean", "greedy", "value"),
        "scaling": ("none", "group_std", "batch_std", "batch_whiten", "mixed_share"),
        "ratio": ("none", "token", "sequence", "product"),
        "ratio_against": ("old", "behaviour", "reference"),
        "clipping": ("none", "clip", "dual", "stop_gradient", "soft", "tapered"),
        "aggregation": ("sequence_mean", "token_mean", "constant", "group_token", "sequence_sum"),
        "kl_estimator": ("k1", "k2", "k3"),
        "kl_in": ("loss", "reward_token", "reward_sequence"),
        "kl_against": ("reference", "old"),
        "kl_level": ("token", "sequence"),
        "kl_gradient": ("direct", "unbiased"),
        "correction": (
            "none",
            "token_truncated",
            "token_masked",
            "sequence_truncated",
            "sequence_masked",
        ),
    }
)


@dataclass(frozen=True, slots=True)
class Objective:
    """What a policy is trained on. Defaults are plain REINFORCE; presets change the parts.

    Coefficients are in the units of the papers: `clip_low=0.2` bounds the ratio at 0.8 from
    below, `clip_high=0.28` at 1.28 from above, `kl_coefficient` multiplies the KL term.
    `std_epsilon` is added to deviations, `std_correction=1` divides variances by n - 1.
    """

    # advantage
    estimator: str = "outcome"
    baseline: str = "none"
    scaling: str = "none"
    std_epsilon: float = 0.0
    std_correction: int = 0
    discount: float = 1.0
    gae_lambda: float = 1.0
    critic_lambda: float | None = None  # of the returns a critic is fitted to; None: gae_lambda
    pass_k: int = 4
    keep_above: float = 0.5  # "rejection" keeps rewards above this
    positive_weight: float = 1.0
    negative_weight: float = 1.0
    # ratio and clipping
    ratio: str = "none"
    ratio_against: str = "old"
    clipping: str = "none"
    clip_low: float = 0.2
    clip_high: float = 0.2
    dual_clip: float = 3.0
    soft_positive: float = 1.0  # temperatures of "soft"
    soft_negative: float = 1.05
    # aggregation
    aggregation: str = "sequence_sum"
    scale: float = 1.0  # multiplies the policy term
    # KL
    kl_coefficient: float = 0.0
    kl_estimator: str = "k3"
    kl_in: str = "loss"
    kl_against: str = "reference"
    kl_level: str = "token"
    kl_gradient: str = "direct"
    # off-policy correction: old policy over behaviour policy
    correction: str = "none"
    correction_low: float = 0.0
    correction_high: float = 2.0
    stale_limit: float | None = None  # drops negative rows whose mean log(old/current) exceeds it
    # other terms
    entropy_coefficient: float = 0.0
    value_clip: float | None = None
    value_coefficient: float = 0.0
    # what the sampler is asked to do
    dynamic_sampling: bool = False  # resample groups without spread
    overlong_shaping: bool = False  # soft length penalty near the limit

    def __post_init__(self) -> None:
        problems = [*self._unknown_parts(), *self._contradictions()]
        if problems:
            raise ConfigError("; ".join(problems), where="objective", remedy="correct the parts")

    def _unknown_parts(self) -> list[str]:
        return [
            f'unknown {part} "{name}": {nearest(name, list(known))}known: {", ".join(known)}'
            for part, known in PARTS.items()
            if (name := getattr(self, part)) not in known
        ]

    def _contradictions(self) -> list[str]:
        """Parts that exclude each other, or would silently do nothing."""
        fixed = self.estimator in ("pass_at_k", "rejection", "constant", "teacher")
        in_loss = self.kl_in == "loss"
        rules = {
            'baseline "value" and estimator "gae" go together': (
                (self.baseline == "value") != (self.estimator == "gae")
            ),
            f'estimator "{self.estimator}" takes no baseline and no scaling': (
                fixed and (self.baseline, self.scaling) != ("none", "none")
            ),
            'estimator "gae" is scaled by "none" or "batch_whiten"': (
                self.estimator == "gae" and self.scaling not in ("none", "batch_whiten")
            ),
            'estimator "process" has no "greedy" baseline': (
                (self.estimator, self.baseline) == ("process", "greedy")
            ),
            f'clipping "{self.clipping}" needs a ratio': (
                self.ratio == "none" and self.clipping != "none"
            ),
            'ratio_against needs a ratio other than "none"': (
                self.ratio == "none" and self.ratio_against != "old"
            ),
            'kl_in "reward_token" needs estimator "return" or "gae"': (
                self.kl_in == "reward_token" and self.estimator not in ("return", "gae")
            ),
            'kl_in "reward_sequence" needs estimator "outcome"': (
                self.kl_in == "reward_sequence" and self.estimator != "outcome"
            ),
            'kl_against, kl_level and kl_gradient are for kl_in "loss"': (
                not in_loss
                and (self.kl_against, self.kl_level, self.kl_gradient)
                != ("reference", "token", "direct")
            ),
            "coefficients and clip ranges must not be negative": (
                min(self.clip_low, self.clip_high, self.kl_coefficient, self.correction_low) < 0
            ),
            "pass_k must be at least 1": self.pass_k < 1,
        }
        return [rule for rule, broken in rules.items() if broken]

    @property
    def has_kl(self) -> bool:
        """A KL term takes part."""
        return self.kl_coefficient > 0

    @property
    def has_kl_loss(self) -> bool:
        """The KL stands in the loss (rather than in the reward)."""
        return self.has_kl and self.kl_in == "loss"

    @property
    def needs_reference(self) -> bool:
        """Log-probabilities of the reference policy are read."""
        return (self.has_kl and self.kl_against == "reference") or (
            self.ratio != "none" and self.ratio_against == "reference"
        )

    @property
    def needs_behaviour(self) -> bool:
        """Log-probabilities reported by the engine are read."""
        return self.correction != "none" or (
            self.ratio != "none" and self.ratio_against == "behaviour"
        )

    @property
    def needs_critic(self) -> bool:
        """A value model is trained beside the policy."""
        return self.estimator == "gae"

    @property
    def needs_entropy(self) -> bool:
        """The entropy of every token, with gradient, is read."""
        return self.entropy_coefficient != 0

    @property
    def needs_tokens(self) -> bool:
        """Advantages are computed from token tensors: use `token_advantages`."""
        in_reward = self.has_kl and self.kl_in != "loss"
        return in_reward or self.estimator in ("return", "process", "gae", "teacher")

    @property
    def needs_annotation(self) -> bool:
        """Advantages read log-probabilities of policy, reference or teacher, or a critic."""
        return (self.has_kl and self.kl_in != "loss") or self.estimator in ("gae", "teacher")

    @property
    def zero_advantage_is_inert(self) -> bool:
        """A row of advantage 0 adds nothing to the gradient, so it need not be computed."""
        return not (self.has_kl_loss or self.needs_entropy or self.needs_critic)
