"""What stands behind a value: units, scales, degrees, places in an order, feet and inches."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flint import fmpq

from verigrad.verifiers.math import literals
from verigrad.verifiers.math.building import mixed_number
from verigrad.verifiers.math.nodes import Add, Div, Mul, Node, Number, Percent, Quantity
from verigrad.verifiers.math.tokens import UnreadableError
from verigrad.verifiers.math.units import DEGREE, ORDINAL, TEMPERATURES, UNITS, find_unit
from verigrad.verifiers.math.unitwords import CURRENCIES, FRACTIONS, read_scale, read_unit

if TYPE_CHECKING:
    from verigrad.verifiers.math.expressions import Expressions

_PLACES = frozenset({"st", "nd", "rd", "th"})
_MARKS = {"'": UNITS["foot"], '"': UNITS["inch"]}
_ANGLE_MARKS = {"'": fmpq(1, 60), '"': fmpq(1, 3600)}


def starts_unit(parser: Expressions) -> bool:
    r"""Whether a unit goes on: a word, a currency sign, `\frac{\text{m}}{...}`."""
    token = parser.token
    if token.kind == "word" or token.text in CURRENCIES:
        return True
    if token.text not in FRACTIONS:
        return False
    ahead = parser.tokens[parser.at + 1 : parser.at + 3]
    is_word = len(ahead) == 2 and ahead[0].text == "{" and ahead[1].kind == "word"
    return is_word and find_unit(ahead[1].text) is not None


def with_unit(parser: Expressions, value: Node) -> Node:
    """A value with the scale and the unit behind it."""
    scale = read_scale(parser)
    if scale > 1:
        value = _scaled(value, scale)
        if parser.token.kind != "word":
            return value
    unit = read_unit(parser)
    if unit is None:
        return Percent(value)
    quantity = Quantity(value, unit)
    if not unit.dimensions or unit.label:
        return quantity
    following = parser.tokens[parser.at + 1] if parser.token.kind != "end" else parser.token
    if parser.token.kind == "number":
        return _compound(parser, quantity, skipped=0)
    if following.kind == "number" and (parser.token.kind == "joiner" or parser.token.text == ","):
        return _compound(parser, quantity, skipped=1)
    return quantity


def _compound(parser: Expressions, quantity: Quantity, *, skipped: int) -> Node:
    """`5 feet 3 inches`: a smaller unit of the same kind goes on with the first."""
    start = parser.at
    parser.at += skipped
    second = literals.read(parser.take())
    unit = read_unit(parser) if parser.token.kind == "word" else None
    if unit is None or unit.dimensions != quantity.unit.dimensions:
        if not skipped:
            raise UnreadableError("two numbers side by side")
        parser.at = start
        return quantity
    if unit.factor >= quantity.unit.factor:
        parser.at = start
        return quantity
    return _joined(quantity, second, unit.factor, Quantity(second, unit))


def _joined(first: Quantity, second: Node, factor: fmpq, shown: Quantity) -> Quantity:
    """Both in the smaller unit."""
    ratio = Number(first.unit.factor / factor)
    return Quantity(Add((Mul((first.value, ratio)), second)), shown.unit)


def _scaled(value: Node, scale: int) -> Node:
    """`5 million`, `$5 million`: the unit stays outside."""
    if isinstance(value, Quantity):
        return Quantity(_scaled(value.value, scale), value.unit)
    if isinstance(value, Number):
        return Number(value.value * scale)
    return Mul((value, Number(fmpq(scale))))


def in_degrees(parser: Expressions, value: Node) -> Node:
    r"""Behind `^\circ`: a temperature scale, minutes and seconds of arc, or nothing."""
    scale = TEMPERATURES.get(parser.token.text.lower())
    if scale is not None and parser.token.kind in ("letters", "word"):
        parser.at += 1
        return Quantity(value, scale)
    parts = [value]
    for mark in ("'", '"'):
        found = _mark(parser, parser.at + 1) if parser.token.kind == "number" else ""
        if found != mark:
            continue
        amount = literals.read(parser.take())
        parser.at += 1 if mark == "'" or parser.token.text == '"' else 2
        parts.append(Number(amount.value * _ANGLE_MARKS[mark]))
    return Quantity(parts[0] if len(parts) == 1 else Add(tuple(parts)), DEGREE)


def marked(parser: Expressions, value: Node) -> Node:
    """`5'`, `5'6"`: feet and inches behind a number."""
    mark = _mark(parser, parser.at)
    if mark not in _MARKS or not isinstance(value, Number):
        raise UnreadableError("a prime behind a value")
    parser.at += 1 if mark == "'" or parser.token.text == '"' else 2
    feet = Quantity(value, _MARKS[mark])
    if mark == "'" and parser.token.kind == "number" and _mark(parser, parser.at + 1) == '"':
        inches = literals.read(parser.take())
        parser.at += 1 if parser.token.text == '"' else 2
        unit = _MARKS['"']
        return _joined(feet, inches, unit.factor, Quantity(inches, unit))
    return feet


def _mark(parser: Expressions, at: int) -> str:
    """The mark at a place: one prime, two primes, or a quotation mark for two."""
    texts = [token.text for token in parser.tokens[at : at + 2]]
    if texts[:1] == ['"'] or texts == ["'", "'"]:
        return '"'
    return "'" if texts[:1] == ["'"] else ""


def place_in_order(parser: Expressions, base: Node) -> Node | None:
    r"""`5^{th}`, `5^\text{th}`: None, and nothing read, where it is something else."""
    if not isinstance(base, Number):
        return None
    texts = [token.text for token in parser.tokens[parser.at : parser.at + 4]]
    for length, letters in ((1, texts[:1]), (3, texts[1:2]), (4, texts[1:3])):
        closed = length == 1 or (texts[:1] == ["{"] and texts[length - 1 : length] == ["}"])
        if closed and "".join(letters) in _PLACES:
            parser.at += length
            return Quantity(base, ORDINAL)
    return None


def mixed_with_fraction(parser: Expressions, value: Node) -> Node:
    r"""`\$3\frac14`: the fraction belongs to the whole number before it."""
    if not isinstance(value, Number) or parser.token.text not in FRACTIONS:
        return value
    fraction = parser.primary()
    if isinstance(fraction, Div):
        mixed = mixed_number(value, fraction.over, fraction.under)
        if mixed is not None:
            return mixed
    return Mul((value, fraction))
