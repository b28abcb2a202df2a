"""The `[trust]` section of a recipe: who watches the rewards, and what an alarm does."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from verigrad.core.config import Strict

Control = Literal["none", "random", "format_only", "majority_label", "shuffled_references"]
"""What pays in place of the verifier, in a run that must not learn from it."""


class NoiseSection(Strict):
    """A verifier's errors: injected for a study, and corrected for by the rates that were measured.

    "backward" makes the expected reward the true one; with a baseline over the group and one rate
    for all problems it only scales the advantages. "forward" weighs the score function itself and
    wants an objective without a baseline.
    """

    inject_false_positive: float = Field(default=0.0, ge=0.0, lt=1.0)
    inject_false_negative: float = Field(default=0.0, ge=0.0, lt=1.0)
    false_positive: float = Field(default=0.0, ge=0.0, lt=1.0)
    false_negative: float = Field(default=0.0, ge=0.0, lt=1.0)
    correction: Literal["none", "backward", "forward"] = "none"

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if self.correction != "none" and self.false_positive + self.false_negative >= 1:
            raise ValueError("rates that sum to 1 or more cannot be corrected for")
        return self


class TrustSection(Strict):
    """How rewards are watched while they are paid.

    Tasks with a `shadow` have `shadow_share` of their rollouts judged twice. An alarm is raised
    where the share of them that was paid though the shadow calls them wrong is above `gap_limit`,
    surely, over the last `gap_window` steps. So it is with a `held_out` verifier.

    Every `canary_every` steps `canaries` problems of each task, with references that nobody could
    guess, are answered and judged: any pass is a cheat. `alarms` says what an alarm does:
    "note" it (the default), "pause" the run until somebody resumes it, "stop" it, or "off".

    Before the first step every task's verifier must have a card (`verigrad audit`), found by its
    digest in the folder `cards`, or the first of several that has one (else $VERIGRAD_CARDS, else
    `audits`), or among those that ship:
    with at most `probe_limit` of a probe's cases paid and `references_limit` of the references
    failing.
    """

    cards: str | tuple[str, ...] = ""
    probe_limit: float = Field(default=0.0, ge=0.0, le=1.0)
    references_limit: float = Field(default=0.02, ge=0.0, le=1.0)

    shadow_share: float = Field(default=0.25, gt=0.0, le=1.0)
    gap_window: int = Field(default=5, ge=1)
    gap_limit: float = Field(default=0.02, ge=0.0, lt=1.0)
    canaries: int = Field(default=0, ge=0)
    canary_every: int = Field(default=10, ge=1)
    alarms: dict[str, Literal["off", "note", "pause", "stop"]] = Field(default_factory=dict)
