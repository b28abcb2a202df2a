"""The reward of a group: the gate's value and the shaping terms, added, each kept by name.

The gate decides what the verdict is worth: "correct" pays a full score only, "score" pays the
score itself. A verdict that is not scored has no reward at all, and takes no part in the terms of
the others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from verigrad.core.errors import ConfigError
from verigrad.core.recipe import RewardSection
from verigrad.core.registry import Registry
from verigrad.core.types import Reward
from verigrad.core.verdict import Verdict
from verigrad.rewards.lengths import Term

TERMS = Registry(
    "reward term",
    {
        "kimi": "verigrad.rewards.lengths:KimiLength",
        "dapo": "verigrad.rewards.lengths:DapoOverlong",
    },
)


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a reward may depend on: the verdict, the length of the response, what was counted."""

    verdict: Verdict
    num_tokens: int
    facts: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class RewardRule:
    """How verdicts of one group become rewards.

    `facts` are weights of a rollout's facts by name: `{"tool_errors": -0.1}` takes a tenth off for
    every call that broke.
    """

    gate: str = "correct"
    value: float = 1.0
    terms: Mapping[str, Term] = field(default_factory=dict)
    facts: Mapping[str, float] = field(default_factory=dict)

    @staticmethod
    def from_section(section: RewardSection) -> RewardRule:
        """The rule a recipe describes; ConfigError for unknown terms and switches."""
        parts = {"length": section.length, "overlong": section.overlong}
        terms: dict[str, Term] = {}
        for name, part in parts.items():
            if part is not None:
                try:
                    terms[name] = TERMS.load(part.kind)(**part.switches)
                except TypeError as error:
                    raise ConfigError(
                        f"reward term `{name}`: {error}", remedy="see docs/reference/rewards.md"
                    ) from error
        taken = {section.gate, *terms} & section.facts.keys()
        if taken:
            raise ConfigError(
                f"reward facts {sorted(taken)} have the name of another term",
                remedy="the gate and the shaping terms keep their names",
            )
        return RewardRule(section.gate, section.value, terms, dict(section.facts))

    def rewards(self, outcomes: Sequence[Outcome]) -> list[Reward]:
        """One reward for each outcome of a group, in order."""
        scored = [index for index, o in enumerate(outcomes) if o.verdict.status.is_trainable]
        lengths = [outcomes[index].num_tokens for index in scored]
        correct = [outcomes[index].verdict.is_correct for index in scored]
        columns = {name: term.amounts(lengths, correct) for name, term in self.terms.items()}
        rewards = [Reward(None)] * len(outcomes)
        for place, index in enumerate(scored):
            terms = {self.gate: self._gate(outcomes[index].verdict)}
            terms |= {name: column[place] for name, column in columns.items()}
            facts = outcomes[index].facts
            terms |= {name: weight * facts.get(name, 0.0) for name, weight in self.facts.items()}
            rewards[index] = Reward(sum(terms.values()), terms)
        return rewards

    def _gate(self, verdict: Verdict) -> float:
        if self.gate == "correct":
            return self.value if verdict.is_correct else 0.0
        assert verdict.score is not None
        return self.value * verdict.score
