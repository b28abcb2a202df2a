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
from verigrad.rewards.facts import PREFERENCE, FactTerm, MissingFactError, fact_of
from verigrad.rewards.lengths import Term

TERMS = Registry(
    "reward term",
    {
        "kimi": "verigrad.rewards.lengths:KimiLength",
        "dapo": "verigrad.rewards.lengths:DapoOverlong",
        "cosine": "verigrad.rewards.lengths:CosineLength",
        "bonus": "verigrad.rewards.facts:Format",
        "share": "verigrad.rewards.facts:LanguageConsistency",
        "repeated": "verigrad.rewards.facts:Repetition",
        "preferred": "verigrad.rewards.facts:Preferred",
    },
)


_PARTS = ("length", "overlong", "format", "language", "repetition", PREFERENCE)
_FORM = ("format", "language", PREFERENCE)  # what may never outbid a right answer


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
    terms: Mapping[str, Term | FactTerm] = field(default_factory=dict)
    facts: Mapping[str, float] = field(default_factory=dict)

    @staticmethod
    def from_section(section: RewardSection) -> RewardRule:
        """The rule a recipe describes; ConfigError for unknown terms and switches."""
        parts = {name: getattr(section, name) for name in _PARTS}
        terms: dict[str, Term | FactTerm] = {}
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
        _check_dominance(section.value, terms)
        return RewardRule(section.gate, section.value, terms, dict(section.facts))

    def rewards(self, outcomes: Sequence[Outcome]) -> list[Reward]:
        """One reward for each outcome of a group, in order."""
        scored = [index for index, o in enumerate(outcomes) if o.verdict.status.is_trainable]
        kept = [outcomes[index] for index in scored]
        columns = {name: _column(term, kept) for name, term in self.terms.items()}
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


def _column(term: Term | FactTerm, outcomes: Sequence[Outcome]) -> list[float]:
    """What a term adds to each of these outcomes."""
    correct = [outcome.verdict.is_correct for outcome in outcomes]
    fact = getattr(term, "fact", None)
    if fact is None:
        lengths = [outcome.num_tokens for outcome in outcomes]
        return term.amounts(lengths, correct)  # pyright: ignore[reportAttributeAccessIssue] (no fact: a length term)
    try:
        values = [fact_of(outcome.verdict, outcome.facts, fact) for outcome in outcomes]
    except MissingFactError as error:
        remedy = 'verifier = { kind = "observed", member = { ... }, ... }'
        if fact == PREFERENCE:
            remedy = '[reward_model] with `path = "..."`'
        raise ConfigError(str(error), remedy=remedy) from None
    return term.amounts_of(values, correct)  # pyright: ignore[reportAttributeAccessIssue] (it has a fact)


def _check_dominance(value: float, terms: Mapping[str, Term | FactTerm]) -> None:
    """A wrong answer in perfect format must stay below a right one without."""
    bonus = sum(abs(terms[name].weight) for name in _FORM if name in terms)  # pyright: ignore[reportAttributeAccessIssue] (both kinds have one)
    if bonus and bonus >= value:
        raise ConfigError(
            f"{', '.join(_FORM)} add up to {bonus:g}, a right answer to {value:g}",
            cause="a wrong answer in the right form would beat a right one",
            remedy="lower their weights below the gate's value",
        )
