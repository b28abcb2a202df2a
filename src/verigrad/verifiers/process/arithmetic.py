"""Every `a op b = c` of a text, both sides computed exactly. Nothing here is evaluated as code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from fractions import Fraction

_TOKEN = re.compile(
    r"(?P<number>\d{1,3}(?:,\d{3})+(?:\.\d+)?(?![\d,])|\d+(?:\.\d+)?|\.\d+)"
    r"|(?P<times>(?<=[\d )])[xX](?=[ (]{0,2}\d)|\\times|\\cdot|[\u00d7\u00b7*])"
    r"|(?P<over>\\div|[\u00f7/])|(?P<plus>\+)|(?P<minus>[-\u2212\u2013])"
    r"|(?P<power>\^|\*\*)|(?P<open>\()|(?P<close>\))|(?P<percent>\\?%)|(?P<equals>=)"
    r"|(?P<blank>[ \t$]|\\\$|\\[,;! ])|(?P<other>.)"
)
_MAX_CHARS = 2_000
_MAX_DIGITS = 40
_MAX_POWER = 64
_MAX_DEPTH = 30


class _NotArithmeticError(Exception):
    """The tokens are no expression, or are too large to compute."""


@dataclass(frozen=True, slots=True)
class Equation:
    """`text[start:end]`, and whether its two sides are equal (`decimals` of the right rounded)."""

    start: int
    end: int
    left: Fraction
    right: Fraction
    right_places: int

    @property
    def is_exact(self) -> bool:
        """Both sides are the same number."""
        return self.left == self.right

    @property
    def holds_rounded(self) -> bool:
        """The left side rounds to the right one at the decimals that the right one states."""
        return abs(self.left - self.right) <= Fraction(1, 2 * 10**self.right_places)


def equations(line: str) -> list[Equation]:
    """The equations of one line that can be computed, chains `a = b = c` as two.

    Words and units end an expression; a left side without an operation is no claim and is passed
    over.

    >>> [(str(e.left), e.is_exact) for e in equations("He has 3*4 = 12 and 12+1=14 apples")]
    [('12', True), ('13', False)]
    """
    if "=" not in line or len(line) > _MAX_CHARS:
        return []
    tokens = [(str(m.lastgroup), m[0], m.start(), m.end()) for m in _TOKEN.finditer(line)]
    signs = [i for i, token in enumerate(tokens) if token[0] == "equals"]
    found = []
    for place, sign in enumerate(signs):
        before = signs[place - 1] if place else -1
        after = signs[place + 1] if place + 1 < len(signs) else len(tokens)
        left = _longest(tokens, before + 1, sign, from_left=False)
        right = _longest(tokens, sign + 1, after, from_left=True)
        if left is None or right is None or not (left.has_operation or right.has_operation):
            continue
        if _continues(tokens, sign, left, right):
            continue
        found.append(Equation(left.start, right.end, left.value, right.value, right.places))
    return found


Token = tuple[str, str, int, int]


@dataclass(frozen=True, slots=True)
class _Side:
    value: Fraction
    start: int
    end: int
    has_operation: bool
    places: int
    first: int
    last: int


def _longest(tokens: list[Token], low: int, high: int, *, from_left: bool) -> _Side | None:
    """The arithmetic that touches the equals sign, as long as it can be read."""
    stop = low if not from_left else high
    step = 1 if from_left else -1
    at = low if from_left else high - 1
    while at != (stop if from_left else stop - 1) and tokens[at][0] != "other":
        at += step
    first, last = (low, at) if from_left else (at + 1, high)
    inside = [i for i in range(first, last) if tokens[i][0] != "blank"]
    while inside:
        try:
            return _side(tokens, inside)
        except _NotArithmeticError:
            inside = inside[:-1] if from_left else inside[1:]
    return None


def _side(tokens: list[Token], inside: list[int]) -> _Side:
    chosen = [tokens[i] for i in inside]
    value = _Reader([(kind, text) for kind, text, _, _ in chosen]).read()
    only = chosen[0][1] if len(chosen) == 1 else ""
    return _Side(
        value,
        chosen[0][2],
        chosen[-1][3],
        any(kind in ("times", "over", "plus", "minus", "power") for kind, *_ in chosen[1:]),
        len(only.partition(".")[2]),
        inside[0],
        inside[-1],
    )


_LINKS = ("of", "times", "plus", "minus", "by", "over", "per")
_HANGING = ("times", "over", "plus", "minus", "power", "open", "close", "number")


def _continues(tokens: list[Token], sign: int, left: _Side, right: _Side) -> bool:
    """Whether something hangs on either end: the readable part would not be what is claimed.

    That is an operation, a bracket or another number; a letter that touches ("1.2Y"); or a word
    that joins numbers ("1 and 1/4").
    """
    ends = (_beside(tokens, left.first, -1), _beside(tokens, right.last, 1))
    inner = (_beside(tokens, sign, -1), _beside(tokens, sign, 1))
    if any(kind in _HANGING for kind in ends) or "equals" in inner:
        return True
    before = "".join(token[1] for token in tokens[max(0, left.first - 12) : left.first])
    after = "".join(token[1] for token in tokens[right.last + 1 : right.last + 3])
    words = before.lower().split()
    last = words[-1] if words else ""
    is_fraction = [token[0] for token in tokens[left.first : left.first + 3]][1:2] == ["over"]
    return (
        before[-1:].isalpha()
        or (before[-1:] in (".", ",") and before[-2:-1].isdigit())
        or last in _LINKS
        or (last == "and" and is_fraction)
        or after[:1].isalpha()
        or (after[:1] in (".", ",") and after[1:2].isdigit())
    )


def _beside(tokens: list[Token], at: int, step: int) -> str:
    at += step
    while 0 <= at < len(tokens) and tokens[at][0] == "blank":
        at += step
    return tokens[at][0] if 0 <= at < len(tokens) else ""


class _Reader:
    """Sums, products, powers and percent signs over exact fractions."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens
        self.at = 0

    def read(self) -> Fraction:
        value = self._sum(0)
        if self.at < len(self.tokens):
            raise _NotArithmeticError
        return value

    def _take(self, *kinds: str) -> str | None:
        if self.at < len(self.tokens) and self.tokens[self.at][0] in kinds:
            self.at += 1
            return self.tokens[self.at - 1][0]
        return None

    def _sum(self, depth: int) -> Fraction:
        value = self._product(depth)
        while kind := self._take("plus", "minus"):
            other = self._product(depth)
            value = _bounded(value + other if kind == "plus" else value - other)
        return value

    def _product(self, depth: int) -> Fraction:
        value = self._power(depth)
        while kind := self._take("times", "over"):
            other = self._power(depth)
            if kind == "over" and other == 0:
                raise _NotArithmeticError
            value = _bounded(value * other if kind == "times" else value / other)
        return value

    def _power(self, depth: int) -> Fraction:
        if self._take("minus"):
            return -self._power(depth)
        base = self._atom(depth)
        if not self._take("power"):
            return base
        exponent = self._power(depth)
        if exponent.denominator != 1 or abs(exponent) > _MAX_POWER or (base == 0 and exponent < 0):
            raise _NotArithmeticError
        return _bounded(base ** int(exponent))

    def _atom(self, depth: int) -> Fraction:
        if self._take("open"):
            if depth > _MAX_DEPTH:
                raise _NotArithmeticError
            value = self._sum(depth + 1)
            if not self._take("close"):
                raise _NotArithmeticError
        elif self._take("number"):
            digits = self.tokens[self.at - 1][1].replace(",", "")
            if len(digits) > _MAX_DIGITS:
                raise _NotArithmeticError
            value = Fraction(digits)
        else:
            raise _NotArithmeticError
        return value / 100 if self._take("percent") else value


def _bounded(value: Fraction) -> Fraction:
    if value.numerator.bit_length() + value.denominator.bit_length() > 4_000:
        raise _NotArithmeticError
    return value


def all_equations(text: str) -> Iterator[Equation]:
    """Those of every line of a text, with their places in it."""
    start = 0
    for line in text.split("\n"):
        for one in equations(line):
            yield Equation(
                start + one.start, start + one.end, one.left, one.right, one.right_places
            )
        start += len(line) + 1
