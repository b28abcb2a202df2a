"""`calculate_output`: arithmetic over the graders' results, read by our own reader.

Numbers, names, + - * / ^, parentheses, and min max abs floor ceil exp sqrt log.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from verigrad.verifiers.graders.errors import GraderError, GradingError

MAX_DEPTH = 40
_TOKEN = re.compile(
    r"\s*(?:([0-9]{1,15}(?:\.[0-9]{0,15})?|\.[0-9]{1,15})|([A-Za-z_]\w*)|([-+*/^(),]))"
)
_FUNCTIONS: dict[str, tuple[int | None, Any]] = {
    "min": (None, min), "max": (None, max), "abs": (1, abs), "floor": (1, math.floor),
    "ceil": (1, math.ceil), "exp": (1, math.exp), "sqrt": (1, math.sqrt), "log": (1, math.log),
}  # fmt: skip


def calculate(formula: str, values: Mapping[str, float]) -> float:
    """The value of a formula; GradingError where it is none, or has no finite value.

    >>> calculate("0.5 * a + max(b, 2) ^ 2", {"a": 1.0, "b": 0.0})
    4.5
    """
    reader = _Reader(_tokens(formula), values)
    try:
        value = reader.whole()
    except (ArithmeticError, ValueError) as error:
        raise GradingError(GraderError.OTHER, f"{formula}: {error}") from None
    if isinstance(value, complex) or not math.isfinite(value):
        raise GradingError(GraderError.UNRESPONSIVE, f"{formula} has no finite value")
    return float(value)


def names_of(formula: str) -> set[str]:
    """The graders that a formula names."""
    return {text for kind, text in _tokens(formula) if kind == "name"} - set(_FUNCTIONS)


def _tokens(formula: str) -> list[tuple[str, str]]:
    tokens: list[tuple[str, str]] = []
    at, formula = 0, formula.rstrip()
    while at < len(formula):
        match = _TOKEN.match(formula, at)
        if match is None:
            raise _wrong(f"cannot read {formula[at : at + 20]!r}")
        kind = ("number", "name", "sign")[(match.lastindex or 1) - 1]
        tokens.append((kind, match.group(match.lastindex or 1)))
        at = match.end()
    return [*tokens, ("end", "")]


def _wrong(why: str) -> GradingError:
    return GradingError(GraderError.FORMULA_PARSE, why)


class _Reader:
    """Sums of products of powers; `-2 ^ 2` is -4 and `2 ^ 3 ^ 2` is 512, as in mathematics."""

    def __init__(self, tokens: list[tuple[str, str]], values: Mapping[str, float]) -> None:
        self.tokens = tokens
        self.values = values
        self.at = 0
        self.depth = 0

    def whole(self) -> float:
        value = self.sum()
        if self.tokens[self.at][0] != "end":
            raise _wrong(f"{self.tokens[self.at][1]!r} is left over")
        return value

    def take(self, *signs: str) -> str | None:
        kind, text = self.tokens[self.at]
        if kind == "sign" and text in signs:
            self.at += 1
            return text
        return None

    def sum(self) -> float:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _wrong(f"nested over {MAX_DEPTH} deep")
        value = self.product()
        while sign := self.take("+", "-"):
            other = self.product()
            value = value + other if sign == "+" else value - other
        self.depth -= 1
        return value

    def product(self) -> float:
        value = self.signed()
        while sign := self.take("*", "/"):
            other = self.signed()
            value = value * other if sign == "*" else value / other
        return value

    def signed(self) -> float:
        negative = False
        while sign := self.take("-", "+"):
            negative ^= sign == "-"
        value = self.power()
        return -value if negative else value

    def power(self) -> float:
        base = self.atom()
        if not self.take("^"):
            return base
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise _wrong(f"nested over {MAX_DEPTH} deep")
        exponent = self.signed()
        self.depth -= 1
        return math.pow(base, exponent)

    def atom(self) -> float:
        kind, text = self.tokens[self.at]
        self.at += 1
        if kind == "number":
            return float(text)
        if kind == "name":
            return self.call(text) if self.take("(") else self.named(text)
        if text == "(":
            value = self.sum()
            if not self.take(")"):
                raise _wrong("a parenthesis is not closed")
            return value
        raise _wrong(f"a value is missing at {text or 'the end'!r}")

    def named(self, name: str) -> float:
        if name not in self.values:
            raise GradingError(GraderError.INVALID_VARIABLE, f"no grader is called {name}")
        return float(self.values[name])

    def call(self, name: str) -> float:
        if name not in _FUNCTIONS:
            raise _wrong(f"no function is called {name}")
        arguments = [self.sum()]
        while self.take(","):
            arguments.append(self.sum())
        arity, function = _FUNCTIONS[name]
        if not self.take(")") or (arity is not None and len(arguments) != arity):
            raise _wrong(f"{name} is called with the wrong arguments")
        return float(function(arguments) if arity is None else function(*arguments))
