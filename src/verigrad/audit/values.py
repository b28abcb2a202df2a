"""Reference answers as values: which kind they are, other spellings of them, and near misses.

Nothing here is a verifier. A probe needs responses whose label is beyond doubt, so a near miss is
offered only where it surely differs from the reference, by rules that share no code with ours.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from fractions import Fraction
from typing import Any

_INTEGER = re.compile(r"[+-]?\d{1,400}")
_GROUPED = re.compile(r"[+-]?\d{1,3}(?:,\d{3})+")
_DECIMAL = re.compile(r"[+-]?(?:\d{1,300}\.\d{0,300}|\.\d{1,300})")
_FRACTION = re.compile(r"([+-]?\d{1,200})\s*/\s*(\d{1,200})")
_LATEX_FRACTION = re.compile(r"([+-]?)\\[dt]?frac\s*\{(\d{1,200})\}\s*\{(\d{1,200})\}")
_SEQUENCE = re.compile(
    r"(\(|\[|\\?\{)?\s*[^,()\[\]{}\\]{1,60}(?:\s*,\s*[^,()\[\]{}\\]{1,60})+\s*(\)|\]|\\?\})?"
)
_EXPRESSION = re.compile(r"[A-Za-z0-9\s+\-*/^().=\\{}_]{1,200}")
_TRUTHS = {"yes": "no", "no": "yes", "true": "false", "false": "true"}
_CHOICES = "ABCDEFGHIJ"


class Kind(StrEnum):
    """What an answer is, as far as its text shows."""

    INTEGER = "integer"
    DECIMAL = "decimal"
    FRACTION = "fraction"
    SEQUENCE = "sequence"
    EXPRESSION = "expression"
    CHOICE = "choice"
    TRUTH = "truth"
    TEXT = "text"
    STRUCTURED = "structured"  # not a text, or one of many lines: only its verifier can read it

    @property
    def is_number(self) -> bool:
        """One rational number."""
        return self in (Kind.INTEGER, Kind.DECIMAL, Kind.FRACTION)


@dataclass(frozen=True, slots=True)
class Spelling:
    """A text in the place of the answer, and what it is in words."""

    what: str
    text: str


def kind_of(answer: Any) -> Kind:
    r"""The kind of a reference.

    >>> [str(kind_of(a)) for a in ("72", "3.5", r"\frac{1}{2}", "(1, 2)", "x^2+1", "B", "Paris")]
    ['integer', 'decimal', 'fraction', 'sequence', 'expression', 'choice', 'text']
    """
    if isinstance(answer, bool) or not isinstance(answer, str | int | float):
        return Kind.STRUCTURED
    text = str(answer).strip()
    if not text or "\n" in text or len(text) > 200:
        return Kind.STRUCTURED
    if _INTEGER.fullmatch(text) or _GROUPED.fullmatch(text):
        return Kind.INTEGER
    if _DECIMAL.fullmatch(text):
        return Kind.DECIMAL
    if number(text) is not None:
        return Kind.FRACTION
    if text in _CHOICES:
        return Kind.CHOICE
    if text.casefold() in _TRUTHS:
        return Kind.TRUTH
    if _SEQUENCE.fullmatch(text):
        return Kind.SEQUENCE
    is_formula = re.search(r"[\d^\\=*+/]|(?<!\w)[a-z](?!\w)", text) is not None
    if is_formula and _EXPRESSION.fullmatch(text):
        return Kind.EXPRESSION
    return Kind.TEXT


def number(text: str) -> Fraction | None:
    r"""The rational number a text is; None where it is not one.

    >>> number("1,200"), number("-3/6"), number(r"\frac{1}{3}"), number("x")
    (Fraction(1200, 1), Fraction(-1, 2), Fraction(1, 3), None)
    """
    text = text.strip()
    if _GROUPED.fullmatch(text):
        text = text.replace(",", "")
    if _INTEGER.fullmatch(text) or _DECIMAL.fullmatch(text):
        return Fraction(text)
    if found := _FRACTION.fullmatch(text):
        top, bottom = int(found[1]), int(found[2])
        return Fraction(top, bottom) if bottom else None
    if found := _LATEX_FRACTION.fullmatch(text):
        sign = -1 if found[1] == "-" else 1
        return Fraction(sign * int(found[2]), int(found[3])) if int(found[3]) else None
    return None


def surely_differ(first: Any, second: Any) -> bool:
    """True where no reading makes the two answers equal; False where one might.

    >>> surely_differ("1", "1.0"), surely_differ("1", "2"), surely_differ("Paris", "Rome")
    (False, True, True)
    """
    kinds = {kind_of(first), kind_of(second)}
    if Kind.STRUCTURED in kinds or Kind.EXPRESSION in kinds:
        return False
    one, other = number(str(first)), number(str(second))
    if one is not None and other is not None:
        return one != other
    if kinds & {Kind.INTEGER, Kind.DECIMAL, Kind.FRACTION} and Kind.SEQUENCE in kinds:
        return False  # "1,234" may be either
    plain, other_plain = _plain(str(first)), _plain(str(second))
    if not plain or not other_plain:
        return plain != other_plain
    return plain not in other_plain and other_plain not in plain


def _plain(text: str) -> str:
    return re.sub(r"[^0-9a-z\u0080-\U0010ffff]+", "", text.casefold())


def other_spellings(answer: Any) -> Iterator[Spelling]:
    """Texts that mean the same, in the order in which a verifier is likelier to know them."""
    text, kind = str(answer).strip(), kind_of(answer)
    value = number(text)
    yield Spelling("with spaces around it", f" {text} ")
    if kind is Kind.INTEGER and value is not None:
        whole = int(value)
        yield Spelling("with a decimal part of zero", f"{whole}.0")
        if abs(whole) >= 1000:
            yield Spelling("with separators", f"{whole:,}")
    if kind is Kind.DECIMAL:
        yield Spelling("with a zero after it", f"{text}0")
    if kind is Kind.FRACTION and value is not None:
        yield Spelling("as a slash", f"{value.numerator}/{value.denominator}")
        sign = "-" if value < 0 else ""
        top = abs(value.numerator)
        yield Spelling("as a LaTeX fraction", f"{sign}\\frac{{{top}}}{{{value.denominator}}}")
        yield Spelling("not reduced", f"{value.numerator * 2}/{value.denominator * 2}")
    if kind in (Kind.SEQUENCE,):
        yield Spelling("without spaces", text.replace(" ", ""))
    if kind in (Kind.CHOICE,):
        yield Spelling("in brackets", f"({text})")
    if kind in (Kind.TEXT, Kind.TRUTH):
        yield Spelling("with a full stop", f"{text}.")


def near_misses(answer: Any) -> Iterator[Spelling]:
    """Texts that mean something else by as little as possible."""
    kind, text = kind_of(answer), str(answer).strip()
    makers = {
        Kind.INTEGER: _near_integers,
        Kind.DECIMAL: _near_decimals,
        Kind.FRACTION: _near_fractions,
        Kind.SEQUENCE: _near_sequences,
        Kind.EXPRESSION: _near_expressions,
        Kind.CHOICE: _near_choices,
        Kind.TRUTH: _near_truths,
        Kind.TEXT: _near_texts,
    }
    if kind in makers:
        seen, value = {text}, number(text)
        for spelling in makers[kind](text):
            is_equal = value is not None and number(spelling.text) == value
            if spelling.text not in seen and not is_equal:
                seen.add(spelling.text)
                yield spelling


def _near_integers(text: str) -> Iterator[Spelling]:
    value = int(number(text) or 0)
    yield Spelling("one more", str(value + 1))
    yield Spelling("one less", str(value - 1))
    if value:
        yield Spelling("the other sign", str(-value))
        yield Spelling("a digit more behind", f"{value}0")
    yield Spelling("a digit more in front", f"{'-' if value < 0 else ''}1{abs(value)}")
    if abs(value) >= 10:
        yield Spelling("the last digit missing", str(value)[:-1])
        yield Spelling("the first digit missing", str(int(str(abs(value))[1:])))
        swapped = str(value)[:-2] + str(value)[-1] + str(value)[-2]
        if int(swapped) != value:
            yield Spelling("two digits swapped", swapped)
    yield Spelling("a half more", f"{value}.5")
    yield Spelling("a thousandth more", f"{value}.001")
    yield Spelling("a millionth more", f"{value}.000001")
    if value:
        yield Spelling("a power of ten more", f"{value}e3")
    yield from _not_numbers()


def _near_decimals(text: str) -> Iterator[Spelling]:
    value = number(text) or Fraction(0)
    bare = text.rstrip("0").rstrip(".")
    places = len(bare.partition(".")[2])
    step = Fraction(1, 10**places)
    yield Spelling("one more in the last place", _decimal(value + step, places))
    yield Spelling("one less in the last place", _decimal(value - step, places))
    if value:
        yield Spelling("the other sign", _decimal(-value, places))
        yield Spelling("the point one place on", _decimal(value * 10, places))
        yield Spelling("a digit more in front", _decimal(abs(value) + 10 ** len(bare), places))
    if places > 1:
        yield Spelling("rounded", _decimal(value, places - 1))
    if value.denominator != 1:
        yield Spelling("the whole part only", str(int(value)))
    yield from _not_numbers()


def _decimal(value: Fraction, places: int) -> str:
    scaled = round(value * 10**places)
    sign, digits = "-" if scaled < 0 else "", f"{abs(scaled):0{places + 1}d}"
    return f"{sign}{digits[:-places]}.{digits[-places:]}" if places else f"{sign}{digits}"


def _near_fractions(text: str) -> Iterator[Spelling]:
    value = number(text) or Fraction(1)
    top, bottom = value.numerator, value.denominator
    yield Spelling("one more on top", f"{top + 1}/{bottom}")
    yield Spelling("one more below", f"{top}/{bottom + 1}")
    if top and abs(top) != bottom:
        yield Spelling("upside down", f"{'-' if top < 0 else ''}{bottom}/{abs(top)}")
    if top:
        yield Spelling("the other sign", f"{-top}/{bottom}")
    if value.denominator not in (1, 2, 4, 5, 8, 10):
        yield Spelling("rounded to two places", _decimal(value, 2))
    yield Spelling("the top only", str(top))
    yield from _not_numbers()


def _not_numbers() -> Iterator[Spelling]:
    """What makes a comparison with a tolerance come out true where it is written the wrong way."""
    for text in ("nan", "inf", "-inf", "1e999"):
        yield Spelling(f"{text}, no number at all", text)


def _near_sequences(text: str) -> Iterator[Spelling]:
    found = _SEQUENCE.fullmatch(text)
    opens, closes = (found[1] or "", found[2] or "") if found else ("", "")
    inner = text[len(opens) : len(text) - len(closes)]
    parts = [part.strip() for part in inner.split(",")]

    def of(members: list[str]) -> str:
        return f"{opens}{', '.join(members)}{closes}"

    yield Spelling("the last member missing", of(parts[:-1]))
    yield Spelling("the first member missing", of(parts[1:]))
    yield Spelling("a member too many", of([*parts, "97"]))
    if opens:
        yield Spelling("no members", f"{opens}{closes}")
    changed = number(parts[-1])
    other = str(changed + 1) if changed is not None else f"{parts[-1]}x"
    yield Spelling("the last member changed", of([*parts[:-1], other]))
    yield Spelling("the first member changed", of(["89", *parts[1:]]))
    if opens == "(" and parts[0] != parts[-1]:
        yield Spelling("the other way round", of(parts[::-1]))


def _near_expressions(text: str) -> Iterator[Spelling]:
    letters = sorted(set(re.findall(r"(?<![A-Za-z\\])[a-z](?![A-Za-z])", text)))
    if letters:
        spare = next(letter for letter in "wvuqkzyx" if letter not in letters)
        other = re.sub(rf"(?<![A-Za-z\\]){letters[0]}(?![A-Za-z])", spare, text)
        yield Spelling("another variable", other)
        upper = re.sub(rf"(?<![A-Za-z\\]){letters[0]}(?![A-Za-z])", letters[0].upper(), text)
        yield Spelling("a variable in capitals", upper)
    if "=" not in text:
        yield Spelling("one more", f"{text}+1")
        yield Spelling("the other sign", f"-({text})")
        if not text.startswith("\\"):
            yield Spelling("doubled", f"2*({text})")


def _near_choices(text: str) -> Iterator[Spelling]:
    for letter in [other for other in "ABCD" if other != text][:3]:
        yield Spelling("another choice", letter)
    yield Spelling("every choice", "ABCD")
    yield Spelling("every choice, apart", "A, B, C, D")
    yield Spelling("a word that begins with it", f"{text}lthough")


def _near_truths(text: str) -> Iterator[Spelling]:
    other = _TRUTHS[text.casefold()]
    yield Spelling("the opposite", other.capitalize() if text[0].isupper() else other)
    yield Spelling("both", f"{text} and {other}")
    yield Spelling("neither", "perhaps")


def _near_texts(text: str) -> Iterator[Spelling]:
    yield Spelling("another text", "Ouagadougou" if text != "Ouagadougou" else "Reykjavik")
    yield Spelling("denied", f"not {text}")
    yield Spelling("this or another", f"{text} or Ouagadougou")
    if len(text) > 4:
        yield Spelling("its beginning", text[:3])
    yield Spelling("inside another word", f"{text}xyz")
