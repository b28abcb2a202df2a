"""An alarm: something about a run's rewards that a person must look at, in plain words."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Alarm:
    """What, since when, which rollouts, why perhaps, and what to do.

    `step` is the one that raised it, `since` where it began.
    """

    name: str
    what: str
    step: int
    since: int
    rollouts: tuple[str, ...]
    cause: str
    remedy: str

    def __str__(self) -> str:
        shown = f" (for instance {', '.join(self.rollouts)})" if self.rollouts else ""
        return f"{self.what}, since step {self.since}{shown}. {self.cause} {self.remedy}"
