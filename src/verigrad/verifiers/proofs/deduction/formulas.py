"""Propositional formulas: read from text, compared by shape."""

from __future__ import annotations

import re
from dataclasses import dataclass

_TOKEN = re.compile(
    r"\s*(?:(?P<iff><->|<=>|\u2194|\u21d4)|(?P<implies>->|=>|\u2192|\u21d2)"
    r"|(?P<and>&&?|/\\|\u2227)|(?P<or>\\/|\|\||\u2228|\bv\b)|(?P<not>~|!|\u00ac)"
    r"|(?P<open>\()|(?P<close>\))|(?P<false>_\|_|\u22a5|\bFalse\b)|(?P<name>[A-Za-z]\w{0,30}))"
)
_MAX_CHARS = 2_000
_MAX_DEPTH = 60
_SIGNS = {"iff": "<->", "implies": "->", "and": "&", "or": "\\/"}


class FormulaError(Exception):
    """Text that is no formula."""


@dataclass(frozen=True, slots=True)
class Formula:
    """`sign` is a connective, "" for an atom (then `name` is its name), "_|_" for falsity."""

    sign: str
    parts: tuple[Formula, ...] = ()
    name: str = ""

    def __str__(self) -> str:
        if not self.parts:
            return self.name or self.sign
        if self.sign == "~":
            return f"~{self.parts[0]}"
        return f"({self.parts[0]} {self.sign} {self.parts[1]})"


FALSE = Formula("_|_")


def negation(formula: Formula) -> Formula:
    """`~formula`."""
    return Formula("~", (formula,))


def read_formula(text: str) -> Formula:
    r"""A formula; `~` binds tightest, then `&`, `\/`, `->` (to the right), `<->`.

    Two `&`, two `\/` in a row group to the left, `&` and `\/` side by side need parentheses.

    >>> str(read_formula("p & q -> ~r"))
    '((p & q) -> ~r)'
    """
    if len(text) > _MAX_CHARS:
        raise FormulaError(f"over {_MAX_CHARS} characters")
    tokens: list[tuple[str, str]] = []
    at, text = 0, text.rstrip()
    while at < len(text):
        match = _TOKEN.match(text, at)
        if match is None:
            raise FormulaError(f"cannot read {text[at : at + 20]!r}")
        kind = str(match.lastgroup)
        tokens.append((kind, match[kind]))
        at = match.end()
    reader = _Reader(tokens)
    formula = reader.iff(0)
    if reader.tokens:
        raise FormulaError(f"unexpected {reader.tokens[-1][1]!r}")
    return formula


class _Reader:
    """Recursive descent; `tokens` is read from its end."""

    def __init__(self, tokens: list[tuple[str, str]]) -> None:
        self.tokens = tokens[::-1]

    def _next_is(self, *kinds: str) -> bool:
        return bool(self.tokens) and self.tokens[-1][0] in kinds

    def iff(self, depth: int) -> Formula:
        left = self._implies(depth)
        while self._next_is("iff"):
            self.tokens.pop()
            left = Formula("<->", (left, self._implies(depth)))
        return left

    def _implies(self, depth: int) -> Formula:
        if depth > _MAX_DEPTH:
            raise FormulaError(f"over {_MAX_DEPTH} levels deep")
        left = self._junction(depth)
        if self._next_is("implies"):
            self.tokens.pop()
            return Formula("->", (left, self._implies(depth + 1)))
        return left

    def _junction(self, depth: int) -> Formula:
        left = self._unary(depth)
        kind = self.tokens[-1][0] if self._next_is("and", "or") else ""
        while kind and self._next_is("and", "or"):
            if self.tokens.pop()[0] != kind:
                raise FormulaError("`&` and `\\/` side by side need parentheses")
            left = Formula(_SIGNS[kind], (left, self._unary(depth)))
        return left

    def _unary(self, depth: int) -> Formula:
        if depth > _MAX_DEPTH:
            raise FormulaError(f"over {_MAX_DEPTH} levels deep")
        if not self.tokens:
            raise FormulaError("the formula breaks off")
        kind, text = self.tokens.pop()
        if kind == "not":
            return negation(self._unary(depth + 1))
        if kind == "name":
            return Formula("", name=text)
        if kind == "false":
            return FALSE
        if kind != "open":
            raise FormulaError(f"unexpected {text!r}")
        inside = self.iff(depth + 1)
        if not self._next_is("close"):
            raise FormulaError("a parenthesis is not closed")
        self.tokens.pop()
        return inside
