"""The verdict: what a verifier says of a response. Never a float.

`scored` is the response's own doing and carries a score; `abstained` says that the *problem*
cannot be judged; `failed` says that the *infrastructure* could not judge. Only `scored` may
enter an advantage; the other two are masked out and counted.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Status(StrEnum):
    """Who is answerable for the verdict."""

    SCORED = "scored"
    ABSTAINED = "abstained"
    FAILED = "failed"

    @property
    def is_trainable(self) -> bool:
        """True where the verdict may become a reward."""
        return self is Status.SCORED


class Reason(StrEnum):
    """Why, in one word. The group says which status it goes with."""

    # scored, score > 0
    CORRECT = "correct"
    PARTIAL = "partial"
    # scored, score 0: the response's fault
    WRONG = "wrong"
    UNDECIDED = "undecided"  # not shown equal within the budget; counts as wrong
    NO_ANSWER = "no_answer"
    AMBIGUOUS = "ambiguous"
    MALFORMED = "malformed"
    OVER_LIMIT = "over_limit"
    TIMEOUT = "timeout"
    VIOLATION = "violation"
    # abstained: the problem's fault
    BAD_REFERENCE = "bad_reference"
    NOT_APPLICABLE = "not_applicable"
    # failed: the infrastructure's fault
    INFRASTRUCTURE = "infrastructure"

    @property
    def status(self) -> Status:
        """The only status this reason goes with."""
        if self in (Reason.BAD_REFERENCE, Reason.NOT_APPLICABLE):
            return Status.ABSTAINED
        return Status.FAILED if self is Reason.INFRASTRUCTURE else Status.SCORED


@dataclass(frozen=True, slots=True)
class Extracted:
    """The answer found in a response: its text and where it stands, `response[start:end]`."""

    text: str
    start: int
    end: int
    how: str  # "boxed", "hash", "anchor", "tag", "regex", "whole", "last_number", ...


@dataclass(frozen=True, slots=True)
class Verdict:
    """What one verifier says of one response.

    `score` is in [0, 1] when scored and None otherwise. `canonical_*` are the two forms that
    were compared, `method` the rule that decided, `certainty` how sure it is ("exact",
    "rigorous", "probabilistic: error < 2^-80", "structural"), `evidence` small JSON facts.
    """

    status: Status
    reason: Reason
    score: float | None
    extracted: Extracted | None = None
    canonical_response: str | None = None
    canonical_reference: str | None = None
    method: str | None = None
    certainty: str | None = None
    evidence: Mapping[str, Any] = field(default_factory=dict)
    cost_s: float = 0.0
    verifier: str = ""
    version: str = ""
    digest: str = ""

    def __post_init__(self) -> None:
        if self.status is not self.reason.status:
            raise ValueError(f"reason {self.reason} does not go with status {self.status}")
        if self.status is not Status.SCORED:
            if self.score is not None:
                raise ValueError(f"a verdict that is {self.status} carries no score")
        elif self.score is None or not 0.0 <= self.score <= 1.0 or math.isnan(self.score):
            raise ValueError(f"score must be in [0, 1], got {self.score!r}")
        elif (self.score > 0.0) is not (self.reason in (Reason.CORRECT, Reason.PARTIAL)):
            raise ValueError(f"score {self.score} does not go with reason {self.reason}")

    @property
    def is_correct(self) -> bool:
        """True for a full score only."""
        return self.score == 1.0

    def to_json(self) -> dict[str, Any]:
        """Plain JSON; `extracted` is the text, its span goes to `span`."""
        extracted = self.extracted
        return {
            "status": str(self.status),
            "score": self.score,
            "reason": str(self.reason),
            "extracted": extracted.text if extracted else None,
            "span": [extracted.start, extracted.end] if extracted else None,
            "extracted_by": extracted.how if extracted else None,
            "canonical_response": self.canonical_response,
            "canonical_reference": self.canonical_reference,
            "method": self.method,
            "certainty": self.certainty,
            "evidence": dict(self.evidence),
            "cost_s": self.cost_s,
            "verifier": self.verifier,
            "version": self.version,
            "digest": self.digest,
        }
