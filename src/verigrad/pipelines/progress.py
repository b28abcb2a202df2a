"""What a run tells while it goes on. The command line listens; nothing here prints."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from verigrad.records.evaluation import Evaluation


class Listener(Protocol):
    """Hears what happens; must not change it."""

    def stage(self, name: str, total_steps: int) -> None:
        """A stage begins: "warm_up" or "rl"."""
        ...

    def step(self, stage: str, number: int, metrics: Mapping[str, float]) -> None:
        """A step ended."""
        ...

    def evaluated(self, evaluation: Evaluation) -> None:
        """An evaluation ended."""
        ...

    def note(self, text: str) -> None:
        """One line that a person may want to read."""
        ...


class Silent:
    """Hears nothing."""

    def stage(self, name: str, total_steps: int) -> None:
        """Nothing."""

    def step(self, stage: str, number: int, metrics: Mapping[str, float]) -> None:
        """Nothing."""

    def evaluated(self, evaluation: Evaluation) -> None:
        """Nothing."""

    def note(self, text: str) -> None:
        """Nothing."""
