"""Answers that are words: fixed phrases, multiple choice, plain text."""

from __future__ import annotations

import re
import string

from flint import fmpq

from verigrad.verifiers.math.nodes import (
    REALS,
    Atom,
    BaseNumber,
    Choice,
    Infinity,
    Node,
    Number,
    SetOf,
    Words,
)

_WRAP = re.compile(
    r"\\(?:text|textbf|textit|textrm|textsf|textnormal|mathrm|mathbf|mathit|mathsf|mbox|operatorname|emph|boxed)"
    r"(?![A-Za-z])\*?\s?"
)
_SPACING = re.compile(r"\\[,;:! ]|\\q?quad(?![A-Za-z])|[~$\s]+|\\(?:left|right)(?![A-Za-z])")
_ARTICLES = frozenset({"a", "an", "the"})
_PLAIN_WORDS = re.compile(r"[A-Za-z][A-Za-z'\- ,.!?;:\"()&]*")
_PHRASES: dict[str, Node] = {
    **dict.fromkeys(
        ("infinity", "positive infinity", "plus infinity", "+infinity", "infinite"), Infinity(1)),
    **dict.fromkeys(("negative infinity", "minus infinity", "-infinity"), Infinity(-1)),
    **dict.fromkeys(
        ("dne", "does not exist", "doesn't exist", "limit does not exist", "limit dne",
         "d.n.e", "nonexistent", "do not exist"), Atom("dne")),
    **dict.fromkeys(
        ("infinitely many", "infinitely many solutions", "there are infinitely many solutions",
         "infinite solutions", "infinite number of solutions", "has infinitely many solutions",
         "an infinite number of solutions"), Atom("infinitely many")),
    **dict.fromkeys(
        ("diverges", "divergent", "series diverges", "integral diverges", "it diverges",
         "sequence diverges"), Atom("diverges")),
    **dict.fromkeys(
        ("converges", "convergent", "series converges", "integral converges", "it converges",
         "sequence converges"), Atom("converges")),
    **dict.fromkeys(("undefined", "not defined", "is undefined"), Atom("undefined")),
    **dict.fromkeys(
        ("no solution", "no solutions", "no real solution", "no real solutions", "empty set",
         "there is no solution", "there are no solutions", "there are no real solutions",
         "there is no real solution", "has no solution", "no solution exists",
         "no solutions exist", "null set"), SetOf(())),
    **dict.fromkeys(("all real numbers", "all reals", "real numbers", "set of all real numbers",
                     "every real number", "any real number"), REALS),
}  # fmt: skip
_CHOICE = re.compile(
    r"(?:option|choice|answer)?\s*[:.]?\s*"
    r"(?:\(([A-Za-z])\)|\[([A-Za-z])\]|([A-Z])(?=$|[).:,]|\s))[).:,]?\s*(.*)",
    re.IGNORECASE | re.DOTALL,
)
_BASE = re.compile(r"\(?([0-9A-Fa-f]{1,400})\)?_\(?(?:base)?(\d{1,2}|[a-z]{3,11})\)?")
_BASE_WORD = re.compile(r"([0-9A-Fa-f]{1,400})\(?(?:in)?base-?(\d{1,2}|[a-z]{3,11})\)?")
_PREFIXED = re.compile(r"0([box])([0-9A-Fa-f]{1,400})")
_PREFIXES = {"b": 2, "o": 8, "x": 16}
_BASES = {"two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
          "nine": 9, "ten": 10, "eleven": 11, "twelve": 12, "sixteen": 16}  # fmt: skip


def plain(text: str) -> str:
    r"""Without LaTeX text commands, braces and spacing: `\text{Tuesday}.` is `Tuesday`."""
    text = _SPACING.sub(" ", _WRAP.sub("", text))
    return " ".join(text.replace("{", "").replace("}", "").split()).strip(" .,;*")


_NAMED_NUMBER = re.compile(r"([A-Za-z]{2,20}) ([0-9]{1,9})")
_SAID = frozenset({"answer", "result", "total", "is", "sum", "value", "number"})


def other_name(reference: str, response: str) -> bool:
    """`Day 3` beside `Week 3`: one word before a number, and not the same."""
    if not (reference[:1].isalpha() or reference[:1] == "\\") or len(reference) > 60:
        return False
    pair = [_NAMED_NUMBER.fullmatch(plain(text)) for text in (reference, response[:200])]
    if pair[0] is None or pair[1] is None:
        return False
    first, second = (match[1].casefold() for match in pair)  # type: ignore[index]
    return first != second and not {first, second} & _SAID


def read_words(text: str) -> Words | None:
    """Letters and punctuation only, casefolded, without articles and outer punctuation."""
    bare = plain(text).strip("\"'`")
    if len(bare) < 2 or _PLAIN_WORDS.fullmatch(bare) is None:
        return None
    words = [word.strip(string.punctuation) for word in bare.casefold().split()]
    kept = [word for word in words if word and word not in _ARTICLES]
    return Words(" ".join(kept)) if kept else None


def read_phrase(text: str) -> Node | None:
    """Infinity, `does not exist`, `no solution` and their like, whole answers only."""
    bare = plain(text).casefold().removeprefix("the ")
    return _PHRASES.get(bare)


def read_choice(text: str) -> Choice | None:
    r"""One letter, first and alone, with the option's text after it: `\textbf{(B)}\ 17`."""
    bare = plain(text)
    match = _CHOICE.fullmatch(bare)
    if match is None:
        return None
    bracketed = match.group(1) or match.group(2)
    letter = bracketed or match.group(3)
    option = match.group(4).strip()
    if bracketed is None and (not letter.isupper() or (option and not _is_marked(bare, match))):
        return None
    return Choice(letter.upper(), option)


def _is_marked(bare: str, match: re.Match[str]) -> bool:
    """Whether a bare letter before other text is set off by a sign: `B) 17`, `B. 17`."""
    return bare[match.end(3) : match.end(3) + 1] in (")", ".", ":")


def read_base(text: str) -> BaseNumber | Number | None:
    r"""`1011_2`, `1A_{16}`, `(210)_3`, `1011_{\text{two}}`, `1011 base 2`, `0b1011`."""
    bare = plain_base(text)
    if match := _PREFIXED.fullmatch(bare):
        name, digits = match.groups()
        base = _PREFIXES[name]
    elif match := _BASE.fullmatch(bare) or _BASE_WORD.fullmatch(bare):
        digits, name = match.groups()
        base = int(name) if name.isdigit() else _BASES.get(name, 0)
    else:
        return None
    if base == 10 and digits.isdigit():
        return Number(fmpq(int(digits)))
    if not 2 <= base <= 36 or any(int(digit, 36) >= base for digit in digits):
        return None
    return BaseNumber(digits.upper().lstrip("0") or "0", base)


def plain_base(text: str) -> str:
    """Without text commands, dollar signs, braces and white space."""
    return re.sub(r"[\s${}]|\\[,;: ]", "", _WRAP.sub("", text))
