"""The typed syntax tree of an answer. Sums and products are flat, so depth follows brackets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TypeAlias

from flint import fmpq


@dataclass(frozen=True, slots=True)
class Number:
    """An exact literal; `places` is the number of decimals it was written with."""

    value: fmpq
    places: int | None = None


@dataclass(frozen=True, slots=True)
class Symbol:
    """A variable, with its subscript in the name."""

    name: str


@dataclass(frozen=True, slots=True)
class Constant:
    """`pi`, `e` or `i`."""

    name: str


@dataclass(frozen=True, slots=True)
class Add:
    """A sum of two or more terms."""

    terms: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Mul:
    """A product of two or more factors."""

    factors: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Div:
    """A quotient."""

    over: Node
    under: Node


@dataclass(frozen=True, slots=True)
class Pow:
    """A power."""

    base: Node
    exponent: Node


@dataclass(frozen=True, slots=True)
class Root:
    """The `index`-th root: the real one where the radicand is real and the index odd."""

    radicand: Node
    index: int


@dataclass(frozen=True, slots=True)
class Call:
    """A named function of expressions."""

    name: str
    args: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class PlusMinus:
    """`left` plus or minus `right`; `sign` is -1 for the opposite choice."""

    left: Node | None
    right: Node
    sign: int


@dataclass(frozen=True, slots=True)
class Percent:
    """A value in hundredths."""

    value: Node


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: exact factor to base units and their exponents, or a noun (`label`)."""

    factor: fmpq
    dimensions: tuple[tuple[str, int], ...]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Quantity:
    """A value with a unit."""

    value: Node
    unit: Unit


@dataclass(frozen=True, slots=True)
class Fold:
    """A written `sum`, `product` or `integral` over `variable` from `low` to `high`."""

    kind: str
    variable: str
    low: Node
    high: Node
    body: Node


@dataclass(frozen=True, slots=True)
class Bracket:
    """Two or more items in round, square or angle brackets: a tuple or an interval."""

    opener: str
    closer: str
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class SetOf:
    """A set by its elements."""

    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Listing:
    """Items without brackets; `joiner` is `,`, `and` or `or`."""

    items: tuple[Node, ...]
    joiner: str


@dataclass(frozen=True, slots=True)
class SetOperation:
    """Sets joined by `cup`, `cap` or `setminus`."""

    name: str
    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Matrix:
    """Rows of equal length."""

    rows: tuple[tuple[Node, ...], ...]


@dataclass(frozen=True, slots=True)
class Relation:
    """A chain `sides[0] operators[0] sides[1] ...`."""

    operators: tuple[str, ...]
    sides: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class BaseNumber:
    """Digits in a base other than the usual notation; without leading zeros."""

    digits: str
    base: int


@dataclass(frozen=True, slots=True)
class Ratio:
    """Parts joined by colons."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Infinity:
    """Plus or minus infinity."""

    sign: int


@dataclass(frozen=True, slots=True)
class Atom:
    """An answer that is no number: `dne`, `undefined`."""

    name: str


@dataclass(frozen=True, slots=True)
class Moment:
    """A date (year or 0, month, day), or a time of day (minutes after midnight, seconds).

    `kind` is date; time, said with a.m. or p.m.; hours, after noon without; clock, before noon or
    in an unsaid half of the day.
    """

    kind: str
    fields: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Choice:
    """A letter of a multiple-choice question, with the option's text where it was given."""

    letter: str
    option: str = ""


@dataclass(frozen=True, slots=True)
class Congruence:
    """`name = residues` modulo `modulus`; `name` is None where only the residue was given."""

    name: Node | None
    residues: tuple[Node, ...]
    modulus: Node


@dataclass(frozen=True, slots=True)
class Pieces:
    """A function by cases: value and condition of every row."""

    rows: tuple[tuple[Node, Node], ...]


@dataclass(frozen=True, slots=True)
class Words:
    """Plain words, normalised."""

    text: str


Node: TypeAlias = (
    Number | Symbol | Constant | Add | Mul | Div | Pow | Root | Call | PlusMinus | Percent
    | Quantity | Fold | Bracket | SetOf | Listing | SetOperation | Matrix | Relation | BaseNumber
    | Ratio | Infinity | Atom | Moment | Choice | Words | Congruence | Pieces
)  # fmt: skip

ONE = Number(fmpq(1))
ZERO = Number(fmpq(0))
MINUS_ONE = Number(fmpq(-1))
REALS = Bracket("(", ")", (Infinity(-1), Infinity(1)))
DOTS = Atom("...")  # a sequence goes on
CONTAINERS = (Bracket, SetOf, Listing, SetOperation, Matrix, Relation)


def integer(value: int) -> Number:
    """An integer literal."""
    return Number(fmpq(value))


def negative(node: Node) -> Node:
    """Minus `node`, folded into a literal."""
    if isinstance(node, Number):
        return Number(-node.value, node.places)
    if isinstance(node, Infinity):
        return Infinity(-node.sign)
    return Mul((MINUS_ONE, node))


def children(node: Node) -> tuple[Node, ...]:
    """The expressions directly below `node`."""
    match node:
        case Add(items) | Mul(items) | SetOf(items) | Ratio(items) | Call(_, items):
            return items
        case Bracket(_, _, items) | Listing(items, _) | SetOperation(_, items):
            return items
        case Relation(_, items):
            return items
        case Div(a, b) | Pow(a, b):
            return a, b
        case Root(a, _) | Percent(a) | Quantity(a, _):
            return (a,)
        case PlusMinus(a, b, _):
            return (b,) if a is None else (a, b)
        case Fold(_, _, low, high, body):
            return low, high, body
        case Matrix(rows) | Pieces(rows):
            return tuple(cell for row in rows for cell in row)
        case Congruence(name, residues, modulus):
            return (*residues, modulus) if name is None else (name, *residues, modulus)
    return ()


def rebuild(node: Node, below: tuple[Node, ...]) -> Node:  # noqa: C901, PLR0911 (one case per kind)
    """`node` with other children, in the order of `children`."""
    match node:
        case Add() | Mul() | SetOf() | Ratio():
            return type(node)(below)
        case Call(name, _):
            return Call(name, below)
        case Bracket(opener, closer, _):
            return Bracket(opener, closer, below)
        case Listing(_, joiner):
            return Listing(below, joiner)
        case SetOperation(name, _):
            return SetOperation(name, below)
        case Relation(operators, _):
            return Relation(operators, below)
        case Div() | Pow():
            return type(node)(*below)
        case Root(_, index):
            return Root(below[0], index)
        case Percent():
            return Percent(below[0])
        case Quantity(_, unit):
            return Quantity(below[0], unit)
        case PlusMinus(left, _, sign):
            return PlusMinus(None if left is None else below[0], below[-1], sign)
        case Fold(kind, variable, _, _, _):
            return Fold(kind, variable, *below)
        case Matrix(rows):
            cells = iter(below)
            return Matrix(tuple(tuple(next(cells) for _ in row) for row in rows))
        case Pieces():
            return Pieces(tuple(zip(below[::2], below[1::2], strict=True)))
        case Congruence(name, _, _):
            return Congruence(
                None if name is None else below[0], below[name is not None : -1], below[-1]
            )
    return node


def walk(node: Node) -> Iterator[Node]:
    """The node and every node below it."""
    stack: list[Node] = [node]
    while stack:
        top = stack.pop()
        yield top
        stack.extend(children(top))


def symbols(node: Node) -> frozenset[str]:
    """Names of the free variables."""
    found: set[str] = set()
    stack: list[Node] = [node]
    while stack:
        top = stack.pop()
        if isinstance(top, Symbol):
            found.add(top.name)
        elif isinstance(top, Fold):
            found |= symbols(top.body) - {top.variable}
            stack += [top.low, top.high]
        else:
            stack.extend(children(top))
    return frozenset(found)


def contains(node: Node, kinds: tuple[type, ...]) -> bool:
    """Whether a node of one of the kinds stands anywhere in the tree."""
    return any(isinstance(part, kinds) for part in walk(node))
