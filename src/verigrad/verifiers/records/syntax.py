"""The rule language: its words and its tree.

    forall o in answer.orders: o.customer in data.customers[*].id
    sum(x.weight for x in answer.picked) <= data.capacity
    unique(t.id for t in answer.tasks) and count(answer.tasks) == 3

Values are JSON's: numbers (exact fractions), texts, true/false, null, lists and objects. There is
no assignment, no recursion, no call of anything but the functions of `functions.py`; so every rule
ends, and how soon is bounded by a budget of steps.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

MAX_RULE_CHARS = 2_000
KEYWORDS = frozenset(
    ("and", "or", "not", "in", "forall", "exists", "for", "if", "true", "false", "null")
)
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>[0-9]{1,18}(?:\.[0-9]{1,18})?)
      | (?P<text>"[^"\\\n]*"|'[^'\\\n]*')
      | (?P<name>[A-Za-z_][A-Za-z0-9_]*)
      | (?P<sign>\[\*\]|==|!=|<=|>=|[-+*/%<>()\[\].,:])
    )""",
    re.VERBOSE,
)


class RuleError(ValueError):
    """A rule that cannot be read: the problem's fault."""


@dataclass(frozen=True, slots=True)
class Token:
    """A word of a rule and where it starts."""

    kind: str  # number, text, name, keyword, sign, end
    text: str
    at: int


def tokenize(rule: str) -> list[Token]:
    """The tokens, closed by one of kind `end`; RuleError for a character that fits nowhere."""
    if len(rule) > MAX_RULE_CHARS:
        raise RuleError(f"a rule of over {MAX_RULE_CHARS} characters")
    tokens: list[Token] = []
    at, rule = 0, rule.rstrip()
    while at < len(rule):
        match = _TOKEN.match(rule, at)
        if match is None or match.lastgroup is None:
            raise RuleError(f"cannot read {rule[at : at + 20]!r}")
        kind, text = match.lastgroup, match.group(match.lastgroup)
        kind = "keyword" if kind == "name" and text in KEYWORDS else kind
        tokens.append(Token(kind, text, match.start(match.lastgroup)))
        at = match.end()
    return [*tokens, Token("end", "", len(rule))]


@dataclass(frozen=True, slots=True)
class Constant:
    """A value written down."""

    value: Fraction | str | bool | None


@dataclass(frozen=True, slots=True)
class Name:
    """`answer`, `data`, or a variable of a quantifier."""

    name: str


@dataclass(frozen=True, slots=True)
class Field:
    """`base.name`."""

    base: Node
    name: str


@dataclass(frozen=True, slots=True)
class Item:
    """`base[index]`: an item of a list by number from 0, or of an object by key."""

    base: Node
    index: Node


@dataclass(frozen=True, slots=True)
class Each:
    """`base[*].name`: the list of `then` of every item; `then` reads the variable `*`."""

    base: Node
    then: Node


@dataclass(frozen=True, slots=True)
class Listed:
    """`[a, b]`."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Unary:
    """`not x`, `-x`."""

    sign: str
    value: Node


@dataclass(frozen=True, slots=True)
class Binary:
    """`a + b`, `a == b`, `a in b`, `a and b`, ..."""

    sign: str
    left: Node
    right: Node


@dataclass(frozen=True, slots=True)
class Quantified:
    """`forall x in xs: p`, `exists x in xs: p`."""

    how: str
    variable: str
    source: Node
    condition: Node


@dataclass(frozen=True, slots=True)
class Generated:
    """`value for x in xs if p`: a list, as the argument of a function."""

    value: Node
    variable: str
    source: Node
    condition: Node | None


@dataclass(frozen=True, slots=True)
class Called:
    """`sum(xs)`."""

    function: str
    arguments: tuple[Node, ...]


Node = Any  # one of the classes above; a union of ten would have to be written at every field
