"""Typed comparison: the reference says what kind of thing an answer is."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flint import fmpq

from verigrad.verifiers.math import quantities
from verigrad.verifiers.math.limits import RefusedError, UndefinedError
from verigrad.verifiers.math.matrices import as_matrix
from verigrad.verifiers.math.nodes import (
    Atom,
    BaseNumber,
    Bracket,
    Div,
    Infinity,
    Listing,
    Matrix,
    Moment,
    Mul,
    Node,
    Number,
    Percent,
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
from verigrad.verifiers.math.reading import Reading, as_list, as_product, as_products
from verigrad.verifiers.math.regions import Regions
from verigrad.verifiers.math.relations import equivalent, is_name, solved
from verigrad.verifiers.math.scalar import Budget, Decision, decide, undecided
from verigrad.verifiers.math.shapes import (
    assigned,
    both_signs,
    bracket_kind,
    given_names,
    in_base_ten,
    is_inequality,
    is_reducible,
    rename_constant,
    right_side,
)
from verigrad.verifiers.math.wording import read_words

_CERTAINTIES = ("exact", "rigorous", "structural", "probabilistic", "numerical")
_INEQUALITIES = frozenset({"<", "<=", ">", ">=", "!=", "in"})
_NOT_SCALAR = (
    Bracket, SetOf, Listing, SetOperation, Matrix, Relation, Ratio, Infinity, Atom, Moment, Words,
    BaseNumber,
)  # fmt: skip


def different(why: str) -> Decision:
    """Not equal, for a reason that needs no arithmetic."""
    return Decision(equal=False, method=why, certainty="structural")


class Comparison:
    """One comparison under one policy, with one budget."""

    def __init__(self, policy: MathPolicy) -> None:
        self.policy = policy
        self.budget = Budget()
        self.regions = Regions(self._order)
        self.has_choices = True  # whether a plus-minus may stand anywhere
        self.has_matrices = True

    def readings(self, reference: Reading, response: Reading) -> Decision:
        """Compare two read answers; both have a node."""
        a, b = reference.node, response.node
        texts = (reference.text, response.text)
        self.has_choices = any("\\pm" in text or "\\mp" in text for text in texts)
        self.has_matrices = any("\\begin" in text or "[" in text for text in texts)
        assert a is not None
        assert b is not None
        if isinstance(a, Words) and not isinstance(b, Words):
            b = read_words(response.text) or b
            a = a if isinstance(b, Words) else as_product(a, reference.text) or a
        elif isinstance(a, Words) and isinstance(b, Words) and a != b:
            a, b = as_products(a, b, reference.text, response.text)
        elif isinstance(b, Words) and not isinstance(a, Words):
            b = as_product(b, response.text) or b
        if isinstance(a, Listing) and isinstance(b, Number):
            b = as_list(response) or b
        return self.nodes(a, b)

    def nodes(self, a: Node, b: Node) -> Decision:
        """Compare two trees, the reference first."""
        try:
            return self._nodes(a, b)
        except RefusedError as refusal:
            return undecided(str(refusal))
        except UndefinedError:
            return different("undefined value")

    def _nodes(self, a: Node, b: Node) -> Decision:
        match a:
            case Words() | Moment() | BaseNumber() | Atom() | Infinity():
                return self._atoms(a, b)
            case Ratio():
                return self._ratio(a, b)
            case Relation():
                return self._relation(a, b)
            case Listing():
                return self._listing(a, b)
            case SetOf() | SetOperation() | Bracket():
                return self._collection(a, b)
        matrix = self._as_matrix(a)
        if matrix is not None:
            return self._matrix(matrix, b)
        if self._chooses(a):
            return self._multiset(self.elements(a), b)
        return self._scalar(a, b)

    def _chooses(self, node: Node) -> bool:
        return self.has_choices and contains(node, (PlusMinus,))

    def _as_matrix(self, node: Node) -> Matrix | None:
        return as_matrix(node) if self.has_matrices else None

    # single values

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
            return self._hedge(a, b.items)
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
        if isinstance(a, Moment) and isinstance(b, Moment | Ratio):
            return _moments(a, b)
        return Decision(
            equal=a == b, method=f"same {type(a).__name__.lower()}", certainty="structural"
        )

    def _ratio(self, a: Ratio, b: Node) -> Decision:
        if isinstance(b, Relation) and b.operators == ("=",) and isinstance(b.sides[0], Ratio):
            return combine([self._ratio(a, side) for side in b.sides], "ratio")
        if isinstance(b, Moment) and b.kind == "clock":
            b = Ratio((integer(b.fields[0] // 60), integer(b.fields[0] % 60)))
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

    # several values

    def elements(self, node: Node) -> list[Node]:
        """The values a list, a set, a plus-minus or `x = ...` stands for."""
        match node:
            case Listing(items, _) | SetOf(items):
                return [value for item in items for value in self.elements(item)]
            case Relation(("=",), (left, right)) if is_name(left):
                return self.elements(right)
            case Relation(("in",), (left, SetOf() as right)) if is_name(left):
                return self.elements(right)
        return both_signs(node) if self._chooses(node) else [node]

    def _listing(self, a: Listing, b: Node) -> Decision:
        if all(isinstance(item, Relation) for item in a.items):
            return self._system(a, b)
        if (
            given_names(a)
            and isinstance(b, Relation | Listing)
            and given_names(b)
            and given_names(a) != given_names(b)
        ):
            return different("another unknown")
        return self._multiset(self.elements(a), b, ordered=self.policy.order_matters)

    def _multiset(self, items: list[Node], b: Node, *, ordered: bool = False) -> Decision:
        if isinstance(b, Bracket | SetOperation | Matrix | Words):
            return different("another kind of answer")
        others = self.elements(b)
        if isinstance(b, SetOf):
            items = self._distinct(items)
        return self._match(items, others, ordered=ordered)

    def _match(self, items: list[Node], others: list[Node], *, ordered: bool = False) -> Decision:
        if not items or len(items) != len(others):
            return different("different number of values")
        if ordered:
            return combine(
                [self.nodes(p, q) for p, q in zip(items, others, strict=True)], "in order"
            )
        found: list[Decision] = []
        left = list(others)
        for item in items:
            tried = self._take(item, left)
            if not tried.equal:
                return tried
            found.append(tried)
        return combine(found, "as a multiset")

    def _take(self, item: Node, left: list[Node]) -> Decision:
        """Match `item` with one of `left` and remove it there."""
        if item in left and not contains(item, (Div,)):
            left.remove(item)
            return Decision(equal=True, method="same item", certainty="exact")
        unclear: Decision | None = None
        for i, other in enumerate(left):
            decision = self.nodes(item, other)
            if decision.equal:
                del left[i]
                return decision
            unclear = decision if decision.undecided else unclear
        return unclear or different("an item without its like")

    def _distinct(self, items: Iterable[Node]) -> list[Node]:
        kept: list[Node] = []
        for item in items:
            if not any(self.nodes(item, other).equal for other in kept):
                kept.append(item)
        return kept

    def _collection(self, a: Node, b: Node) -> Decision:
        b = right_side(b)
        if isinstance(a, Bracket) and isinstance(b, Bracket):
            return self._brackets(a, b)
        if isinstance(a, SetOf) and isinstance(b, SetOf | Listing):
            if not a.items and isinstance(b, SetOf) and not b.items:
                return Decision(equal=True, method="empty set", certainty="exact")
            if not (isinstance(b, Listing) and all(is_inequality(item) for item in b.items)):
                return self._match(
                    self._distinct(self.elements(a)), self._distinct(self.elements(b))
                )
        if (
            isinstance(a, Bracket)
            and isinstance(b, Listing)
            and (values := assigned(b)) is not None
        ):
            return self._brackets(a, Bracket("(", ")", values))
        if (
            isinstance(a, Bracket)
            and (matrix := self._as_matrix(a)) is not None
            and isinstance(b, Matrix)
        ):
            return self._matrix(matrix, b)
        if isinstance(a, SetOf) and self._chooses(b):
            return self._match(self._distinct(self.elements(a)), self._distinct(self.elements(b)))
        return self._regions(a, b)

    def _brackets(self, a: Bracket, b: Bracket) -> Decision:
        round_a, round_b = bracket_kind(a), bracket_kind(b)
        if round_a != round_b or len(a.items) != len(b.items):
            return different("different brackets")
        pairs = zip(a.items, b.items, strict=True)
        return combine([self.nodes(p, q) for p, q in pairs], "item by item")

    def _regions(self, a: Node, b: Node) -> Decision:
        if not self.policy.relation_as_interval and isinstance(a, Relation) != isinstance(
            b, Relation
        ):
            return different("a relation for an interval")
        left, right = self.regions.read(a), self.regions.read(b)
        if left is None or right is None:
            return different("another kind of answer")
        if left.variable and right.variable and left.variable != right.variable:
            return different("another unknown")
        if not left.pieces and not isinstance(a, SetOf):
            return undecided("an empty region")
        return Decision(
            equal=self.regions.equal(left, right), method="same region", certainty="exact"
        )

    def _matrix(self, a: Matrix, b: Node) -> Decision:
        matrix = self._as_matrix(right_side(b))
        if matrix is None or [len(row) for row in a.rows] != [len(row) for row in matrix.rows]:
            return different("different shape")
        cells = [
            self.nodes(p, q)
            for row, other in zip(a.rows, matrix.rows, strict=True)
            for p, q in zip(row, other, strict=True)
        ]
        return combine(cells, "cell by cell")

    # relations

    def _relation(self, a: Relation, b: Node) -> Decision:
        named = solved(a)
        if named is not None:
            return self._solved(named, a, b)
        region = (
            None if any(op not in _INEQUALITIES for op in a.operators) else self.regions.read(a)
        )
        if region is not None:
            return self._regions(a, b)
        if not isinstance(b, Relation):
            return different("no relation")
        if len(a.operators) > 1 and set(a.operators) == {"="} and not symbols(a.sides[-1]):
            return self._value_of(a.sides[-1], b)
        return equivalent(a, b, self.budget)

    def _solved(self, named: tuple[Node, Node], a: Relation, b: Node) -> Decision:
        name, value = named
        other = solved(b)
        if other is not None:
            if other[0] == name:
                return self.nodes(value, other[1])
            if not symbols(value) or not symbols(b) >= symbols(a):
                return different("another unknown")
        if isinstance(b, Relation):
            closed = not symbols(value)
            if closed or set(b.operators) != {"="}:
                chain = closed and len(b.operators) > 1 and b.sides[0] == name
                return self._value_of(value, b) if chain else different("not solved")
            return equivalent(a, b, self.budget)
        if isinstance(b, Listing) and (names := given_names(b)) and names != {name}:
            return different("another unknown")
        return self.nodes(value, b)

    def _system(self, a: Listing, b: Node) -> Decision:
        if self.regions.read(a) is not None:
            return self._regions(a, b)
        values = assigned(a)
        if values is not None:
            if isinstance(b, Bracket):
                return self._brackets(Bracket("(", ")", values), b)
        elif len(given_names(a)) == 1 and all(solved(item) for item in a.items):
            if _other_unknown(a, b):
                return different("another unknown")
            return self._multiset(self.elements(a), b)
        if not isinstance(b, Listing):
            return different("no system")
        return self._match(list(a.items), list(b.items))

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


def _other_unknown(a: Listing, b: Node) -> bool:
    """Both name what they give values to, and not the same."""
    names = given_names(b) if isinstance(b, Relation | Listing) else set()
    return bool(names and given_names(a)) and names != given_names(a)


def _moments(a: Moment, b: Node) -> Decision:
    if not isinstance(b, Moment):
        return different("no time")
    same = a.fields == b.fields and (a.kind == b.kind or {a.kind, b.kind} == {"time", "hours"})
    if a.kind == "clock" and b.kind == "time":  # the reference leaves the half of the day open
        same = a.fields[0] % 720 == b.fields[0] % 720 and a.fields[1] == b.fields[1]
    return Decision(equal=same, method=f"same {a.kind}", certainty="exact")
