"""Reward terms that read the length of a response, in tokens the policy wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol


class Term(Protocol):
    """One shaping term over the scored rollouts of one group."""

    def amounts(self, lengths: Sequence[int], correct: Sequence[bool]) -> list[float]:
        """What the term adds to each rollout's reward."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class KimiLength:
    """Kimi k1.5's length reward (arXiv 2501.12599, section 2.3.3).

    lambda = 0.5 - (length - shortest) / (longest - shortest) over the group; a right answer gets
    lambda, a wrong one min(0, lambda); nothing where all lengths are equal.

    >>> KimiLength(weight=1.0).amounts([10, 20, 30], [True, True, False])
    [0.5, 0.0, -0.5]
    """

    weight: float

    def amounts(self, lengths: Sequence[int], correct: Sequence[bool]) -> list[float]:
        """What the term adds to each rollout's reward."""
        if not lengths or max(lengths) == min(lengths):
            return [0.0] * len(lengths)
        shortest, longest = min(lengths), max(lengths)
        shares = [0.5 - (length - shortest) / (longest - shortest) for length in lengths]
        return [
            self.weight * (share if right else min(0.0, share))
            for share, right in zip(shares, correct, strict=True)
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class DapoOverlong:
    """DAPO's soft overlong punishment (arXiv 2503.14476, eq. 13).

    0 up to `max_tokens - buffer`, then linearly down to -1 at `max_tokens`.

    >>> DapoOverlong(max_tokens=100, buffer=20).amounts([80, 90, 120], [True, True, True])
    [0.0, -0.5, -1.0]
    """

    max_tokens: int
    buffer: int
    weight: float = 1.0

    def __post_init__(self) -> None:
        if not 0 < self.buffer <= self.max_tokens:
            raise TypeError(f"need 0 < buffer <= max_tokens: {self.buffer}, {self.max_tokens}")

    def amounts(self, lengths: Sequence[int], correct: Sequence[bool]) -> list[float]:  # noqa: ARG002 (the term's signature)
        """What the term adds to each rollout's reward."""
        start = self.max_tokens - self.buffer
        over = [max(0.0, (length - start) / self.buffer) for length in lengths]
        return [-self.weight * min(1.0, share) if share else 0.0 for share in over]
