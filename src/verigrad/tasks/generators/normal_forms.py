r"""Propositional logic: bring a formula into a normal form. `\boxed{(~p | q) & (~p | r)}`.

The verifier is `logic`: any equivalent formula of the asked form is right.
"""

from __future__ import annotations

import random
from itertools import combinations, product
from typing import Any, ClassVar, Literal

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed

_NAMES = "pqrst"
_WORDS = {"cnf": "conjunctive normal form", "dnf": "disjunctive normal form"}
_SIGNS = {"and": "&", "or": "|", "implies": "->", "iff": "<->", "xor": "xor"}
Tree = tuple[Any, ...]  # ("p",), ("not", tree), ("and", tree, tree), ...
Literals = frozenset[tuple[str, bool]]


class NormalFormOptions(Options):
    """Over so many `variables`, with so many `connectives`; `form` is asked for."""

    connectives: int = Field(default=4, ge=2, le=20)
    variables: int = Field(default=3, ge=2, le=5)
    form: Literal["cnf", "dnf"] = "cnf"


class NormalForms(Generator):
    """Random formulas that are neither always nor never true, nor of the form already."""

    name: ClassVar[str] = "normal_forms"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "logic"
    dial: ClassVar[str] = "connectives"
    options_type: ClassVar[type[Options]] = NormalFormOptions

    def draw(self, source: random.Random) -> Draft:
        """The reference is a cover by prime clauses (Quine 1952)."""
        names, form = list(_NAMES[: self.options.variables]), self.options.form
        while True:
            tree = _tree(source, names, self.options.connectives)
            wanted = form == "dnf"  # rows to cover: the true ones, or the false ones
            rows = [row for row in _rows(names) if _value(tree, row) is wanted]
            if 0 < len(rows) < 2 ** len(names) and _has_arrow(tree):
                break
        terms = _cover(names, rows)
        inner, outer = (" & ", " | ") if wanted else (" | ", " & ")
        shown = [
            inner.join(name if value is wanted else f"~{name}" for name, value in sorted(term))
            for term in terms
        ]
        several = len(shown) > 1
        answer = outer.join(f"({text})" if several and inner in text else text for text in shown)
        return Draft(
            key=[form, _show(tree)],
            question=f"Write {_show(tree)} in {_WORDS[form]}, with ~ & | and parentheses.",
            answer=answer,
            solution=boxed(answer),
            info={"form": form},
        )


def _tree(source: random.Random, names: list[str], connectives: int) -> Tree:
    if connectives == 0:
        return (source.choice(names),)
    kind = source.choice(["not", *_SIGNS])
    if kind == "not":
        return "not", _tree(source, names, connectives - 1)
    left = source.randrange(connectives)
    return kind, _tree(source, names, left), _tree(source, names, connectives - 1 - left)


def _has_arrow(tree: Tree) -> bool:
    return tree[0] in ("implies", "iff", "xor") or any(
        _has_arrow(part) for part in tree[1:] if isinstance(part, tuple)
    )


def _show(tree: Tree) -> str:
    head, *parts = tree
    if not parts:
        return head
    if head == "not":
        return f"~{_show(parts[0])}"
    return f"({_show(parts[0])} {_SIGNS[head]} {_show(parts[1])})"


def _rows(names: list[str]) -> list[dict[str, bool]]:
    return [dict(zip(names, v, strict=True)) for v in product((False, True), repeat=len(names))]


def _value(tree: Tree, row: dict[str, bool]) -> bool:
    head, *parts = tree
    if not parts:
        return row[head]
    values = [_value(part, row) for part in parts]
    if head == "not":
        return not values[0]
    one, two = values
    return {
        "and": one and two,
        "or": one or two,
        "implies": two or not one,
        "iff": one is two,
        "xor": one is not two,
    }[head]


def _cover(names: list[str], rows: list[dict[str, bool]]) -> list[Literals]:
    """Few prime terms that hold in exactly these rows: the largest share of what is left first."""
    wanted = {frozenset(row.items()) for row in rows}
    primes: list[Literals] = []
    for length in range(1, len(names) + 1):
        for chosen in combinations(names, length):
            for values in product((False, True), repeat=length):
                term = frozenset(zip(chosen, values, strict=True))
                rest = [row for row in _rows(names) if term <= frozenset(row.items())]
                holds = all(frozenset(row.items()) in wanted for row in rest)
                if holds and not any(prime <= term for prime in primes):
                    primes.append(term)
    cover: list[Literals] = []
    left = set(wanted)
    while left:
        best = max(primes, key=lambda term: sum(term <= row for row in left))
        cover.append(best)
        left = {row for row in left if not best <= row}
    return cover
