"""Near-duplicate texts: the same words in the same order, up to edits; every candidate is verified.

A text is the set of its words and of its pairs of neighbouring words (each with the number of its
occurrence), and two texts are as similar as the Jaccard index of their sets. Replacing one word
of n takes away one word and two pairs. All pairs at or above the threshold are found: texts that
similar share one of the rarest few members of their sets (prefix filtering: Chaudhuri et al. 2006;
Bayardo et al. 2007), so only those are looked up.
"""

from __future__ import annotations

import math
import re
import unicodedata
from array import array
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

_CJK = "\u3040-\u30ff\u3400-\u9fff"
_BITS = 32  # of a word's number, and of an occurrence's
_ROUNDING = 1e-9
_TOKEN = re.compile(rf"[{_CJK}]|[^\W{_CJK}]+|[+*/=<>^]|-(?=\s*\d)")


def words_of(text: str) -> list[str]:
    """Words without case, punctuation and white space; signs of arithmetic are words of their own.

    >>> words_of("What IS 2-3?  Well-known.")
    ['what', 'is', '2', '-', '3', 'well', 'known']
    """
    return _TOKEN.findall(unicodedata.normalize("NFKC", text).casefold())


def without_numbers(words: Sequence[str]) -> list[str]:
    """Every number the same: problems that differ in numbers alone become equal.

    >>> without_numbers(["2", "pens", "and", "13"])
    ['0', 'pens', 'and', '0']
    """
    return ["0" if word.isdecimal() else word for word in words]


def members_of(ids: Sequence[int]) -> set[int]:
    """Words (given as numbers) and pairs of neighbours, each with the number of its occurrence.

    >>> len(members_of([1, 2, 1]))  # two 1s, a 2, the pairs 1 2 and 2 1
    5
    """
    found: set[int] = set()
    repeated: dict[int, int] = {}
    words = [word + 1 << _BITS for word in ids]
    for unit in (*words, *(a << _BITS | b for a, b in pairwise(words))):
        member = unit << _BITS
        if member in found:
            repeated[member] = repeated.get(member, 0) + 1
            member |= repeated[member]
        found.add(member)
    return found


def similarity(shared: int, first: int, second: int) -> float:
    """The Jaccard index of two sets by their sizes; two empty texts are equal.

    >>> similarity(3, 5, 5)  # "a b c" and "a b d": a, b and "a b" of seven
    0.42857142857142855
    """
    union = first + second - shared
    return shared / union if union else 1.0


@dataclass(frozen=True, slots=True)
class Near:
    """The place of a known text and how similar it is."""

    place: int
    similarity: float


class Neighbours:
    """Known texts, asked for those at least as similar to another as `threshold`."""

    def __init__(self, texts: Iterable[Sequence[str]], *, threshold: float) -> None:
        self.threshold = threshold
        self._vocabulary: dict[str, int] = {}
        sets = [self._members(words) for words in texts]
        counts = Counter(member for one in sets for member in one)
        self._rank = {
            member: rank for rank, member in enumerate(sorted(counts, key=lambda m: (counts[m], m)))
        }
        self._ranks: list[array[int]] = []  # of each text, rarest first
        self._places: dict[int, array[int]] = {}
        for place, one in enumerate(sets):
            ranks = array("I", sorted(self._rank[member] for member in one))
            self._ranks.append(ranks)
            for rank in ranks[: self._prefix(len(ranks))]:
                self._places.setdefault(rank, array("I")).append(place)

    def near(self, words: Sequence[str]) -> list[Near]:
        """All known texts near this one, the most similar first, then in their order."""
        own = self._members(words)
        ranks = {self._rank[member] for member in own if member in self._rank}
        unknown = len(own) - len(ranks)  # the rarest of all: they stand before the others
        looked_up = self._prefix(len(own)) - unknown
        if looked_up <= 0:
            return []
        candidates = {
            place for rank in sorted(ranks)[:looked_up] for place in self._places.get(rank, ())
        }
        found = [Near(place, self._similarity(ranks, len(own), place)) for place in candidates]
        near = [one for one in found if one.similarity >= self.threshold]
        return sorted(near, key=lambda one: (-one.similarity, one.place))

    def _members(self, words: Sequence[str]) -> set[int]:
        known = self._vocabulary
        return members_of([known.setdefault(word, len(known)) for word in words])

    def _similarity(self, ranks: set[int], size: int, place: int) -> float:
        other = self._ranks[place]
        if min(size, len(other)) < self.threshold * max(size, len(other)):
            return 0.0  # cannot reach it
        return similarity(sum(rank in ranks for rank in other), size, len(other))

    def _prefix(self, size: int) -> int:
        """How many of the rarest members two near texts cannot both lack."""
        return size - math.ceil(self.threshold * size - _ROUNDING) + 1 if size else 0
