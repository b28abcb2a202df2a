"""Comparing single values: scalars, words, dates, ratios, chains of equalities."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from flint import fmpq

from verigrad.verifiers.math import quantities
from verigrad.verifiers.math.limits import RefusedError
from verigrad.verifiers.math.matrices import as_matrix
from verigrad.verifiers.math.nodes import (
    Atom,
    BaseNumber,
    Bracket,
    Congruence,
    Div,
    Infinity,
    Listing,
    Matrix,
    Moment,
    Mul,
    Node,
    Number,
    Percent,
    Pieces,
    PlusMinus,
    Quantity,
    Ratio,
    Relation,
    SetOf,
    SetOperation,
    Words,
    contains,
    integer,
    symbols,
)
from verigrad.verifiers.math.policy import MathPolicy
from verigrad.verifiers.math.relations import is_name, solved
from verigrad.verifiers.math.scalar import Budget, Decision, Forms, decide, literal
from verigrad.verifiers.math.shapes import (
    in_base_ten,
    is_reducible,
    rename_constant,
)

_CERTAINTIES = ("exact", "rigorous", "structural", "probabilistic", "numerical")
_NOT_SCALAR = (
    Bracket, SetOf, Listing, SetOperation, Matrix, Relation, Ratio, Infinity, Atom, Moment, Words,
    BaseNumber, Congruence, Pieces,
)  # fmt: skip


def different(why: str) -> Decision:
    """Not equal, for a reason that needs no arithmetic."""
    return Decision(equal=False, method=why, certainty="structural")


def combine(decisions: Sequence[Decision], method: str) -> Decision:
    """All of several; at least one, or it is not equal."""
    if not decisions:
        return different("nothing to compare")
    for decision in decisions:
        if not decision.equal and not decision.undecided:
            return decision
    for decision in decisions:
        if not decision.equal:
            return decision
    weakest = max(decisions, key=lambda d: _CERTAINTIES.index(d.certainty.split(":")[0]))
    return Decision(equal=True, method=method, certainty=weakest.certainty)


class Values(ABC):
    """One comparison under one policy, with one budget; subclasses know every kind of answer."""

    def __init__(self, policy: MathPolicy, known: Forms | None = None) -> None:
        self.policy = policy
        self.budget = Budget(known)
        self.has_choices = True  # whether a plus-minus may stand anywhere
        self.has_matrices = True

    @abstractmethod
    def nodes(self, a: Node, b: Node) -> Decision:
        """Compare two trees of any kind, the reference first."""

    def _chooses(self, node: Node) -> bool:
        return self.has_choices and contains(node, (PlusMinus,))

    def _as_matrix(self, node: Node) -> Matrix | None:
        return as_matrix(node) if self.has_matrices else None

    def equal(self, a: Node, b: Node) -> Decision:
        """Two scalars without units."""
        decision = decide(a, b, self.policy, self.budget)
        if (
            decision.equal
            or self.policy.decimals != "stated_precision"
            or not isinstance(a, Number)
        ):
            return decision
        return self._rounds(a, b) if a.places is not None else decision

    def _rounds(self, a: Number, b: Node) -> Decision:
        rounded = Decision(equal=True, method="rounds to the stated places", certainty="exact")
        if isinstance(b, Number):
            return rounded if quantities.is_rounded(b.value, a) else different("rounds otherwise")
        half = fmpq(1, 2) / fmpq(10) ** (a.places or 0)
        inside = (
            self._order(Number(a.value - half), b) <= 0
            and self._order(b, Number(a.value + half)) < 0
        )
        return rounded if inside else different("rounds otherwise")

    def _scalar(self, a: Node, b: Node) -> Decision:
        if isinstance(b, Relation):
            return self._value_of(a, b)
        if isinstance(b, Listing):
            mixed = _mixed(b)
            return self._hedge(a, b.items) if mixed is None else self.equal(a, mixed)
        if self._chooses(b):
            return different("two values for one")
        if isinstance(b, _NOT_SCALAR) or self._as_matrix(b) is not None:
            return different("another kind of answer")
        if self.policy.lowest_terms and is_reducible(b):
            return different("not in lowest terms")
        if isinstance(a, Quantity | Percent) or isinstance(b, Quantity | Percent):
            return quantities.compare(a, b, self.policy, self.equal)
        if self.policy.any_constant:
            b = rename_constant(a, b)
        return self.equal(a, b)

    def _hedge(self, a: Node, items: Sequence[Node]) -> Decision:
        """Several values for one: right only if all say the same."""
        decisions = [self.nodes(a, item) for item in items]
        if all(decision.equal for decision in decisions):
            return combine(decisions, "every value given")
        return Decision(
            equal=False, method="several values for one", certainty="structural", ambiguous=True
        )

    def _value_of(self, a: Node, b: Relation) -> Decision:
        """The value that a chain of equalities ends in; every closed side must be equal to it."""
        sides = list(b.sides)
        for i, operator in enumerate(b.operators):
            if operator == "~":  # an approximation may follow the exact value
                if not self._is_near(sides[i], sides[i + 1 :]):
                    return different("an approximation that is far off")
                sides = sides[: i + 1]
                break
            if operator != "=":
                return different("a relation for a value")
        named = sides[0]
        if len(sides) > 1 and is_name(named) and not (symbols(named) & symbols(a)):
            sides = sides[1:]
        elif len(b.sides) == 2 and (swapped := solved(b)) is not None and not symbols(a):
            sides = [swapped[1]]
        decisions = [self.nodes(a, side) for side in sides]
        return combine(decisions, decisions[-1].method)

    def _is_near(self, exact: Node, said: Sequence[Node]) -> bool:
        """Every number after a sign of approximation is the exact one, rounded or cut off."""
        if isinstance(exact, Quantity):
            exact = exact.value
        for node in said:
            value = node.value if isinstance(node, Quantity) else node
            scale = Number(fmpq(1))
            if isinstance(value, Percent):
                value, scale = value.value, Number(fmpq(100))
            number = literal(value)
            if number is None or symbols(exact) or isinstance(exact, _NOT_SCALAR):
                return False
            places = value.places or 0 if isinstance(value, Number) else 1
            step = fmpq(1) / fmpq(10) ** places
            low, high = (step / 2, step) if number >= 0 else (step, step / 2)  # rounded or cut off
            scaled = Mul((exact, scale))
            if self._order(Number(number - low), scaled) > 0 or (
                self._order(scaled, Number(number + high)) >= 0
            ):
                return False
        return True

    def _atoms(self, a: Node, b: Node) -> Decision:
        if (
            isinstance(b, Relation)
            and len(b.sides) == 2
            and b.operators[0] in ("=", "->")
            and is_name(b.sides[0])
        ):
            b = b.sides[1]
        if isinstance(a, BaseNumber) and self.policy.base_conversion:
            return self.equal(in_base_ten(a), in_base_ten(b))
        if isinstance(a, Moment) and isinstance(b, Ratio) and a.kind in ("clock", "hours"):
            return self._ratio(_as_ratio(a), b)  # 22:43 beside 44:86
        if isinstance(a, Moment) and isinstance(b, Moment | Ratio):
            return _moments(a, b)
        same = a == b or (isinstance(a, Words) and isinstance(b, Words) and _same_pair(a, b))
        return Decision(
            equal=same, method=f"same {type(a).__name__.lower()}", certainty="structural"
        )

    def _ratio(self, a: Ratio, b: Node) -> Decision:
        if isinstance(b, Relation) and b.operators == ("=",) and isinstance(b.sides[0], Ratio):
            return combine([self._ratio(a, side) for side in b.sides], "ratio")
        if isinstance(b, Moment) and b.kind in ("clock", "hours"):
            b = _as_ratio(b)
        if len(a.parts) == 2 and not isinstance(b, (*_NOT_SCALAR, Quantity, Percent)):
            return self.equal(Div(*a.parts), b)  # 2/3 for 2:3
        if not isinstance(b, Ratio) or len(a.parts) != len(b.parts):
            return different("no such ratio")
        first, other = a.parts[0], b.parts[0]
        pairs = list(zip(a.parts[1:], b.parts[1:], strict=True))
        decisions = [self.equal(Mul((first, q)), Mul((other, p))) for p, q in pairs]
        nonzero = [self.equal(part, Number(fmpq(0))).equal for part in (*a.parts, *b.parts)]
        if any(nonzero):
            return combine(
                [self.equal(p, q) for p, q in zip(a.parts, b.parts, strict=True)], "ratio"
            )
        return combine(decisions, "ratio")

    def _order(self, a: Node, b: Node) -> int:
        """-1, 0 or 1; RefusedError where it cannot be told."""
        if isinstance(a, Infinity) or isinstance(b, Infinity):
            left = a.sign if isinstance(a, Infinity) else 0
            right = b.sign if isinstance(b, Infinity) else 0
            return (left > right) - (left < right)
        if isinstance(a, Number) and isinstance(b, Number):
            return (a.value > b.value) - (a.value < b.value)
        if a == b or decide(a, b, self.policy, self.budget).equal:
            return 0
        if symbols(a) or symbols(b):
            raise RefusedError("order of expressions with variables")
        for bits in (64, 1024):
            _, _, gap = self.budget.balls.difference(a, b, {}, bits)
            if gap.imag == 0 and not gap.real.contains(0):
                return 1 if gap.real > 0 else -1
        raise RefusedError("order not decided")


def _mixed(node: Listing) -> Node | None:
    """`3 and 1/4` as one value; None for any other list."""
    if node.joiner != "and" or len(node.items) != 2:
        return None
    match node.items:
        case Number(whole, None), Div(Number(a, None), Number(b, None)) if (
            whole.q == a.q == b.q == 1 and whole > 0 and 0 < a < b
        ):
            return Number(whole + a / b)
    return None


def _same_pair(a: Words, b: Words) -> bool:
    """`alice and bob`, `bob and alice`."""
    return sorted(a.text.split(" and ")) == sorted(b.text.split(" and ")) and (
        a.text.count(" and ") == 1
    )


def _as_ratio(moment: Moment) -> Ratio:
    """`22:43` where a ratio is meant."""
    return Ratio((integer(moment.fields[0] // 60), integer(moment.fields[0] % 60)))


def _moments(a: Moment, b: Node) -> Decision:
    if not isinstance(b, Moment):
        return different("no time")
    same = a.fields == b.fields and (a.kind == b.kind or {a.kind, b.kind} == {"time", "hours"})
    if a.kind == "clock" and b.kind == "time":  # the reference leaves the half of the day open
        same = a.fields[0] % 720 == b.fields[0] % 720 and a.fields[1] == b.fields[1]
    return Decision(equal=same, method=f"same {a.kind}", certainty="exact")
