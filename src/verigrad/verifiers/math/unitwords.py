"""Words after a value: `cm`, `square feet`, `km/h`, `miles per hour`, `red apples`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import fmpq

from verigrad.verifiers.math.lexicon import ARITHMETIC, SCALES, SHAPES
from verigrad.verifiers.math.nodes import Unit
from verigrad.verifiers.math.tokens import UnreadableError
from verigrad.verifiers.math.units import combine, find_unit, label_unit

if TYPE_CHECKING:
    from verigrad.verifiers.math.expressions import Expressions

_MAX_WORDS = 12
_NOTHING = Unit(fmpq(1), ())


def read_unit(parser: Expressions) -> Unit | None:
    """The unit at the cursor; None for `percent`."""
    if parser.accept("\\pounds"):
        return find_unit("sterling")
    if parser.token.text.lower() in ("percent", "percents", "pct"):
        parser.at += 1
        return None
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
    while word.lower() in SHAPES and parser.token.kind == "word":
        power = 2 if word.lower() in ("square", "sq") else 3 if word.lower() != "per" else power
        word = parser.take().text
    unit = find_unit(word)
    if word.lower() in ARITHMETIC or word.lower() in SCALES:
        raise UnreadableError("words that change a value")
    if unit is None:
        words = [word]
        while parser.token.kind == "word" and find_unit(parser.token.text) is None:
            words.append(parser.take().text)
            if words[-1].lower() in ARITHMETIC:
                raise UnreadableError("words that change a value")
            if words[-1].lower() == "per" or len(words) > _MAX_WORDS:
                raise UnreadableError("words after a value")
        return label_unit(tuple(words))
    if parser.token.text == "^":
        parser.at += 1
        power *= _small_integer(parser)
    return combine(_NOTHING, unit, power)


def _small_integer(parser: Expressions) -> int:
    braced = parser.accept("{")
    sign = -1 if parser.accept("-") else 1
    text = parser.take().text
    if braced:
        parser.expect("}")
    if text not in ("1", "2", "3", "4"):
        raise UnreadableError("power of a unit")
    return sign * int(text)
