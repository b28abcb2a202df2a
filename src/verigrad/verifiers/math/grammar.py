"""Tokens to a tree of one answer: lists of relations of sets of ratios of expressions."""

from __future__ import annotations

from verigrad.verifiers.math.building import (
    COLLECTIONS,
    ENDS,
    MODULI,
    RELATIONS,
    SET_OPERATIONS,
)
from verigrad.verifiers.math.expressions import Expressions
from verigrad.verifiers.math.limits import MAX_ITEMS, RefusedError
from verigrad.verifiers.math.nodes import (
    Call,
    Congruence,
    Listing,
    Node,
    Ratio,
    Relation,
    SetOperation,
)
from verigrad.verifiers.math.tokens import UnreadableError


class Parser(Expressions):
    """The whole grammar of an answer."""

    def statements(self, *, closers: tuple[str, ...] = ()) -> Node:
        """Clauses joined by commas, `and`, `or`."""
        items, joiners = [self.clause()], set[str]()
        start = 0  # of the items that a modulus would go with
        while self.token.kind != "end" and self.token.text not in closers:
            if self.token.text in MODULI:
                items[start:] = [self._congruence(items[start:])]
                start = len(items)
                continue
            joiner = self._joiner()
            if joiner is None:
                raise UnreadableError(f"{self.token.text!r} not expected")
            if self.token.kind == "end":
                break
            joiners.add(joiner)
            items.append(self.clause())
            if len(items) > MAX_ITEMS:
                raise RefusedError("too many items")
        if len(items) == 1:
            return items[0]
        return Listing(
            tuple(items), "or" if "or" in joiners else "and" if "and" in joiners else ","
        )

    def _congruence(self, items: list[Node]) -> Node:
        r"""The rest of `x \equiv 1, 3 \pmod 8`."""
        self.at += 1
        modulus = self.primary()
        first, name = items[0] if items else None, None
        if isinstance(first, Relation) and first.operators == ("==",):
            name, first = first.sides
        if first is None or any(isinstance(item, Relation | Congruence) for item in items[1:]):
            raise UnreadableError("a modulus without a congruence")
        return Congruence(name, (first, *items[1:]), modulus)

    def _joiner(self) -> str | None:
        found = None
        while True:
            token = self.token
            if token.text in (",", ";") or token.text == "&":
                found = found or ","
            elif token.kind == "joiner":
                found = token.text
            elif token.text in ("\\lor", "\\vee"):
                found = "or"
            elif token.text in ("\\land", "\\wedge"):
                found = "and"
            else:
                return found
            self.at += 1

    def clause(self) -> Node:
        """A value or a chain of relations."""
        self.descend()
        sides, operators = [self.sets()], []
        while (operator := RELATIONS.get(self.token.text)) and len(sides) < 16:
            self.at += 1
            operators.append(operator)
            sides.append(self.sets())
        self.depth -= 1
        return Relation(tuple(operators), tuple(sides)) if operators else sides[0]

    def _value(self) -> Node:
        r"""A sum, or the remainder of two: `17 \bmod 5`."""
        left = self.expression()
        while self.token.text in ("\\bmod", "\\mod") and self.braces == 0:
            self.at += 1
            left = Call("mod", (left, self.expression()))
        return left

    def sets(self) -> Node:
        """Unions, intersections and differences, from left to right; ratios below them."""
        left = self.ratio()
        if self.tokens[self.at].text in ENDS:
            return left
        for _ in range(MAX_ITEMS):
            name = SET_OPERATIONS.get(self.token.text)
            if name is None and self.token.text == "U" and isinstance(left, COLLECTIONS):
                name = "cup"
            if name is None:
                return left
            self.at += 1
            right = self.ratio()
            same = isinstance(left, SetOperation) and left.name == name == "cup"
            parts = (*left.parts, right) if same else (left, right)  # type: ignore[union-attr]
            left = SetOperation(name, parts)
        raise RefusedError("too many sets")

    def ratio(self) -> Node:
        """`2 : 3 : 4`."""
        parts = [self._value()]
        if self.tokens[self.at].text in ENDS:
            return parts[0]
        while self.token.text == ":" and not self.braces and len(parts) < 8:
            self.at += 1
            parts.append(self._value())
        return Ratio(tuple(parts)) if len(parts) > 1 else parts[0]
