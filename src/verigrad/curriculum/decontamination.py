"""Training problems that an evaluation asks too: exactly, in long parts, or with words changed.

Three rules, in this order: `exact`, the same words up to case, punctuation and white space;
`ngram`, more than half of an evaluation text's words stand in runs of eight that the training text
has too (Tulu 3, arXiv 2411.15124, section 3.2); `near`, the same text with words replaced, put in,
left out or moved (see `neighbours`). What is found is verified, never guessed from a hash.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from verigrad.curriculum.neighbours import Neighbours, without_numbers, words_of

Kind = Literal["exact", "ngram", "near"]
KINDS: tuple[Kind, ...] = ("exact", "ngram", "near")


@dataclass(frozen=True, slots=True)
class Rules:
    """`ngram` words make a run, and more than `ngram_share` of an evaluation text's words must
    stand in shared runs; `similarity` is the threshold of `near`. With `any_numbers` problems that
    differ in their numbers alone are the same.
    """

    ngram: int = 8
    ngram_share: float = 0.5
    similarity: float = 0.5
    any_numbers: bool = False


@dataclass(frozen=True, slots=True)
class Match:
    """A row and the known text it repeats; `score` is 1 (exact), a share, or a similarity."""

    row: int
    kind: Kind
    place: int
    score: float

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {name: getattr(self, name) for name in Match.__dataclass_fields__}


class KnownTexts:
    """Texts that must not come again, as sets of words, runs and neighbours.

    >>> known = KnownTexts(["How many pens does Ann have now?"], Rules())
    >>> known.match(0, "how many PENS does Ann have now")
    Match(row=0, kind='exact', place=0, score=1.0)
    >>> known.match(0, "How many pens does Ben have now?").kind  # 9 of 17 shared
    'near'
    >>> known.match(0, "How old is Ann?") is None
    True
    """

    def __init__(self, texts: Iterable[str], rules: Rules) -> None:
        self.rules = rules
        self._words = [self._read(text) for text in texts]
        self._exact: dict[int, list[int]] = {}  # by hash, verified when found
        self._runs: dict[int, list[tuple[int, int]]] = {}
        for place, words in enumerate(self._words):
            self._exact.setdefault(hash(tuple(words)), []).append(place)
            for start, run in enumerate(_runs(words, rules.ngram)):
                self._runs.setdefault(hash(run), []).append((place, start))
        self._neighbours = Neighbours(self._words, threshold=rules.similarity)

    def match(self, row: int, text: str, *, among: Container[int] | None = None) -> Match | None:
        """What `text` repeats, by the first rule that finds something; None for a new text.

        `among` leaves out all other places. A text without any word matches nothing.
        """
        words = self._read(text)
        if not words:
            return None
        for place in self._exact.get(hash(tuple(words)), ()):
            if self._words[place] == words and (among is None or place in among):
                return Match(row, "exact", place, 1.0)
        covers = self._covers(words, among)
        best = min(covers, key=lambda place: (-covers[place], place), default=None)
        if best is not None and covers[best] > self.rules.ngram_share:
            return Match(row, "ngram", best, covers[best])
        for near in self._neighbours.near(words):
            if among is None or near.place in among:
                return Match(row, "near", near.place, near.similarity)
        return None

    def _read(self, text: str) -> list[str]:
        words = words_of(text)
        return without_numbers(words) if self.rules.any_numbers else words

    def _covers(self, words: Sequence[str], among: Container[int] | None) -> dict[int, float]:
        """Known texts with shared runs, and the share of their words that stand in one."""
        length = self.rules.ngram
        covered: dict[int, set[int]] = {}
        for run in set(_runs(words, length)):
            for place, start in self._runs.get(hash(run), ()):
                is_asked = among is None or place in among
                if is_asked and tuple(self._words[place][start : start + length]) == run:
                    covered.setdefault(place, set()).update(range(start, start + length))
        return {place: len(found) / len(self._words[place]) for place, found in covered.items()}


def _runs(words: Sequence[str], length: int) -> Iterator[tuple[str, ...]]:
    return (tuple(words[start : start + length]) for start in range(len(words) - length + 1))


def find_contaminated(rows: Iterable[str], known: KnownTexts) -> Iterator[Match]:
    """A match for every row that repeats a known text, in order."""
    for row, text in enumerate(rows):
        if (match := known.match(row, text)) is not None:
            yield match


def find_duplicates(rows: Sequence[str], rules: Rules) -> Iterator[Match]:
    """A match for every row that repeats an earlier row that is kept."""
    known, kept = KnownTexts(rows, rules), set[int]()
    for row, text in enumerate(rows):
        if (match := known.match(row, text, among=kept)) is None:
            kept.add(row)
        else:
            yield match


def counts(matches: Iterable[Match]) -> dict[str, int]:
    """Matches of each kind.

    >>> counts([Match(3, "near", 0, 0.7)])
    {'exact': 0, 'ngram': 0, 'near': 1}
    """
    found = Counter(match.kind for match in matches)
    return {kind: found[kind] for kind in KINDS}
