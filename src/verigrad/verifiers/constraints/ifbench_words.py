"""IFBench (Pyatkin et al., arXiv 2507.02833), part 1: counts, ratios, words and sentences.

The ids and arguments of `count:`, `ratio:`, `words:` and `sentence:`, without `words:start_verb`
and `words:odd_even_syllables`, which need a tagger and a pronouncing dictionary. Nothing passes for
want of anything to check: "each sentence ... the next" needs two sentences.
"""

from __future__ import annotations

import re
from collections import Counter
from itertools import pairwise

from verigrad.verifiers.constraints import lexicon, rule
from verigrad.verifiers.constraints.rule import Rule
from verigrad.verifiers.constraints.text import (
    PUNCTUATION,
    bare_words,
    count_word,
    plain_words,
    sentences,
    word_tokens,
)

_JAPANESE = re.compile("[\u3040-\u30ff\u4e00-\u9fff]")
_NUMBER = re.compile(r"\d+(?:[.,:]\d+)*")
_CLUSTER = re.compile("[bcdfghjklmnpqrstvwxyz]{2}")
_MARKS = ".,!?;:"
_REPEATED = (1, 2, 3, 5, 7)


def word_count_range(text: str, *, min_words: int, max_words: int) -> bool:
    """Between so many words and so many."""
    return min_words <= len(word_tokens(text)) <= max_words


def unique_word_count(text: str, *, N: int) -> bool:
    """At least N different words."""
    return len({word.casefold() for word in plain_words(text)}) >= N


def conjunctions(text: str, *, small_n: int) -> bool:
    """At least that many different coordinating conjunctions."""
    return len(lexicon.CONJUNCTIONS & {w.casefold() for w in plain_words(text)}) >= small_n


def person_names(text: str, *, N: int) -> bool:
    """At least N different names of the list, with their capitals."""
    return len(set(lexicon.PERSON_NAMES) & set(word_tokens(text))) >= N


def numbers(text: str, *, N: int) -> bool:
    """Exactly N numbers; 1,234.5 is one."""
    return len(_NUMBER.findall(text)) == N


def punctuation(text: str) -> bool:
    """Each of . , ! ? ; : beside an interrobang."""
    for mark in ("?!", "!?", "\u203d"):
        if mark in text:
            rest = text.replace(mark, "", 1)
            return all(each in rest for each in _MARKS)
    return False


def words_japanese(text: str, *, N: int) -> bool:
    """Every N-th word is Japanese, and there is such a word."""
    every = text.split()[N - 1 :: N]
    return bool(every) and all(_JAPANESE.search(word) for word in every)


def pronouns(text: str, *, N: int) -> bool:
    """At least N pronouns."""
    return sum(w.casefold() in lexicon.PRONOUNS for w in word_tokens(text)) >= N


def keywords_multiple(text: str, **keywords: str) -> bool:
    """The five keywords once, twice, three, five and seven times."""
    wanted = zip(sorted(keywords), _REPEATED, strict=True)
    return all(count_word(text, keywords[name].strip()) == times for name, times in wanted)


def stop_words(text: str, *, percentage: float) -> bool:
    """At most that share of stop words."""
    words = word_tokens(text)
    stops = sum(word.casefold() in lexicon.STOP_WORDS for word in words)
    return bool(words) and 100 * stops <= percentage * len(words)


def _endings(text: str) -> Counter[str]:
    return Counter(s.rstrip("\"'\u201d\u2019)]*_")[-1] for s in sentences(text))


def sentence_type(text: str) -> bool:
    """Two statements for every question, and at least one question."""
    ends = _endings(text)
    return ends["?"] > 0 and ends["."] == 2 * ends["?"]


def sentence_balance(text: str) -> bool:
    """As many statements as questions as exclamations, and at least one each."""
    ends = _endings(text)
    return ends["."] == ends["?"] == ends["!"] > 0


def overlap(text: str, *, reference_text: str, percentage: float) -> bool:
    """That share (2 points either way) of the text's trigrams of words is in the reference."""
    own, other = _trigrams(text), _trigrams(reference_text)
    return bool(own) and abs(100 * len(own & other) / len(own) - percentage) <= 2


def _trigrams(text: str) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+|[^\w\s]", text)
    return set(zip(words, words[1:], words[2:], strict=False))


def sentence_words(text: str) -> bool:
    """Three sentences of equal length in characters that share no word."""
    found = sentences(text)
    words = [word.casefold() for word in bare_words(" ".join(found))]
    same = len({len(sentence) for sentence in found}) == 1
    return len(found) == 3 and same and len(words) == len(set(words))


def _initials(text: str) -> list[str]:
    return [word[0].casefold() for word in bare_words(text)]


def alphabet(text: str) -> bool:
    """Each word starts with the letter after the last word's, `a` after `z`; at least two words."""
    codes = [ord(initial) - ord("a") for initial in _initials(text)]
    ordered = all(b == (a + 1) % 26 for a, b in pairwise(codes))
    return len(codes) > 1 and ordered and all(0 <= code < 26 for code in codes)


def vowel(text: str) -> bool:
    """One paragraph with at most three kinds of vowels."""
    used = set("aeiou") & set(text.casefold())
    return "\n" not in text.strip() and 0 < len(used) <= 3


def consonants(text: str) -> bool:
    """Each word has two consonants side by side."""
    words = bare_words(text.casefold())
    return bool(words) and all(_CLUSTER.search(word) for word in words)


def palindrome(text: str) -> bool:
    """At least ten palindromes of five letters or more, all different."""
    words = {word.casefold() for word in bare_words(text)}
    return sum(len(word) >= 5 and word == word[::-1] for word in words) >= 10


def prime_lengths(text: str) -> bool:
    """The length of every word is a prime."""
    lengths = {len(word) for word in bare_words(text)}
    return bool(lengths) and all(map(_is_prime, lengths))


def _is_prime(n: int) -> bool:
    return 1 < n < 1_000 and all(n % d for d in range(2, int(n**0.5) + 1))


def repeats(text: str, *, small_n: int) -> bool:
    """No word stands there more often than that."""
    counts = Counter(word.casefold() for word in bare_words(text))
    return bool(counts) and max(counts.values()) <= small_n


def _ends_of(piece: str) -> tuple[str, str] | None:
    words = [word.strip(PUNCTUATION).casefold() for word in piece.split()]
    words = [word for word in words if word]
    return (words[0], words[-1]) if words else None


def last_first(text: str) -> bool:
    """The last word of each sentence is the first of the next; at least two sentences."""
    ends = [_ends_of(sentence) for sentence in sentences(text)]
    linked = all(a and b and a[1] == b[0] for a, b in pairwise(ends))
    return len(ends) > 1 and linked


def paragraph_last_first(text: str) -> bool:
    """Each line ends with the word it starts with, and has more words than one."""
    found = [line for line in text.split("\n") if _ends_of(line)]
    return bool(found) and all(
        len(bare_words(line)) > 1 and len(set(_ends_of(line) or ())) == 1 for line in found
    )


def no_consecutive(text: str) -> bool:
    """No two words in a row start alike; at least two words."""
    initials = _initials(text)
    return len(initials) > 1 and all(a != b for a, b in pairwise(initials))


def keywords_specific_position(text: str, *, keyword: str, n: int, m: int) -> bool:
    """The keyword is the m-th word of the n-th sentence."""
    found = sentences(text)
    words = plain_words(found[n - 1]) if len(found) >= n else []
    return len(words) >= m and words[m - 1].casefold() == keyword.strip().casefold()


def words_position(text: str, *, keyword: str) -> bool:
    """The second word and the last but one are the keyword."""
    words = [word.casefold() for word in plain_words(text)]
    return len(words) > 2 and words[1] == words[-2] == keyword.strip().casefold()


def alliteration_increment(text: str) -> bool:
    """More alliterating words in each sentence than in the one before; at least two sentences."""
    counts = [_alliterating(sentence) for sentence in sentences(text)]
    return len(counts) > 1 and all(a < b for a, b in pairwise(counts))


def _alliterating(sentence: str) -> int:
    initials = _initials(sentence)
    marked = {i + d for i, (a, b) in enumerate(pairwise(initials)) if a == b for d in (0, 1)}
    return len(marked)


def keyword(text: str, *, word: str, N: int) -> bool:
    """The word stands in the N-th sentence."""
    found = sentences(text)
    return len(found) >= N and count_word(found[N - 1], word.strip()) > 0


def increment(text: str, *, small_n: int) -> bool:
    """Each sentence has exactly that many words more than the last; at least two sentences."""
    counts = [len(bare_words(sentence)) for sentence in sentences(text)]
    return len(counts) > 1 and all(b == a + small_n for a, b in pairwise(counts))


_N, _SMALL = {"N": rule.positive}, {"small_n": rule.positive}
WORDS: dict[str, Rule] = {
    "count:word_count_range": Rule(
        word_count_range, {"min_words": rule.number, "max_words": rule.number}
    ),
    "count:unique_word_count": Rule(unique_word_count, _N),
    "count:conjunctions": Rule(conjunctions, _SMALL),
    "count:person_names": Rule(person_names, _N),
    "count:numbers": Rule(numbers, {"N": rule.number}),
    "count:punctuation": Rule(punctuation, {}),
    "count:words_japanese": Rule(words_japanese, _N),
    "count:pronouns": Rule(pronouns, _N),
    "count:keywords_multiple": Rule(
        keywords_multiple, {f"keyword{index}": rule.text for index in range(1, 6)}
    ),
    "ratio:stop_words": Rule(stop_words, {"percentage": rule.percent}),
    "ratio:sentence_type": Rule(sentence_type, {}),
    "ratio:sentence_balance": Rule(sentence_balance, {}),
    "ratio:overlap": Rule(overlap, {"reference_text": rule.text, "percentage": rule.percent}),
    "ratio:sentence_words": Rule(sentence_words, {}),
    "words:alphabet": Rule(alphabet, {}),
    "words:vowel": Rule(vowel, {}),
    "words:consonants": Rule(consonants, {}),
    "words:palindrome": Rule(palindrome, {}),
    "words:prime_lengths": Rule(prime_lengths, {}),
    "words:repeats": Rule(repeats, _SMALL),
    "words:last_first": Rule(last_first, {}),
    "words:paragraph_last_first": Rule(paragraph_last_first, {}),
    "words:no_consecutive": Rule(no_consecutive, {}),
    "words:keywords_specific_position": Rule(
        keywords_specific_position, {"keyword": rule.text, "n": rule.positive, "m": rule.positive}
    ),
    "words:words_position": Rule(words_position, {"keyword": rule.text}),
    "sentence:alliteration_increment": Rule(alliteration_increment, {}),
    "sentence:keyword": Rule(keyword, {"word": rule.text, **_N}),
    "sentence:increment": Rule(increment, _SMALL),
}
