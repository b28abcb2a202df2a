"""Two models on the same problems: paired tests, and where their pass@k curves cross."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from verigrad.core.errors import DataError
from verigrad.core.seeds import stream
from verigrad.core.statistics import Interval, bootstrap, mean
from verigrad.evaluation.samples import SampleSet, powers

_DRAWS = 2000


def mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided exact p-value of McNemar's test: a fair coin over the pairs that differ.

    1 and 7 of 8: 2 * (1 + 8) / 256 = 0.0703125.

    >>> mcnemar(1, 7)
    0.0703125
    """
    total = only_first + only_second
    tail = sum(math.comb(total, i) for i in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / 2**total)


def sign_flip(differences: Sequence[float], *, seed: int = 0, num_draws: int = _DRAWS) -> float:
    """Two-sided p-value of the paired permutation test: every sign could as well be the other.

    The draw that was seen is one of them (Phipson and Smyth 2010), so p is never 0 and the level
    is kept whatever `num_draws` is.
    """
    moved = [abs(value) for value in differences if value]
    seen = abs(math.fsum(differences)) - 1e-12
    rng = stream("sign-flip", seed=seed)
    as_far = 1
    for _ in range(num_draws):
        signs = rng.getrandbits(len(moved)) if moved else 0
        total = math.fsum(v if signs >> i & 1 else -v for i, v in enumerate(moved))
        as_far += abs(total) >= seen
    return as_far / (num_draws + 1)


@dataclass(frozen=True, slots=True)
class Comparison:
    """Second less first, at pass@k."""

    k: int
    first: float
    second: float
    difference: Interval
    p_value: float
    test: str

    def is_distinguishable(self, level: float = 0.05) -> bool:
        """True where the test rejects equality."""
        return self.p_value <= level


@dataclass(frozen=True, slots=True)
class Crossing:
    """Where the second's lead is lost: k, between powers of two on a logarithmic scale; None
    where it is not. `share`: of the bootstrap draws that cross at all; `low`, `high` are theirs.
    """

    k: float | None
    low: float | None
    high: float | None
    share: float


def paired(first: SampleSet, second: SampleSet) -> list[tuple[int, int]]:
    """Places of the problems that both were asked; DataError where there is none."""
    places = {(p.task, p.problem): i for i, p in enumerate(second.problems)}
    pairs = [
        (i, places[p.task, p.problem])
        for i, p in enumerate(first.problems)
        if (p.task, p.problem) in places
    ]
    if not pairs:
        raise DataError(
            "the two have no problem in common",
            where=f"{first.model}, {second.model}",
            remedy="evaluate both on the same tasks",
        )
    return pairs


def curves(
    first: SampleSet, second: SampleSet, ks: Sequence[int]
) -> list[tuple[list[float], list[float]]]:
    """For each k the two columns of per-problem pass@k, in the same order."""
    pairs = paired(first, second)
    return [
        (
            [first.problems[i].passes(k) for i, _ in pairs],
            [second.problems[j].passes(k) for _, j in pairs],
        )
        for k in ks
    ]


def compare(first: SampleSet, second: SampleSet, *, k: int = 1) -> Comparison:
    """McNemar's exact test where every problem has one sample, else the sign-flip test."""
    ((a, b),) = curves(first, second, [k])
    differences = [y - x for x, y in zip(a, b, strict=True)]
    is_binary = all(value in (-1.0, 0.0, 1.0) for value in differences)
    if is_binary and first.num_samples == second.num_samples == 1:
        p, test = mcnemar(differences.count(-1.0), differences.count(1.0)), "McNemar, exact"
    else:
        p, test = sign_flip(differences), "paired sign-flip permutation"
    return Comparison(k, mean(a), mean(b), bootstrap(differences), p, test)


def crossing(
    first: SampleSet, second: SampleSet, *, seed: int = 0, num_draws: int = 500
) -> Crossing:
    """The k at which the first (the base) overtakes the second (after RL), with its bootstrap
    interval over problems (95 %).
    """
    ks = powers(min(first.num_samples, second.num_samples))
    columns = [[y - x for x, y in zip(a, b, strict=True)] for a, b in curves(first, second, ks)]
    rng = stream("crossing", seed=seed)
    count = len(columns[0])
    found: list[float] = []
    for _ in range(num_draws):
        chosen = rng.choices(range(count), k=count)
        at = _crosses(ks, [mean([column[i] for i in chosen]) for column in columns])
        if at is not None:
            found.append(at)
    found.sort()
    ends = (
        (found[int(0.025 * (len(found) - 1))], found[math.ceil(0.975 * (len(found) - 1))])
        if found
        else (None, None)
    )
    return Crossing(
        _crosses(ks, [mean(column) for column in columns]), *ends, len(found) / num_draws
    )


def _crosses(ks: Sequence[int], gaps: Sequence[float]) -> float | None:
    """Where the gap goes from above to below 0, by logarithmic interpolation.

    A gap of exactly 0 on the way down belongs to it; one that ends at 0, or rises again, does not.

    >>> _crosses([1, 4], [0.1, -0.1]), _crosses([1, 2, 4], [0.25, 0.0, -0.5])
    (2.0, 2.0)
    """
    for place, (gap, next_gap) in enumerate(pairwise(gaps)):
        after = next((one for one in gaps[place + 1 :] if one), 0.0)
        if gap > 0 >= next_gap and after < 0:
            share = gap / (gap - next_gap)
            start, end = math.log(ks[place]), math.log(ks[place + 1])
            return math.exp(start + share * (end - start))
    return None


def in_words(found: Comparison, *, first: str, second: str) -> str:
    """One sentence."""
    gap = found.difference
    head = (
        f"pass@{found.k}: {first} {found.first:.3f}, {second} {found.second:.3f}; difference "
        f"{gap.value:+.3f} [{gap.low:+.3f}, {gap.high:+.3f}]; p = {found.p_value:.4f} "
        f"({found.test})"
    )
    if not found.is_distinguishable():
        return f"{head}: not distinguishable"
    better = second if found.difference.value > 0 else first
    return f"{head}: {better} is better"
