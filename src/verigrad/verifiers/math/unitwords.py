"""Words after a value: `cm`, `square feet`, `km/h`, `miles per hour`, `red apples`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import fmpq

from verigrad.verifiers.math.lexicon import ARITHMETIC, SCALES, SHAPES
from verigrad.verifiers.math.nodes import Unit
from verigrad.verifiers.math.tokens import UnreadableError
from verigrad.verifiers.math.units import DEGREE, TEMPERATURES, combine, find_unit, label_unit

if TYPE_CHECKING:
    from verigrad.verifiers.math.expressions import Expressions

_MAX_WORDS = 12
CURRENCIES = {"\\pounds": "sterling", "\\euro": "euro", "\\rupee": "rupee", "\\yen": "yen",
              "\\cent": "cent"}  # fmt: skip
FRACTIONS = frozenset({"\\frac", "\\dfrac", "\\tfrac"})
_NOTHING = Unit(fmpq(1), ())


def read_unit(parser: Expressions) -> Unit | None:
    """The unit at the cursor; None for `percent`."""
    if (sign := CURRENCIES.get(parser.token.text)) is not None:
        parser.at += 1
        return find_unit(sign)
    if parser.token.text.lower() in ("percent", "percents", "pct"):
        parser.at += 1
        return None
    if parser.token.text == "per" and parser.tokens[parser.at + 1].text.lower() == "cent":
        parser.at += 2
        return None
    if parser.token.text in FRACTIONS:
        return _quotient(parser)
    return _product(parser)


def _quotient(parser: Expressions) -> Unit:
    r"""`\frac{\text{m}}{\text{s}^2}`."""
    parts = []
    parser.at += 1
    for _ in range(2):
        parser.expect("{")
        parts.append(_product(parser))
        parser.expect("}")
    return combine(parts[0], parts[1], -1)


def _product(parser: Expressions) -> Unit:
    """Units side by side, `/` and `per`."""
    unit = _NOTHING
    sign = 1
    for _ in range(_MAX_WORDS):
        token = parser.token
        if token.text in ("/", "per"):
            parser.at += 1
            sign = -1
        elif token.text in ("\\cdot", "*") and parser.tokens[parser.at + 1].kind == "word":
            parser.at += 1
        elif token.kind == "word":
            part = _one(parser)
            unit = combine(unit, part, sign)
            sign = 1
            parser.accept(".")
        else:
            break
    else:
        raise UnreadableError("too many words after a value")
    if sign < 0:
        raise UnreadableError("a unit that ends in per")
    return unit


def read_scale(parser: Expressions) -> int:
    """The factor of `million` and its like at the cursor; 1 where there is none."""
    factor = 1
    while parser.token.kind == "word" and parser.token.text.lower() in SCALES and factor < 10**12:
        factor *= SCALES[parser.take().text.lower()]
    return factor


def _one(parser: Expressions) -> Unit:
    power = 1
    word = parser.take().text
    while word.lower() in SHAPES and (parser.token.kind == "word" or _is_dot(parser)):
        power = 2 if word.lower() in ("square", "sq") else 3 if word.lower() != "per" else power
        parser.accept(".")
        word = parser.take().text
    unit = find_unit(word)
    if unit == DEGREE and (scale := TEMPERATURES.get(parser.token.text.lower())) is not None:
        parser.at += 1
        return scale
    if _changes(word):
        raise UnreadableError("words that change a value")
    if unit is None:
        words = [word]
        while parser.token.kind == "word" and find_unit(parser.token.text) is None:
            words.append(parser.take().text)
            if _changes(words[-1]):
                raise UnreadableError("words that change a value")
            if words[-1].lower() == "per" or len(words) > _MAX_WORDS:
                raise UnreadableError("words after a value")
        return label_unit(tuple(words))
    if parser.token.text == "." and parser.tokens[parser.at + 1].text == "^":
        parser.at += 1
    if parser.token.text == "^":
        parser.at += 1
        power *= _small_integer(parser)
    return combine(_NOTHING, unit, power)


def _is_dot(parser: Expressions) -> bool:
    """`sq. cm`."""
    return parser.token.text == "." and parser.tokens[parser.at + 1].kind == "word"


def _changes(word: str) -> bool:
    """`thirds`, `dozen`, `half-hours`: more than a name for what is counted."""
    parts = word.lower().split("-")
    return any(part in ARITHMETIC or part in SCALES for part in parts)


def _small_integer(parser: Expressions) -> int:
    braced = parser.accept("{")
    sign = -1 if parser.accept("-") else 1
    text = parser.take().text
    if braced:
        parser.expect("}")
    if text not in ("1", "2", "3", "4"):
        raise UnreadableError("power of a unit")
    return sign * int(text)
