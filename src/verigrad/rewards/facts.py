"""Reward terms that read what a verifier measured on the text, by name: rewards read no text.

The verifier `observed` measures them; a verdict carries them as `evidence["facts"]`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from verigrad.core.verdict import Verdict

PREFERENCE = "preference"  # the fact that a reward model's score of an answer is kept under


class FactTerm(Protocol):
    """One shaping term over a fact of every scored rollout."""

    fact: str

    def amounts_of(self, values: Sequence[float], correct: Sequence[bool]) -> list[float]:
        """What the term adds to each rollout's reward."""
        ...


class MissingFactError(ValueError):
    """A verdict does not carry the fact that a reward term reads."""


def fact_of(verdict: Verdict, counted: Mapping[str, float], name: str) -> float:
    """The fact of a rollout: from the environment, else from the verdict's evidence.

    A response that could not be judged at all (over a limit, no answer) may carry none; it was
    rejected, and counts as 0.
    """
    measured: Any = verdict.evidence.get("facts", {})
    value = counted.get(name, measured.get(name) if isinstance(measured, Mapping) else None)
    if value is not None:
        return float(value)
    if verdict.score == 0.0:
        return 0.0
    raise MissingFactError(
        f"the verdict of {verdict.verifier} measured no {name!r}: see `observed`"
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Format:
    """A bonus for a kept format, smaller than what a right answer is worth (DeepSeek-R1,
    arXiv 2501.12948, section 2.2.2, adds the two; here correctness dominates by construction).

    >>> Format(weight=0.1).amounts_of([1.0, 0.0, 1.0], [True, True, False])
    [0.1, 0.0, 0.1]
    """

    weight: float
    fact: str = "format"

    def amounts_of(self, values: Sequence[float], correct: Sequence[bool]) -> list[float]:  # noqa: ARG002 (the term's signature)
        """`weight` where the format is kept."""
        return [self.weight * float(value == 1.0) for value in values]


@dataclass(frozen=True, slots=True, kw_only=True)
class LanguageConsistency:
    """DeepSeek-R1's language reward (arXiv 2501.12948, section 2.3.2): the share of words in the
    target language. `only_correct` keeps it from paying wrong answers.

    >>> LanguageConsistency(weight=0.5).amounts_of([1.0, 0.5], [True, False])
    [0.5, 0.0]
    """

    weight: float
    only_correct: bool = True
    fact: str = "language"

    def amounts_of(self, values: Sequence[float], correct: Sequence[bool]) -> list[float]:
        """`weight` times the share."""
        paid = [right or not self.only_correct for right in correct]
        return [self.weight * value * pays for value, pays in zip(values, paid, strict=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Repetition:
    """A penalty for repeated n-grams (Yeo et al., arXiv 2502.03373, section 4.3, who found it in
    training with length rewards): minus the share of n-grams that stood there before.

    >>> Repetition(weight=0.5).amounts_of([0.0, 0.5], [True, True])
    [0.0, -0.25]
    """

    weight: float
    fact: str = "repetition"

    def amounts_of(self, values: Sequence[float], correct: Sequence[bool]) -> list[float]:  # noqa: ARG002 (the term's signature)
        """Minus `weight` times the share."""
        return [-self.weight * value if value else 0.0 for value in values]


@dataclass(frozen=True, slots=True, kw_only=True)
class Preferred:
    """How probably an answer is preferred to another of its group: `weight` times the mean over
    the others of sigmoid(score - other's score), the Bradley-Terry model's own probability (Ouyang
    et al., arXiv 2203.02155, equation 1).

    It lies between 0 and `weight` whatever the scale of the scores, so a reward model cannot outbid
    a right answer; alone in a group an answer gets half. `only_correct` keeps it from paying wrong
    answers, however well they are liked.

    >>> term = Preferred(weight=0.5, only_correct=False)
    >>> [round(amount, 3) for amount in term.amounts_of([0.0, math.log(3)], [True, False])]
    [0.125, 0.375]
    """

    weight: float
    only_correct: bool = True
    fact: str = PREFERENCE

    def amounts_of(self, values: Sequence[float], correct: Sequence[bool]) -> list[float]:
        """`weight` times the share of the others that it would be preferred to."""
        found = []
        for place, (value, right) in enumerate(zip(values, correct, strict=True)):
            others = [other for index, other in enumerate(values) if index != place]
            wins = [(1.0 + math.tanh((value - other) / 2.0)) / 2.0 for other in others]
            share = sum(wins) / len(wins) if wins else 0.5
            found.append(self.weight * share * (right or not self.only_correct))
        return found
