"""Text to a tree: what an answer is, before anything is compared."""

from __future__ import annotations

import re
from dataclasses import dataclass

from flint import fmpq

from verigrad.core.verdict import Reason
from verigrad.verifiers.math.brackets import turned
from verigrad.verifiers.math.calendar import read_moment
from verigrad.verifiers.math.grammar import Parser
from verigrad.verifiers.math.labels import name_left_sides
from verigrad.verifiers.math.lexicon import classify
from verigrad.verifiers.math.limits import RefusedError
from verigrad.verifiers.math.nodes import Listing, Node, Number, Words
from verigrad.verifiers.math.normalise import normalise
from verigrad.verifiers.math.rewriting import rewrite
from verigrad.verifiers.math.tokens import UnreadableError, tokenize
from verigrad.verifiers.math.wording import plain, read_base, read_phrase, read_words

_INDIAN = re.compile(r"[0-9]{1,2}(?:,[0-9]{2})+,[0-9]{3}")
_GROUPED_LIST = re.compile(r"\d,\d{3}(?!\d)")
_DIGIT = re.compile(r"[0-9]")
_SPECIAL = re.compile(
    r"(?<![A-Za-z\\])[A-Za-z]{2}|\\(?:text|math|mbox|operatorname|emph)|[:_]|\d{4}[-/]|/\d{4}|^0[bxo]"
)
_FLOURISH = re.compile(
    r"(?:\\(?:checkmark|blacksquare|square|Box|qed|hfill)(?![A-Za-z])|\\text\{\s?[.!]\s?\})\s*$"
)
_MATHS = re.compile(r"[0-9\\^_=<>+*/|{}\[\]]")


@dataclass(frozen=True, slots=True)
class Reading:
    """An answer's tree, or the fault that leaves none; `text` is what was read (ASCII LaTeX)."""

    text: str
    node: Node | None
    fault: Reason | None = None
    why: str = ""


def read(text: str, *, max_chars: int = 20_000, commas_separate: bool = False) -> Reading:
    r"""The tree of one answer.

    >>> read(r"\frac12").node
    Div(over=Number(value=1, places=None), under=Number(value=2, places=None))
    >>> read("(1").fault
    <Reason.MALFORMED: 'malformed'>
    """
    if len(text) > max_chars:
        return Reading(text[:80], None, Reason.OVER_LIMIT, "answer too long")
    ascii_text = normalise(text)
    if ascii_text is None:
        return Reading(text, None, Reason.MALFORMED, "control or direction signs")
    stripped = _trim(ascii_text)
    if not _DIGIT.search(stripped) and not plain(stripped):
        return Reading(stripped, None, Reason.NO_ANSWER, "nothing in the answer")
    if not stripped.isascii():
        return _foreign(stripped)
    special = _special(stripped)
    if special is not None:
        return Reading(stripped, special)
    try:
        node = _mathematics(stripped, commas_separate=commas_separate)
    except RefusedError as refusal:
        return Reading(stripped, None, Reason.OVER_LIMIT, str(refusal))
    except UnreadableError as error:
        words = _prose(stripped)
        if words is not None:
            return Reading(stripped, words)
        return Reading(stripped, None, Reason.MALFORMED, str(error))
    return Reading(stripped, node)


def _foreign(text: str) -> Reading:
    """Words of another alphabet; a sign without a known meaning is never skipped."""
    words = plain(text).casefold().split()
    if words and all(word.strip(".,-!").isalpha() for word in words):
        return Reading(text, Words(" ".join(words)))
    return Reading(text, None, Reason.MALFORMED, "signs without a known meaning")


def _mathematics(text: str, *, commas_separate: bool) -> Node:
    text = rewrite(text)
    if "=" in text:
        text = name_left_sides(text)
    tokens = classify(tokenize(text, commas_separate=commas_separate))
    if "[" in text or "]" in text:
        tokens = turned(tokens)
    parser = Parser(tokens)
    return parser.statements()


def _trim(text: str) -> str:
    text = text.strip()
    while (match := _FLOURISH.search(text, max(0, len(text) - 24))) is not None:
        text = text[: match.start()].rstrip()
    if text.endswith("\\") and not text.endswith("\\\\"):  # a LaTeX space, stripped of its space
        text = text[:-1].rstrip()
    while text.endswith((".", ",", ";")) and not text.endswith(("...", "m.", "\\,", "\\;")):
        text = text[:-1].rstrip()
    return text


def _special(text: str) -> Node | None:
    """Whole answers that are no mathematics, or mean something else than their signs."""
    if len(text) > 600 or not _SPECIAL.search(text):
        return None
    node = read_phrase(text)
    if node is None and ("_" in text or "base" in text or text[:2] in ("0b", "0x", "0o")):
        node = read_base(text)
    if node is None:
        node = read_moment(text)
    return node if node is not None else _only_words(text)


def _only_words(text: str) -> Words | None:
    """Words, where no reading as mathematics competes: `Tuesday`, but not `x`, `sin x`, `pi`."""
    words = read_words(text)
    if words is None:
        return None
    if text.isalpha():
        kinds = {token.kind for token in classify_quietly(text)}
        return None if "command" in kinds and text.casefold() != "union" else words
    mathematical = {"letters", "command", "sign", "joiner", "equals"}
    is_maths = any(token.kind in mathematical for token in classify_quietly(text))
    return None if is_maths and "\\text" not in text else words


def classify_quietly(text: str) -> list:
    """The tokens of a text, or none where it hedges or is no mathematics."""
    try:
        return classify(tokenize(text))
    except (UnreadableError, RefusedError):
        return []


def _prose(text: str) -> Words | None:
    return None if _MATHS.search(plain(text)) else read_words(text)


def as_product(node: Node, text: str) -> Node | None:
    """A short run of letters read as variables instead of a word."""
    if not isinstance(node, Words) or len(node.text) > 3 or "\\text" in text:
        return None
    try:
        return _mathematics(r"\,".join(plain(text)), commas_separate=False)
    except (UnreadableError, RefusedError):
        return None


def as_products(a: Words, b: Words, reference: str, response: str) -> tuple[Node, Node]:
    """`xy` and `yx` as products, where neither can be an English word."""
    letters = set(a.text)
    if letters == set(b.text) and (letters <= set("abc") or not letters & set("aeiou")):
        left, right = as_product(a, reference), as_product(b, response)
        if left is not None and right is not None:
            return left, right
    return a, b


def as_list(reading: Reading, length: int) -> Node | None:
    """`100,200` read as a list of two instead of one number with grouped digits."""
    if not _GROUPED_LIST.search(reading.text):
        return None
    node = read(reading.text, commas_separate=True).node
    return node if isinstance(node, Listing) and len(node.items) == length else None


def as_number(reading: Reading) -> Number | None:
    """`12,34,567`, grouped as in India and without spaces, as one number."""
    if _INDIAN.fullmatch(reading.text) is None:
        return None
    return Number(fmpq(int(reading.text.replace(",", ""))))
