"""Several sources in one order, in the shares of their weights."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import overload

from verigrad.core.errors import ConfigError
from verigrad.core.types import Problem


@dataclass(frozen=True, slots=True)
class Mixture(Sequence[Problem]):
    """A view: entry i is problem `order[i][1]` of part `order[i][0]`."""

    parts: tuple[Sequence[Problem], ...]
    order: tuple[tuple[int, int], ...]

    def __len__(self) -> int:
        return len(self.order)

    @overload
    def __getitem__(self, index: int) -> Problem: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Problem]: ...
    def __getitem__(self, index: int | slice) -> Problem | Sequence[Problem]:
        if isinstance(index, slice):
            return Mixture(self.parts, self.order[index])
        part, number = self.order[index]
        return self.parts[part][number]


def mix(
    parts: Mapping[str, Sequence[Problem]],
    weights: Mapping[str, float],
    *,
    size: int | None = None,
) -> Mixture:
    """Problems of all parts, evenly interleaved, each part in its own order.

    The part furthest behind its share is next. Without `size` the mixture ends before any part
    would repeat; with it, parts that are too short start over.

    >>> parts = {"a": [Problem.of("a", "1")] * 20, "b": [Problem.of("b", "2")] * 20}
    >>> mixed = mix(parts, {"a": 3, "b": 1})
    >>> "".join(problem.question for problem in mixed[:8]), len(mixed)
    ('aabaaaba', 27)
    """
    _check(parts, weights)
    total = sum(weights.values())
    shares = [weights[name] / total for name in parts]
    lengths = [len(part) for part in parts.values()]
    taken = [0] * len(shares)
    order: list[tuple[int, int]] = []
    while size is None or len(order) < size:
        place = len(order) + 1
        behind = [share * place - done for share, done in zip(shares, taken, strict=True)]
        part = behind.index(max(behind))
        if size is None and taken[part] == lengths[part]:
            break
        order.append((part, taken[part] % lengths[part]))
        taken[part] += 1
    return Mixture(tuple(parts.values()), tuple(order))


def _check(parts: Mapping[str, Sequence[Problem]], weights: Mapping[str, float]) -> None:
    wrong = [f'"{name}" has no weight' for name in parts if name not in weights]
    wrong += [f'"{name}" is no part' for name in weights if name not in parts]
    wrong += [f'"{name}" weighs {w}, not above 0' for name, w in weights.items() if not w > 0]
    wrong += [f'"{name}" has no problems' for name, part in parts.items() if not len(part)]
    wrong += ["there are no parts"] if not parts else []
    if wrong:
        raise ConfigError(
            "the mixture cannot be made: " + "; ".join(wrong),
            cause="parts and weights must have the same names, every weight above 0",
            remedy=f"parts: {', '.join(parts)}; weights: {', '.join(weights)}",
        )
