"""Reward terms that read the length of a response, in tokens the policy wrote."""

from __future__ import annotations

import math
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


@dataclass(frozen=True, slots=True, kw_only=True)
class CosineLength:
    """The cosine reward (Yeo et al., arXiv 2502.03373, section 4.1, with its values as defaults).

    Over the length t up to T = `max_tokens`, low + (high - low) / 2 * (1 + cos(pi t / T)): a right
    answer earns less the longer it is, a wrong one loses less, and what is cut at T gets
    `exceeded`. It is a whole reward: use it with `value = 0.0` at the gate, or scaled down.

    >>> CosineLength(max_tokens=100).amounts([0, 50, 50, 100], [True, True, False, True])
    [2.0, 1.5, -5.0, -10.0]
    """

    max_tokens: int
    right_short: float = 2.0
    right_long: float = 1.0
    wrong_short: float = -10.0
    wrong_long: float = 0.0
    exceeded: float = -10.0
    weight: float = 1.0

    def __post_init__(self) -> None:
        if self.max_tokens <= 0 or self.right_long <= max(self.wrong_short, self.wrong_long):
            raise TypeError("need max_tokens > 0, and a right answer always above a wrong one")

    def amounts(self, lengths: Sequence[int], correct: Sequence[bool]) -> list[float]:
        """What the term adds to each rollout's reward."""
        return [
            self.weight * self._amount(length, right)
            for length, right in zip(lengths, correct, strict=True)
        ]

    def _amount(self, length: int, right: bool) -> float:  # noqa: FBT001 (private)
        if length >= self.max_tokens:
            return self.exceeded
        short, long = (
            (self.right_short, self.right_long) if right else (self.wrong_short, self.wrong_long)
        )
        wave = 1 + math.cos(math.pi * length / self.max_tokens)
        return long + (short - long) / 2 * wave
