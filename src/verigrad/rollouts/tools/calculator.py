"""A calculator with an arithmetic reader of its own: exact fractions, bounded in every direction.

Nothing is evaluated by Python: the text becomes tokens, the tokens become fractions by recursive
descent, and a number that would grow beyond `max_bits` ends the call instead.
"""

from __future__ import annotations

import re
from fractions import Fraction
from typing import ClassVar

from pydantic import Field

from verigrad.rollouts.tools.base import Arguments, Tool, ToolError, ToolOptions

MAX_CHARS = 500
MAX_DEPTH = 50
_TOKEN = re.compile(r"[ \t\n]*(?:([0-9]+(?:\.[0-9]+)?|\.[0-9]+)|(\*\*|//|[-+*/%^()]))")
_SIGNS = (("\u00d7", "*"), ("\u00b7", "*"), ("\u00f7", "/"), ("\u2212", "-"), ("^", "**"))


class CalculatorArguments(Arguments):
    """One expression."""

    expression: str = Field(description="such as 12*(3+4) or 2**10 % 7")


class CalculatorOptions(ToolOptions):
    """`decimals`: places shown of a result that is no whole number; 0 shows a fraction alone."""

    decimals: int = Field(default=10, ge=0, le=100)
    max_bits: int = Field(default=4096, ge=64, le=1 << 16)


class Calculator(Tool):
    """`+ - * / // % **` and parentheses over whole numbers and decimals, exactly.

    >>> Calculator().answer({"expression": "347*862"})
    '299114'
    >>> Calculator().answer({"expression": "7/3"})
    '7/3 = 2.3333333333...'
    """

    name: ClassVar[str] = "calculator"
    description: ClassVar[str] = "Computes an arithmetic expression exactly: + - * / // % ** ( )."
    arguments: ClassVar[type[Arguments]] = CalculatorArguments
    options_type: ClassVar[type[ToolOptions]] = CalculatorOptions
    is_quick: ClassVar[bool] = True

    def call(self, arguments: CalculatorArguments) -> str:
        """The value as text."""
        return show(self.value(arguments.expression), decimals=self.options.decimals)

    def value(self, expression: str) -> Fraction:
        """The exact value; ToolError where the text is no expression, or too large a one."""
        if len(expression) > MAX_CHARS:
            raise ToolError(f"the expression is over {MAX_CHARS} characters long")
        for written, sign in _SIGNS:
            expression = expression.replace(written, sign)
        return _Reader(_tokenize(expression), self.options.max_bits).read()


def show(value: Fraction, *, decimals: int) -> str:
    """A whole number, an exact decimal where there is one, else the fraction and its start.

    >>> show(Fraction(5, 4), decimals=10)
    '1.25'
    """
    if value.denominator == 1:
        return str(value.numerator)
    scaled = abs(value) * 10**decimals
    whole = scaled.numerator // scaled.denominator
    digits = str(whole).rjust(decimals + 1, "0")
    sign = "-" if value < 0 else ""
    if not decimals:
        return f"{value}"
    text = f"{sign}{digits[:-decimals]}.{digits[-decimals:]}"
    return text.rstrip("0") if scaled.denominator == 1 else f"{value} = {text}..."


def _tokenize(text: str) -> list[Fraction | str]:
    tokens: list[Fraction | str] = []
    position, text = 0, text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise ToolError(f"cannot read {text[position : position + 20]!r}")
        number, sign = match.groups()
        tokens.append(Fraction(number) if number else sign)
        position = match.end()
    return tokens


class _Reader:
    """Recursive descent: sums of products of signed powers of numbers and parentheses."""

    def __init__(self, tokens: list[Fraction | str], max_bits: int) -> None:
        self.tokens, self.max_bits = tokens, max_bits
        self.position = 0

    def read(self) -> Fraction:
        """The value of all tokens."""
        value = self._sum(0)
        if self.position < len(self.tokens):
            raise ToolError(f"unexpected '{self._next()}'")
        return value

    def _sum(self, depth: int) -> Fraction:
        value = self._product(depth)
        while self._peek() in ("+", "-"):
            sign = self._next()
            other = self._product(depth)
            value = self._bounded(value + other if sign == "+" else value - other)
        return value

    def _product(self, depth: int) -> Fraction:
        value = self._signed(depth)
        while (sign := self._peek()) in ("*", "/", "//", "%"):
            self._next()
            other = self._signed(depth)
            if sign != "*" and other == 0:
                raise ToolError("division by zero")
            if sign == "*":
                value = value * other
            elif sign == "/":
                value = value / other
            else:
                value = Fraction(value // other) if sign == "//" else value % other
            value = self._bounded(value)
        return value

    def _signed(self, depth: int) -> Fraction:
        if self._peek() in ("+", "-"):
            sign = self._next()
            value = self._signed(self._deeper(depth))
            return -value if sign == "-" else value
        return self._power(depth)

    def _power(self, depth: int) -> Fraction:
        base = self._atom(depth)
        if self._peek() != "**":
            return base
        self._next()
        exponent = self._signed(self._deeper(depth))  # right to left, and 2**-1 is allowed
        if exponent.denominator != 1:
            raise ToolError("an exponent must be a whole number")
        size = max(base.numerator.bit_length(), base.denominator.bit_length())
        if base == 0 and exponent < 0:
            raise ToolError("division by zero")
        if base == 0:
            return Fraction(exponent == 0)
        if abs(base) == 1:  # whatever the exponent
            return base if exponent.numerator % 2 else abs(base)
        if abs(exponent.numerator) * (size - 1) > self.max_bits:
            raise ToolError("the result is too large")
        return self._bounded(base**exponent.numerator)

    def _atom(self, depth: int) -> Fraction:
        first = self._next()
        if isinstance(first, Fraction):
            return self._bounded(first)
        if first != "(":
            raise ToolError(f"a number must stand at {first!r}")
        value = self._sum(self._deeper(depth))
        if self._peek() != ")":
            raise ToolError("parentheses do not match")
        self._next()
        return value

    def _deeper(self, depth: int) -> int:
        if depth >= MAX_DEPTH:
            raise ToolError(f"over {MAX_DEPTH} signs or parentheses deep")
        return depth + 1

    def _bounded(self, value: Fraction) -> Fraction:
        if max(value.numerator.bit_length(), value.denominator.bit_length()) > self.max_bits:
            raise ToolError("the result is too large")
        return value

    def _peek(self) -> Fraction | str | None:
        return self.tokens[self.position] if self.position < len(self.tokens) else None

    def _next(self) -> Fraction | str:
        token = self._peek()
        if token is None:
            raise ToolError("the expression breaks off")
        self.position += 1
        return token
