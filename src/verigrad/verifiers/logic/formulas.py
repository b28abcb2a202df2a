"""Formulas as frozen trees, and what is asked of them: signature, forms, renaming."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

QUANTIFIERS = ("forall", "exists")
CONNECTIVES = ("not", "and", "or", "xor", "implies", "iff")


@dataclass(frozen=True, slots=True)
class Term:
    """A variable (bound by a quantifier), a constant, or a function of terms."""

    name: str
    args: tuple[Term, ...] = ()
    is_bound: bool = False


@dataclass(frozen=True, slots=True)
class Formula:
    """`kind` is a connective, a quantifier (`name` its variable), "atom", "equals" or "constant".

    A constant is named "true" or "false".
    """

    kind: str
    parts: tuple[Formula, ...] = ()
    name: str = ""
    terms: tuple[Term, ...] = ()

    def walk(self) -> Iterator[Formula]:
        """The formula and all below it."""
        stack: list[Formula] = [self]
        while stack:
            here = stack.pop()
            yield here
            stack.extend(reversed(here.parts))

    @property
    def is_propositional(self) -> bool:
        """No quantifier and no equality: different atoms are independent of each other."""
        return all(each.kind not in (*QUANTIFIERS, "equals") for each in self.walk())

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, for the worker."""
        return {
            "kind": self.kind,
            "name": self.name,
            "parts": [part.to_json() for part in self.parts],
            "terms": [_term_json(term) for term in self.terms],
        }


def _term_json(term: Term) -> dict[str, Any]:
    args = [_term_json(arg) for arg in term.args]
    return {"name": term.name, "args": args, "is_bound": term.is_bound}


def write(formula: Formula) -> str:
    """The formula with all its parentheses, in ASCII.

    >>> write(Formula("not", (Formula("atom", name="p"),)))
    '~p'
    """
    signs = {"and": "&", "or": "|", "xor": "xor", "implies": "->", "iff": "<->"}
    match formula.kind:
        case "constant":
            return formula.name
        case "atom":
            arguments = ", ".join(map(_write_term, formula.terms))
            return f"{formula.name}({arguments})" if arguments else formula.name
        case "equals":
            return " = ".join(map(_write_term, formula.terms))
        case "not":
            return f"~{write(formula.parts[0])}"
        case "forall" | "exists":
            return f"{formula.kind} {formula.name}. {write(formula.parts[0])}"
        case _:
            left, right = map(write, formula.parts)
            return f"({left} {signs[formula.kind]} {right})"


def _write_term(term: Term) -> str:
    return f"{term.name}({', '.join(map(_write_term, term.args))})" if term.args else term.name


def has_form(formula: Formula, form: str) -> bool:
    """Whether a formula is in "nnf", "cnf" or "dnf" ("any" is always true).

    Negation normal form: only and, or, and negations of atoms; the other two are that with all
    ors inside all ands, or the other way round.
    """
    if form == "any":
        return True
    kinds = {each.kind for each in formula.walk()}
    if kinds & {"xor", "implies", "iff", "constant"}:
        return False
    negated = [each.parts[0].kind for each in formula.walk() if each.kind == "not"]
    if any(kind not in ("atom", "equals") for kind in negated):
        return False
    if form == "nnf":
        return True
    outer, inner = ("and", "or") if form == "cnf" else ("or", "and")
    if kinds & set(QUANTIFIERS):
        return False
    below = [part for each in formula.walk() if each.kind == inner for part in each.walk()]
    return all(each.kind != outer for each in below)
