"""Subsets of the real line: intervals, finite sets, inequalities in one variable, their unions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from verigrad.verifiers.math.limits import RefusedError
from verigrad.verifiers.math.nodes import (
    Bracket,
    Infinity,
    Listing,
    Node,
    Relation,
    SetOf,
    SetOperation,
    Symbol,
    contains,
    symbols,
)

Order = Callable[[Node, Node], int]
MAX_PIECES = 64
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "!=": "!="}


class End(NamedTuple):
    """A boundary: `side` is -1 just below `at`, 1 just above it."""

    at: Node
    side: int


class Piece(NamedTuple):
    """Everything between two boundaries; `[a, b)` is (a, -1) to (b, -1)."""

    low: End
    high: End


@dataclass(frozen=True, slots=True)
class Region:
    """Disjoint pieces in order, and the variable named, if one was."""

    pieces: tuple[Piece, ...]
    variable: str | None = None


class Regions:
    """Reads and combines regions, given an order on end points (RefusedError if unknown)."""

    def __init__(self, order: Order) -> None:
        self.order = order

    def read(self, node: Node) -> Region | None:
        """The region a node describes; None where it describes none."""
        match node:
            case Bracket("(" | "[" as opener, ")" | "]" as closer, (low, high)):
                return self._interval(low, high, opener == "[", closer == "]")
            case SetOf(items):
                return self._points(items)
            case SetOperation(name, parts):
                return self._operation(name, parts)
            case Relation(("in",), (Symbol(name), where)):
                region = self.read(where)
                return None if region is None else Region(region.pieces, name)
            case Relation():
                return self._relation(node)
            case Listing(items, joiner) if all(isinstance(item, Relation) for item in items):
                return self._listing(items, joiner)
            case Listing(items, _) if all(isinstance(item, Bracket) for item in items):
                return self._operation("cup", items)  # "increasing on (0, 1) and (2, 3)"
        return None

    def equal(self, a: Region, b: Region) -> bool:
        """The same pieces."""
        if len(a.pieces) != len(b.pieces):
            return False
        return all(
            self._ends(p.low, q.low) == 0 and self._ends(p.high, q.high) == 0
            for p, q in zip(a.pieces, b.pieces, strict=True)
        )

    def _ends(self, a: End, b: End) -> int:
        order = self.order(a.at, b.at)
        return order if order else (a.side > b.side) - (a.side < b.side)

    def _interval(self, low: Node, high: Node, low_in: bool, high_in: bool) -> Region | None:  # noqa: FBT001 (private, two ends)
        if contains(low, (Bracket, Relation)) or contains(high, (Bracket, Relation)):
            return None
        if (low_in and isinstance(low, Infinity)) or (high_in and isinstance(high, Infinity)):
            return None
        piece = Piece(End(low, -1 if low_in else 1), End(high, 1 if high_in else -1))
        if self.order(low, high) > 0:
            return None
        return self._joined([piece])

    def _points(self, items: tuple[Node, ...]) -> Region | None:
        if any(isinstance(item, Bracket | SetOf | Relation | Infinity) for item in items):
            return None
        return self._joined([Piece(End(item, -1), End(item, 1)) for item in items])

    def _joined(self, pieces: list[Piece], variable: str | None = None) -> Region:
        """Sorted, empty pieces out, touching pieces merged."""
        if len(pieces) > MAX_PIECES:
            raise RefusedError("too many intervals")
        kept = [piece for piece in pieces if self._ends(piece.low, piece.high) < 0]
        ordered: list[Piece] = []
        for piece in kept:  # insertion keeps the number of comparisons visible
            place = len(ordered)
            while place and self._ends(piece.low, ordered[place - 1].low) < 0:
                place -= 1
            ordered.insert(place, piece)
        merged: list[Piece] = []
        for piece in ordered:
            if merged and self._ends(piece.low, merged[-1].high) <= 0:
                if self._ends(piece.high, merged[-1].high) > 0:
                    merged[-1] = Piece(merged[-1].low, piece.high)
            else:
                merged.append(piece)
        return Region(tuple(merged), variable)

    def _operation(self, name: str, parts: tuple[Node, ...]) -> Region | None:
        regions = [self.read(part) for part in parts]
        known = [region for region in regions if region is not None]
        if len(known) != len(parts):
            return None
        result = known[0]
        for region in known[1:]:
            result = self._combine(name, result, region)
        return result

    def _combine(self, name: str, a: Region, b: Region) -> Region:
        if name == "cup":
            return self._joined([*a.pieces, *b.pieces], a.variable)
        return self._meet(a, b if name == "cap" else self._complement(b))

    def _meet(self, a: Region, b: Region) -> Region:
        pieces = []
        for p in a.pieces:
            for q in b.pieces:
                low = p.low if self._ends(p.low, q.low) >= 0 else q.low
                high = p.high if self._ends(p.high, q.high) <= 0 else q.high
                pieces.append(Piece(low, high))
        return self._joined(pieces, a.variable)

    def _complement(self, region: Region) -> Region:
        ends = [End(Infinity(-1), 1)]
        for piece in region.pieces:
            ends += [piece.low, piece.high]
        ends.append(End(Infinity(1), -1))
        return self._joined([Piece(ends[i], ends[i + 1]) for i in range(0, len(ends), 2)])

    def rest(self, regions: list[Region]) -> Region:
        """What none of the regions covers."""
        covered = self._joined([piece for region in regions for piece in region.pieces])
        return Region(self._complement(covered).pieces, regions[0].variable)

    def _relation(self, node: Relation) -> Region | None:
        """`x < 3`, `3 > x`, `1 < x <= 3`, `x != 2`: one bare variable between closed sides."""
        named = [side.name for side in node.sides if isinstance(side, Symbol)]
        closed = all(isinstance(side, Symbol) or not symbols(side) for side in node.sides)
        if len(named) != 1 or not closed or len(node.sides) > 3 or "=" in node.operators:
            return None
        place = next(i for i, side in enumerate(node.sides) if isinstance(side, Symbol))
        if len(node.sides) == 3 and place != 1:
            return None
        region = Region((Piece(End(Infinity(-1), 1), End(Infinity(1), -1)),), named[0])
        for i, operator in enumerate(node.operators):
            if operator not in _TURNED:
                return None
            bound = node.sides[i] if i < place else node.sides[i + 1]
            turned = _TURNED[operator] if i < place else operator
            region = self._meet(region, self._half_line(turned, bound))
        return Region(region.pieces, named[0])

    def _half_line(self, operator: str, bound: Node) -> Region:
        minus, plus = End(Infinity(-1), 1), End(Infinity(1), -1)
        match operator:
            case "<":
                pieces = [Piece(minus, End(bound, -1))]
            case "<=":
                pieces = [Piece(minus, End(bound, 1))]
            case ">":
                pieces = [Piece(End(bound, 1), plus)]
            case ">=":
                pieces = [Piece(End(bound, -1), plus)]
            case _:
                pieces = [Piece(minus, End(bound, -1)), Piece(End(bound, 1), plus)]
        return self._joined(pieces)

    def _listing(self, items: tuple[Node, ...], joiner: str) -> Region | None:
        """`or` unites and `and` meets; a comma meets, unless nothing would be left."""
        regions = [self.read(item) for item in items]
        known = [region for region in regions if region is not None]
        if len(known) != len(items) or len({region.variable for region in known}) != 1:
            return None
        union, meet = known[0], known[0]
        for region in known[1:]:
            union = self._combine("cup", union, region)
            meet = self._combine("cap", meet, region)
        chosen = union if joiner == "or" or (joiner == "," and not meet.pieces) else meet
        return Region(chosen.pieces, known[0].variable)
