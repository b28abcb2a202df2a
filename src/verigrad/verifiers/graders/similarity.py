"""Text similarities from 0 to 1, each by its paper, over words without case.

The graders' API does not publish its tokenizer or smoothing; these are the definitions used here:
words are runs of letters and digits; an empty text resembles nothing.
"""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise

MAX_CHARS = 20_000
_WORD = re.compile(r"[^\W_]+")


def words(text: str) -> list[str]:
    """The words compared."""
    return _WORD.findall(text[:MAX_CHARS].casefold())


def _ngrams(items: Sequence[str], n: int) -> Counter[tuple[str, ...]]:
    return Counter(zip(*(items[start:] for start in range(n)), strict=False))


def _longest(a: Sequence[str], b: Sequence[str]) -> int:
    """Length of the longest common subsequence, a row of bits at a time (Hyyr\u00f6 2004)."""
    where: dict[str, int] = {}
    for index, item in enumerate(a):
        where[item] = where.get(item, 0) | 1 << index
    full = (1 << len(a)) - 1
    row = full
    for item in b:
        matched = row & where.get(item, 0)
        row = ((row + matched) | (row - matched)) & full
    return len(a) - row.bit_count()


def fuzzy_match(text: str, reference: str) -> float:
    """Characters in the longest common subsequence: kitten and sitting share 2 * 4 / (6 + 7)."""
    a, b = text[:MAX_CHARS], reference[:MAX_CHARS]
    if not a or not b:
        return 0.0
    return 2 * _longest(a, b) / (len(a) + len(b))


def bleu(text: str, reference: str) -> float:
    """Sentence BLEU-4 (Papineni et al. 2002), +1 smoothing of n > 1 (Lin and Och 2004)."""
    a, b = words(text), words(reference)
    if not a or not b:
        return 0.0
    logs = []
    for n in range(1, 5):
        own, other = _ngrams(a, n), _ngrams(b, n)
        hits, total = (own & other).total(), own.total()
        plus = int(n > 1)
        if hits + plus == 0:
            return 0.0
        logs.append(math.log((hits + plus) / (total + plus)))
    brevity = min(0.0, 1 - len(b) / len(a))
    return math.exp(brevity + math.fsum(logs) / 4)


def gleu(text: str, reference: str) -> float:
    """Sentence GLEU (Wu et al. 2016): matching n-grams, n to 4, over the larger number of them."""
    a, b = words(text), words(reference)
    hits = own = other = 0
    for n in range(1, 5):
        left, right = _ngrams(a, n), _ngrams(b, n)
        hits += (left & right).total()
        own += left.total()
        other += right.total()
    return hits / max(own, other) if hits else 0.0


def meteor(text: str, reference: str) -> float:
    """METEOR (Lavie and Agarwal 2007) with exact matches only: no stems, no synonyms.

    P and R of words, F = PR / (0.9 P + 0.1 R), times 1 - 0.5 (chunks / matches)^3, where chunks
    are the fewer of two greedy alignments, forwards and backwards.
    """
    a, b = words(text), words(reference)
    pairs = _aligned(a, b)
    if not pairs:
        return 0.0
    precision, recall = len(pairs) / len(a), len(pairs) / len(b)
    mean = precision * recall / (0.9 * precision + 0.1 * recall)
    back = _aligned(a[::-1], b[::-1])
    chunks = min(_chunks(pairs), _chunks(back))
    return mean * (1 - 0.5 * (chunks / len(pairs)) ** 3)


def _chunks(pairs: Sequence[tuple[int, int]]) -> int:
    """Runs of pairs that are neighbours on both sides."""
    return 1 + sum((x + 1, y + 1) != after for (x, y), after in pairwise(pairs))


def _aligned(a: Sequence[str], b: Sequence[str]) -> list[tuple[int, int]]:
    """Equal words one to one: next to the last pair where possible, else the first one free."""
    places: dict[str, list[int]] = {}
    for index, word in enumerate(b):
        places.setdefault(word, []).append(index)
    pairs: list[tuple[int, int]] = []
    for index, word in enumerate(a):
        free = places.get(word)
        if not free:
            continue
        wanted = pairs[-1][1] + 1 if pairs and pairs[-1][0] == index - 1 else -1
        at = free.index(wanted) if wanted in free[:50] else 0
        pairs.append((index, free.pop(at)))
    return pairs


def _f1(hits: float, own: int, other: int) -> float:
    return 2 * hits / (own + other) if hits else 0.0


def rouge_n(n: int) -> Callable[[str, str], float]:
    """ROUGE-n (Lin 2004), F1."""

    def score(text: str, reference: str) -> float:
        own, other = _ngrams(words(text), n), _ngrams(words(reference), n)
        return _f1((own & other).total(), own.total(), other.total())

    return score


def rouge_l(text: str, reference: str) -> float:
    """ROUGE-L (Lin 2004), F1 of the longest common subsequence of words."""
    a, b = words(text), words(reference)
    return _f1(_longest(a, b), len(a), len(b))


SIMILARITIES: dict[str, Callable[[str, str], float]] = {
    "fuzzy_match": fuzzy_match,
    "bleu": bleu,
    "gleu": gleu,
    "meteor": meteor,
    **{f"rouge_{n}": rouge_n(n) for n in range(1, 6)},
    "rouge_l": rouge_l,
}
