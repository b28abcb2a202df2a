"""`observed`: a member's verdict as it is, with facts measured on the text for reward terms.

Rewards read no text; whoever shapes by format, language or repetition has them measured here:

    verifier = { kind = "observed", member = { kind = "math" }, language = "en", ngram = 6,
                 layout = ["think", "answer"] }
    reward = { format = { kind = "bonus", weight = 0.1 } }
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field, field_validator

from verigrad.core.types import Problem
from verigrad.core.verdict import Verdict
from verigrad.verifiers.base import Policy
from verigrad.verifiers.compose.base import Composed
from verigrad.verifiers.compose.members import Member
from verigrad.verifiers.constraints.language import LANGUAGES, share_in
from verigrad.verifiers.constraints.text import plain_words
from verigrad.verifiers.structure.layout import Layout

MAX_CHARS = 200_000
_LAYOUT = Layout()  # one, since its digest is of files and is kept


class ObservedPolicy(Policy):
    """What is measured: each only where it is asked for.

    language: the share of words in it. ngram: the share of word n-grams that stood there before.
    layout: whether these tags are kept (as in the verifier `layout`).
    """

    member: Member
    language: str | None = None
    ngram: int | None = Field(default=None, ge=1, le=100)
    layout: tuple[Any, ...] | None = None

    @field_validator("language")
    @classmethod
    def _is_known(cls, language: str | None) -> str | None:
        if language is not None and language not in LANGUAGES:
            raise ValueError(f"known languages: {', '.join(sorted(LANGUAGES))}")
        return language


class Observed(Composed):
    """The member decides; the facts are evidence."""

    name: ClassVar[str] = "observed"
    policy_type: ClassVar[type[Policy]] = ObservedPolicy
    proves: ClassVar[str] = "what its member proves"
    cannot: ClassVar[str] = "what its member cannot; the facts beside it decide nothing"

    def _members(self) -> Sequence[Member]:
        return (self.policy.member,)

    def judge(self, problem: Problem, response: str) -> Verdict:
        """The member's verdict, and the facts."""
        verdict = self.seats[0].verify(problem, response)
        facts = self._facts(response[:MAX_CHARS])
        return replace(verdict, evidence={**verdict.evidence, "facts": facts})

    def _facts(self, text: str) -> dict[str, float]:
        facts: dict[str, float] = {}
        if self.policy.language is not None:
            facts["language"] = share_in(text, self.policy.language)
        if self.policy.ngram is not None:
            facts["repetition"] = repeated_share(text, n=self.policy.ngram)
        if self.policy.layout is not None:
            wanted = Problem.of("", list(self.policy.layout))
            facts["format"] = float(_LAYOUT.verify(wanted, text).is_correct)
        return facts


def repeated_share(text: str, *, n: int) -> float:
    """The share of word n-grams that stood there before.

    >>> repeated_share("a b a b a", n=2)
    0.5
    """
    words = [word.casefold() for word in plain_words(text)]
    grams = list(zip(*(words[start:] for start in range(n)), strict=False))
    return 1 - len(set(grams)) / len(grams) if grams else 0.0
