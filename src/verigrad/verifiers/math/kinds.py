"""Comparing congruences, functions by cases, sequences with dots, vectors, integer families."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from flint import fmpq

from verigrad.verifiers.math.lower import substitute
from verigrad.verifiers.math.nodes import (
    DOTS,
    Add,
    Atom,
    Bracket,
    Call,
    Congruence,
    Infinity,
    Listing,
    Matrix,
    Mul,
    Node,
    Number,
    Pieces,
    Relation,
    SetOf,
    Symbol,
    Words,
    contains,
    integer,
    rebuild,
    symbols,
)
from verigrad.verifiers.math.regions import Region, Regions
from verigrad.verifiers.math.scalar import Decision, literal
from verigrad.verifiers.math.values import Values, combine, different

MAX_EXPANDED = 256
_AXES = ("[i]", "[j]", "[k]")
_OTHERWISE = Words("otherwise")


class Kinds(Values):
    """The kinds of answer that need no more than comparisons of their parts."""

    regions: Regions

    def _congruence(self, a: Congruence, b: Node) -> Decision:
        """The same unknown, the same modulus, the same residues modulo it."""
        if not isinstance(b, Congruence) or (a.name and b.name and a.name != b.name):
            return different("another congruence")
        moduli = (literal(a.modulus), literal(b.modulus))
        if moduli[0] is None or moduli[0] != moduli[1] or moduli[0].q != 1 or moduli[0] < 2:
            return different("another modulus") if a != b else _same("congruence")
        left, right = _residues(a), _residues(b)
        if left is None or right is None:
            return different("residues of expressions") if a != b else _same("congruence")
        return Decision(left == right, "same residues", "exact")

    def _pieces(self, a: Pieces, b: Node) -> Decision:
        """Row by row, in any order; `otherwise` is what no other row says."""
        if isinstance(b, Relation) and b.operators == ("=",) and isinstance(b.sides[1], Pieces):
            b = b.sides[1]
        if not isinstance(b, Pieces) or len(a.rows) != len(b.rows):
            return different("other cases")
        left = list(zip(b.rows, self._conditions(b), strict=True))
        found: list[Decision] = []
        for (value, written), condition in zip(a.rows, self._conditions(a), strict=True):
            for i, ((other, said), region) in enumerate(left):
                if self._same_condition((written, condition), (said, region)):
                    found.append(self.nodes(value, other))
                    del left[i]
                    break
            else:
                return different("a case without its like")
        return combine(found, "case by case")

    def _conditions(self, pieces: Pieces) -> list[Region | None]:
        read = [None if c == _OTHERWISE else self.regions.read(c) for _, c in pieces.rows]
        known = [region for region in read if region is not None]
        if len(known) == len(read) - 1 and _OTHERWISE in (c for _, c in pieces.rows):
            rest = self.regions.rest(known)
            return [rest if c == _OTHERWISE else read[i] for i, (_, c) in enumerate(pieces.rows)]
        return read

    def _same_condition(self, a: tuple[Node, Region | None], b: tuple[Node, Region | None]) -> bool:
        (written, left), (said, right) = a, b
        if left is not None and right is not None:
            same_name = not (left.variable and right.variable) or left.variable == right.variable
            return same_name and bool(left.pieces) and self.regions.equal(left, right)
        return written == said or (
            isinstance(written, Relation) and self.nodes(written, said).equal
        )

    def _with_dots(self, items: Sequence[Node], others: Sequence[Node]) -> Decision:
        """A sequence that goes on: the same items in the same order."""
        if len(items) != len(others) or items.count(DOTS) == len(items):
            return different("another sequence")
        pairs = [(p, q) for p, q in zip(items, others, strict=True) if p != DOTS or q != DOTS]
        if any(DOTS in pair for pair in pairs):
            return different("another sequence")
        return combine([self.nodes(p, q) for p, q in pairs], "in order")


def _same(what: str) -> Decision:
    return Decision(equal=True, method=f"same {what}", certainty="structural")


def _residues(node: Congruence) -> set[int] | None:
    modulus = literal(node.modulus)
    values = [literal(residue) for residue in node.residues]
    if modulus is None or any(value is None or value.q != 1 for value in values):
        return None
    return {int(value.p) % int(modulus.p) for value in values}  # type: ignore[union-attr]


def without_dots(node: Node) -> Node:
    r"""`\{1, 3, \ldots, 9\}` as `\{1, 3, 5, 7, 9\}`, where the step is told; else as it is."""
    match node:
        case SetOf(items) | Listing(items, _) if items.count(DOTS) == 1:
            expanded = _expanded(items)
            return node if expanded is None else rebuild(node, expanded)
        case Relation(operators, sides):
            return Relation(operators, tuple(map(without_dots, sides)))
    return node


def _expanded(items: tuple[Node, ...]) -> tuple[Node, ...] | None:
    at = items.index(DOTS)
    values = [literal(item) for item in items if item != DOTS]
    if at == 0 or at == len(items) - 1 or any(v is None or v.q != 1 for v in values):
        return None
    numbers = [int(value.p) for value in values]  # type: ignore[union-attr]
    before, after = numbers[:at], numbers[at:]
    step = before[1] - before[0] if at > 1 else 1
    steps = {q - p for part in (before, after) for p, q in pairwise(part)}
    if step == 0 or steps - {step}:
        return None
    times, rest = divmod(after[0] - before[-1], step)
    if rest or not 1 <= times <= MAX_EXPANDED:
        return None
    middle = [before[-1] + step * k for k in range(1, times)]
    return tuple(map(integer, (*before, *middle, *after)))


def has_dots(node: Node) -> bool:
    """Whether a list or a set goes on."""
    return isinstance(node, SetOf | Listing) and DOTS in node.items


def vector(node: Node) -> Bracket | None:
    r"""A column or a row, or `a\hat{i} + b\hat{j}`, as a tuple."""
    if isinstance(node, Matrix):
        rows = node.rows
        if len(rows) == 1 or len(rows[0]) == 1:
            return Bracket("(", ")", tuple(cell for row in rows for cell in row))
        return None
    if not symbols(node) & set(_AXES):
        return None
    terms = node.terms if isinstance(node, Add) else (node,)
    parts: dict[str, list[Node]] = {}
    for term in terms:
        factors = term.factors if isinstance(term, Mul) else (term,)
        axes = [f.name for f in factors if isinstance(f, Symbol) and f.name in _AXES]
        rest = tuple(f for f in factors if not (isinstance(f, Symbol) and f.name in _AXES))
        if len(axes) != 1 or any(symbols(f) & set(_AXES) for f in rest):
            return None
        parts.setdefault(axes[0], []).append(Mul(rest) if rest else integer(1))
    size = 3 if "[k]" in parts else 2
    sums = [parts.get(axis, [integer(0)]) for axis in _AXES[:size]]
    return Bracket("(", ")", tuple(Add(tuple(p)) if len(p) > 1 else p[0] for p in sums))


def is_interval(node: Node) -> bool:
    """A pair in brackets that can only be an interval: half-open, closed, or without end."""
    return (
        isinstance(node, Bracket)
        and len(node.items) == 2
        and node.opener in "(["
        and (node.opener + node.closer != "()" or contains(node, (Infinity,)))
    )


def is_string(node: Node) -> bool:
    """`HT`: two or more capitals side by side, as an item of a list: not a product."""
    return (
        isinstance(node, Mul)
        and len(node.factors) > 1
        and all(
            isinstance(f, Symbol) and len(f.name) == 1 and f.name.isupper() for f in node.factors
        )
    )


def family(node: Node) -> tuple[Node, str] | None:
    r"""`x = 2k\pi, k \in \mathbb{Z}`: the items without their declaration, and its variable."""
    if not isinstance(node, Listing):
        return None
    declared = [
        item.sides[0].name
        for item in node.items
        if isinstance(item, Relation)
        and item.operators == ("in",)
        and isinstance(item.sides[0], Symbol)
        and item.sides[1] == Atom("all Z")
    ]
    rest = tuple(
        item for item in node.items if not (isinstance(item, Relation) and "in" in item.operators)
    )
    if len(declared) != 1 or len(rest) != len(node.items) - 1 or not rest:
        return None
    if not any(declared[0] in symbols(item) for item in rest):
        return None
    return (rest[0] if len(rest) == 1 else Listing(rest, node.joiner)), declared[0]


def same_family(a: tuple[Node, str], b: Node) -> tuple[Node, Node] | None:
    """Both without declarations, the response's integer called as the reference's is."""
    body, name = a
    declared = family(b)
    if declared is not None:
        other, called = declared
        if called != name and name in symbols(other):
            return None
        return body, other if called == name else substitute(other, called, Symbol(name))
    if isinstance(b, Listing) and any(
        isinstance(item, Relation) and "in" in item.operators for item in b.items
    ):
        return None
    extra = symbols(b) - symbols(body)
    if name not in symbols(b) and len(extra) == 1 and extra <= {"k", "m", "n", "l", "t"}:
        return body, substitute(b, next(iter(extra)), Symbol(name))
    return body, b


def unfold_absolute(node: Node) -> Node:
    """`|x - 3| < 2` as `1 < x < 5`, with numbers; anything else as it is."""
    match node:
        case Relation(("<" | "<=" | ">" | ">=" as operator,), (Call("abs", (inner,)), bound)):
            width, linear = literal(bound), _linear(inner)
            if linear is None or width is None or width <= 0:
                return node
            name, slope, shift = linear
            ends = sorted([(-width - shift) / slope, (width - shift) / slope])
            low, high = Number(ends[0]), Number(ends[1])
            if operator in ("<", "<="):
                return Relation((operator, operator), (low, name, high))
            turned = "<" if operator == ">" else "<="
            return Listing(
                (Relation((turned,), (name, low)), Relation((operator,), (name, high))), "or"
            )
    return node


def _linear(node: Node) -> tuple[Symbol, fmpq, fmpq] | None:
    """`(x, a, b)` of `a x + b` with numbers; None for anything else."""
    slope, shift, name = fmpq(0), fmpq(0), None
    for term in node.terms if isinstance(node, Add) else (node,):
        value = literal(term)
        if value is not None:
            shift += value
            continue
        match term:
            case Symbol():
                found, scale = term, fmpq(1)
            case Mul((Number(scale, _), Symbol() as found)):
                pass
            case _:
                return None
        if name is not None and found != name:
            return None
        name, slope = found, slope + scale
    return None if name is None or slope == 0 else (name, slope, shift)
