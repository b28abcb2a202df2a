"""Typed comparison: the reference says what kind of thing an answer is."""

from __future__ import annotations

from collections.abc import Iterable

from verigrad.verifiers.math.kinds import (
    Kinds,
    family,
    has_dots,
    is_interval,
    is_string,
    same_family,
    unfold_absolute,
    vector,
    without_dots,
)
from verigrad.verifiers.math.limits import RefusedError, UndefinedError
from verigrad.verifiers.math.nodes import (
    DOTS,
    Atom,
    BaseNumber,
    Bracket,
    Call,
    Congruence,
    Div,
    Fold,
    Infinity,
    Listing,
    Matrix,
    Moment,
    Node,
    Number,
    Pieces,
    Pow,
    Ratio,
    Relation,
    SetOf,
    SetOperation,
    Words,
    contains,
    symbols,
)
from verigrad.verifiers.math.numberwords import read_number_words
from verigrad.verifiers.math.policy import MathPolicy
from verigrad.verifiers.math.reading import Reading, as_list, as_number, as_product, as_products
from verigrad.verifiers.math.regions import Regions
from verigrad.verifiers.math.relations import equivalent, is_name, solved
from verigrad.verifiers.math.scalar import Decision, Forms, undecided
from verigrad.verifiers.math.shapes import (
    assigned,
    both_signs,
    bracket_kind,
    exactly,
    given_names,
    is_inequality,
    right_side,
)
from verigrad.verifiers.math.values import combine, different
from verigrad.verifiers.math.wording import other_name, read_words

_INEQUALITIES = frozenset({"<", "<=", ">", ">=", "!=", "in"})


class Comparison(Kinds):
    """One comparison under one policy, with one budget."""

    def __init__(self, policy: MathPolicy, known: Forms | None = None) -> None:
        super().__init__(policy, known)
        self.regions = Regions(self._order)

    def readings(self, reference: Reading, response: Reading) -> Decision:
        """Compare two read answers; both have a node."""
        a, b = reference.node, response.node
        texts = (reference.text, response.text)
        self.has_choices = any("\\pm" in text or "\\mp" in text for text in texts)
        self.has_matrices = any("\\begin" in text or "[" in text for text in texts)
        assert a is not None
        assert b is not None
        self.has_dots = any("dots" in text or "..." in text for text in texts)
        if isinstance(a, Words) is not isinstance(b, Words):
            a, b = _spelled(a, b, *texts)
        if isinstance(a, Words) and not isinstance(b, Words):
            b = read_words(response.text) or b
            a = a if isinstance(b, Words) else as_product(a, reference.text) or a
        elif isinstance(a, Words) and isinstance(b, Words) and a != b:
            a, b = as_products(a, b, reference.text, response.text)
        elif isinstance(b, Words) and not isinstance(a, Words):
            b = as_product(b, response.text) or b
        if not isinstance(a, Moment) and other_name(*texts):
            return different("another name before the number")
        if isinstance(a, Listing | SetOf) and isinstance(b, Number | Listing):
            b = as_list(response, len(a.items)) or b
        elif isinstance(a, Number) and isinstance(b, Listing):
            b = as_number(response) or b
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
        if self.has_dots:
            a, b = without_dots(a), without_dots(b)
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
            case Congruence():
                return self._congruence(a, b)
            case Pieces():
                return self._pieces(a, b)
        matrix = self._as_matrix(a)
        if matrix is not None:
            return self._matrix(matrix, b)
        if self._chooses(a):
            return self._multiset(self.elements(a), b)
        return self._scalar(a, b)

    # several values

    def elements(self, node: Node) -> list[Node]:
        """The values a list, a set, a plus-minus or `x = ...` stands for."""
        match node:
            case Listing(items, _) | SetOf(items):
                return [
                    value
                    for item in items
                    for value in ([item] if isinstance(item, SetOf) else self.elements(item))
                ]
            case Relation(("=",), (left, right)) if is_name(left):
                return self.elements(right)
            case Relation(("in",), (left, SetOf() as right)) if is_name(left):
                return self.elements(right)
        return both_signs(node) if self._chooses(node) else [node]

    def _listing(self, a: Listing, b: Node) -> Decision:
        if (declared := family(a)) is not None:
            pair = same_family(declared, b)
            return different("another family") if pair is None else self.nodes(*pair)
        if isinstance(b, SetOperation) and all(map(is_interval, a.items)):
            return self._regions(a, b)
        if all(isinstance(item, Relation) for item in a.items):
            return self._system(a, b)
        if (
            given_names(a)
            and isinstance(b, Relation | Listing)
            and given_names(b)
            and given_names(a) != given_names(b)
        ):
            return different("another unknown")
        if isinstance(b, Listing) and (values := _of_unknowns(b)) is not None:
            return self._match(list(a.items), list(values), ordered=True)
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
        if self.has_dots and (DOTS in items or DOTS in others):
            return self._with_dots(items, others)
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
        if is_string(item):
            return different("an item without its like")
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
            if self.budget.meter.left < 0:
                raise RefusedError("too many items")
            if is_string(item):
                known = item in kept
            else:
                known = any(self.nodes(item, other).equal for other in kept)
            if not known:
                kept.append(item)
        return kept

    def _collection(self, a: Node, b: Node) -> Decision:
        b = right_side(b)
        if isinstance(a, Bracket) and isinstance(b, Bracket):
            return self._brackets(a, b)
        if isinstance(a, SetOf) and isinstance(b, SetOf) and _same_items(a, b):
            return Decision(equal=True, method="same items", certainty="exact")
        if isinstance(a, SetOf) and isinstance(b, SetOf | Listing):
            decision = self._sets(a, b)
            if decision is not None:
                return decision
        if (
            isinstance(a, Bracket)
            and isinstance(b, Listing)
            and (values := assigned(b)) is not None
        ):
            return self._brackets(a, Bracket("(", ")", values))
        if isinstance(a, Bracket) and (matrix := self._as_matrix(a)) is not None:
            if isinstance(b, Matrix):
                return self._matrix(matrix, b)
        elif isinstance(a, Bracket) and (other := vector(b)) is not None:
            return self._brackets(a, other)
        if isinstance(a, SetOf) and self._chooses(b):
            return self._match(self._distinct(self.elements(a)), self._distinct(self.elements(b)))
        return self._regions(a, b)

    def _sets(self, a: SetOf, b: SetOf | Listing) -> Decision | None:
        """A set beside a set or a list of values; None where the list is one of inequalities."""
        if has_dots(a) or has_dots(b):
            return self._with_dots(a.items, b.items)
        if isinstance(b, Listing) and _of_unknowns(b) is not None:
            return different("values of several unknowns")
        if not a.items and isinstance(b, SetOf) and not b.items:
            return Decision(equal=True, method="empty set", certainty="exact")
        if isinstance(b, Listing) and all(is_inequality(item) for item in b.items):
            return None
        return self._match(self._distinct(self.elements(a)), self._distinct(self.elements(b)))

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
        b = right_side(b)
        matrix = self._as_matrix(b)
        if matrix is None and (column := vector(a)) is not None:
            other = vector(b) or b
            if isinstance(other, Bracket) and bracket_kind(other) == "()":
                return self._brackets(column, other)
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
        unfolded = unfold_absolute(a)
        if unfolded is not a:
            return self.nodes(unfolded, unfold_absolute(b))
        if a.operators == ("~",):  # `x \\approx 7` says what the answer is, like an equation
            a, b = Relation(("=",), a.sides), exactly(b)
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
            if given_names(b) and isinstance(b, Relation):
                b = right_side(b)
            if isinstance(b, Bracket):
                return self._brackets(Bracket("(", ")", values), b)
        elif len(given_names(a)) == 1 and all(solved(item) for item in a.items):
            if _other_unknown(a, b):
                return different("another unknown")
            return self._multiset(self.elements(a), b)
        if not isinstance(b, Listing):
            return different("no system")
        return self._match(list(a.items), list(b.items))


def _same_items(a: SetOf, b: SetOf) -> bool:
    """The same written items, at least one, none of which could be undefined."""
    same = bool(a.items) and set(a.items) == set(b.items)
    return same and not contains(a, (Div, Pow, Call, Fold))


def _other_unknown(a: Listing, b: Node) -> bool:
    """Both name what they give values to, and not the same."""
    names = given_names(b) if isinstance(b, Relation | Listing) else set()
    return bool(names and given_names(a)) and names != given_names(a)


def _of_unknowns(node: Listing) -> tuple[Node, ...] | None:
    """The values of `x = 1, y = 2`, of different letters and not of `x_1 = 1, x_2 = 2`."""
    values = assigned(node)
    letters = {repr(name).partition("_")[0] for name in given_names(node)}
    return values if values is not None and len(letters) == len(values) > 1 else None


def _spelled(a: Node, b: Node, reference: str, response: str) -> tuple[Node, Node]:
    """One of the two is words: a number that they spell."""
    if isinstance(a, Words):
        return read_number_words(reference) or a, b
    return a, read_number_words(response) or b
