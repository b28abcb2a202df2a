"""Exact expectations from n samples of a problem, and intervals over problems.

Samples of one problem resemble each other, so the problem is the unit: every estimate is a value
in [0, 1] for each problem, and its interval comes from the spread between problems.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

from verigrad.core.statistics import Interval, mean


@dataclass(frozen=True, slots=True)
class Ballot:
    """One sample as a voter: its canonical answer (None: no vote), and whether it is right."""

    answer: str | None
    is_correct: bool


def clustered_interval(values: Sequence[float], *, confidence: float = 0.95) -> Interval:
    """Wilson's interval of the mean of per-problem values in [0, 1], at the effective number of
    trials m(1-m)/Var(mean); at the number of problems where they do not vary.

    With one 0/1 sample a problem that number is n-1, so the interval is Wilson's but for one.
    For 1, 0, 0.5, 0.5: mean 0.5, Var(mean) = (0.5/3)/4 = 1/24, so 0.25 * 24 = 6 trials.
    """
    centre, count = mean(values), len(values)
    trials = float(count)
    spread = math.fsum((value - centre) ** 2 for value in values)
    if spread > 0 and count > 1:
        trials = centre * (1 - centre) / (spread / (count - 1) / count)
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    shrink = 1 + z * z / trials
    middle = (centre + z * z / (2 * trials)) / shrink
    variance = max(0.0, centre * (1 - centre)) / trials + z * z / (4 * trials**2)
    half = z * math.sqrt(variance) / shrink
    low, high = max(0.0, middle - half), min(1.0, middle + half)
    return Interval(centre, min(low, centre), max(high, centre))


def majority_at_k(ballots: Sequence[Ballot], k: int) -> float:
    """The chance that the commonest answer of k samples drawn of these is right; ties are drawn.

    Exact: for each right answer, the draws are counted in which m vote for it and no other has
    more (others' ways by their total and the number of ties). No vote at all is wrong.

    Of a a b with a right, k = 1 gives 2/3, k = 2 gives 1/3 (aa) + 2/3 / 2 (ab) = 2/3.
    """
    if not 1 <= k <= len(ballots):
        raise ValueError(f"need 1 <= k <= {len(ballots)}, got {k}")
    counts = Counter(ballot.answer for ballot in ballots)
    silent = counts.pop(None, 0)
    right = {ballot.answer for ballot in ballots if ballot.is_correct and ballot.answer is not None}
    won = 0.0
    for answer in sorted(name for name in counts if name in right):
        others = [count for name, count in counts.items() if name != answer]
        won += _winning_draws(counts[answer], others, silent, k)
    return won / math.comb(len(ballots), k)


def _winning_draws(own: int, others: Sequence[int], silent: int, k: int) -> float:
    won = 0.0
    for votes in range(1, min(own, k) + 1):
        ways: dict[tuple[int, int], int] = {
            (drawn, 0): math.comb(silent, drawn) for drawn in range(min(silent, k - votes) + 1)
        }
        for count in others:
            ways = _with_rival(ways, count, votes, k - votes)
        share = sum(n / (1 + ties) for (drawn, ties), n in ways.items() if drawn == k - votes)
        won += math.comb(own, votes) * share
    return won


def _with_rival(
    ways: dict[tuple[int, int], int], count: int, votes: int, most: int
) -> dict[tuple[int, int], int]:
    new: Counter[tuple[int, int]] = Counter()
    for (drawn, ties), number in ways.items():
        for taken in range(min(count, votes, most - drawn) + 1):
            key = (drawn + taken, ties + (taken == votes))
            new[key] += number * math.comb(count, taken)
    return dict(new)


def best_of_k(scored: Sequence[tuple[float, bool]], k: int) -> float:
    """The chance that the sample with the best score of k drawn is right; ties are drawn.

    The best score of a draw is s in C(#<=s, k) - C(#<s, k) of C(n, k) draws, and each sample of
    that score is as likely as the others to be the one.

    Scores 1 (right), 2 (wrong), 3 (right), k = 2: the 3 is best in 2 of 3 draws, the 2 in 1: 2/3.
    """
    if not 1 <= k <= len(scored):
        raise ValueError(f"need 1 <= k <= {len(scored)}, got {k}")
    below, expected = 0, 0.0
    for score in sorted({score for score, _ in scored}):
        own = [is_correct for other, is_correct in scored if other == score]
        draws = math.comb(below + len(own), k) - math.comb(below, k)
        expected += draws * sum(own) / len(own)
        below += len(own)
    return expected / math.comb(len(scored), k)
