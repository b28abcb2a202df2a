"""Which language a text is in, told by script and function words; None where that cannot be told.

No random draws and no model: a language whose script is its own is told by the script, the others
by the words that every text of the language is full of. Short or mixed texts are undecided, and
undecided never passes.
"""

from __future__ import annotations

import unicodedata
from collections import Counter

from verigrad.verifiers.constraints.function_words import FUNCTION_WORDS
from verigrad.verifiers.constraints.text import plain_words, sentences

MAX_CHARS = 20_000
MIN_WORDS = 4
MIN_LETTERS = 12
ENTIRE = 0.9  # share of the letters that must be in the script
LEAD = 1.25  # how much better than the next language

_SCRIPT_LANGUAGES = {
    "LATIN": ("en", "de", "fr", "es", "pt", "it", "nl", "pl", "cs", "fi", "sv", "da", "no", "tr",
              "ro", "hu", "id", "vi", "sw"),
    "CYRILLIC": ("ru", "uk", "bg"),
    "DEVANAGARI": ("hi", "mr", "ne"),
    "ARABIC": ("ar", "fa", "ur"),
    "GREEK": ("el",), "HEBREW": ("he",), "THAI": ("th",), "BENGALI": ("bn",), "TAMIL": ("ta",),
    "TELUGU": ("te",), "KANNADA": ("kn",), "GUJARATI": ("gu",), "GURMUKHI": ("pa",),
    "MALAYALAM": ("ml",), "HANGUL": ("ko",), "JAPANESE": ("ja",), "CJK": ("zh",),
}  # fmt: skip
LANGUAGES = frozenset(name for names in _SCRIPT_LANGUAGES.values() for name in names)


def detect(text: str) -> str | None:
    """The two-letter code of the language of (nearly) all of the text; None where undecided.

    >>> detect("The cat sat on the mat and it was happy.")
    'en'
    >>> detect("Der Hund ist nicht auf dem Sofa, und das ist gut.")
    'de'
    >>> detect("42") is None
    True
    """
    text = text[:MAX_CHARS]
    script, share, letters = _script(text)
    if script is None or share < ENTIRE or letters < MIN_LETTERS:
        return None
    names = _SCRIPT_LANGUAGES[script]
    return names[0] if len(names) == 1 else _by_words(text, names)


def _script(text: str) -> tuple[str | None, float, int]:
    """The commonest script, its share of the letters, and how many letters there are."""
    counts = Counter(map(_script_of, filter(str.isalpha, text)))
    letters = counts.total()
    if counts["KANA"] * 20 >= counts["KANA"] + counts["CJK"] and counts["KANA"]:
        counts["JAPANESE"] = counts.pop("KANA") + counts.pop("CJK", 0)
    if not letters:
        return None, 0.0, 0
    script, count = counts.most_common(1)[0]
    return (script if script in _SCRIPT_LANGUAGES else None), count / letters, letters


_SCRIPTS: dict[str, str] = {}


def _script_of(character: str) -> str:
    """The first word of the character's Unicode name, Hiragana and Katakana as one."""
    known = _SCRIPTS.get(character)
    if known is None:
        known = unicodedata.name(character, "").split(" ")[0]
        known = "KANA" if known in ("HIRAGANA", "KATAKANA", "KATAKANA-HIRAGANA") else known
        _SCRIPTS[character] = known  # at most one entry for each letter of Unicode
    return known


def _by_words(text: str, names: tuple[str, ...]) -> str | None:
    """The language whose function words are clearly commonest."""
    words = [word.casefold() for word in _split(text)]
    if len(words) < MIN_WORDS:
        return None
    counts = Counter(words)
    found = {name: sum(counts[word] for word in FUNCTION_WORDS[name]) for name in names}
    (best, most), (_, second) = sorted(found.items(), key=lambda item: -item[1])[:2]
    is_clear = most >= max(2, second * LEAD) and most >= 0.1 * len(words)
    return best if is_clear else None


def _split(text: str) -> list[str]:
    """Words, cut at apostrophes: "it's" holds "it", "l'eau" holds "l"."""
    return [part for word in plain_words(text) for part in word.replace("\u2019", "'").split("'")]


def share_in(text: str, language: str) -> float:
    """The share of words in the language: those of its script, in sentences not told to be another.

    >>> share_in("The cat is on the mat. Es ist nicht die Katze, und das ist gut.", "en")
    0.4
    """
    words = matching = 0
    script = next(name for name, codes in _SCRIPT_LANGUAGES.items() if language in codes)
    scripts = {script, "CJK", "KANA"} if script == "JAPANESE" else {script}
    for sentence in sentences(text):
        found = plain_words(sentence)
        found = [word for word in found if any(map(str.isalpha, word))]
        words += len(found)
        if detect(sentence) in (None, language):
            matching += sum(_script_of(next(filter(str.isalpha, w))) in scripts for w in found)
    return matching / words if words else 0.0
