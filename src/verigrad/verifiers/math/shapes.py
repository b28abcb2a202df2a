"""What a tree looks like: names given to values, both signs of a plus-minus, kinds of bracket."""

from __future__ import annotations

from verigrad.verifiers.math.lower import substitute
from verigrad.verifiers.math.matrices import as_matrix
from verigrad.verifiers.math.nodes import (
    Add,
    BaseNumber,
    Bracket,
    Call,
    Div,
    Listing,
    Matrix,
    Mul,
    Node,
    Number,
    Pieces,
    PlusMinus,
    Pow,
    Relation,
    SetOf,
    SetOperation,
    Symbol,
    children,
    integer,
    negative,
    rebuild,
    symbols,
)
from verigrad.verifiers.math.relations import is_name, solved


def both_signs(node: Node) -> list[Node]:
    """The two values of an expression with plus-minus: upper signs, lower signs."""
    return [_with_sign(node, 1), _with_sign(node, -1)]


def _with_sign(node: Node, choice: int) -> Node:
    if isinstance(node, PlusMinus):
        right = _with_sign(node.right, choice)
        signed = right if node.sign * choice > 0 else negative(right)
        return signed if node.left is None else Add((_with_sign(node.left, choice), signed))
    return rebuild(node, tuple(_with_sign(child, choice) for child in children(node)))


def bracket_kind(bracket: Bracket) -> str:
    """Opener and closer; angle brackets are round ones."""
    return "()" if bracket.opener == "\\langle" else bracket.opener + bracket.closer


def right_side(node: Node) -> Node:
    r"""The value of `(x, y) = (1, 2)`, `A = {1, 2}` and `x \in {1, 2}`."""
    match node:
        case Relation(("=",), (Bracket(_, _, names), Bracket(opener, closer, items))) if is_name(
            node.sides[0]
        ) and len(names) == len(items):
            return Bracket(opener, closer, _by_name(names, items))
        case Mul((Symbol(name), Bracket() as point)) if len(name) == 1 and name.isupper():
            return point  # A(1, 2)
        case Call("C" | "P", items):
            return Bracket("(", ")", items)
        case Relation(("=",), (left, Call("C" | "P", items))) if is_name(left):
            return Bracket("(", ")", items)
        case Relation(("=",), (left, Pieces() as right)) if is_name(left):
            return right
        case Relation(
            ("=" | "in",), (left, Bracket() | SetOf() | SetOperation() | Matrix() as right)
        ) if is_name(left):
            return right
        case Relation(("=",), (left, right)) if (
            is_name(left) or _is_power_of_name(left)
        ) and as_matrix(right) is not None:
            return right
        case Relation(("=",), (left, right)) if is_name(left) and symbols(right) & _AXES:
            return right
    return node


_AXES = frozenset({"[i]", "[j]", "[k]"})


def _is_power_of_name(node: Node) -> bool:
    """`A^{-1}`, `A^T`, `M^2`: what a matrix may be called."""
    return isinstance(node, Pow) and isinstance(node.base, Symbol) and node.base.name.isupper()


def _by_name(names: tuple[Node, ...], items: tuple[Node, ...]) -> tuple[Node, ...]:
    """The items in the order of their names: `(y, x) = (2, 1)` says x = 1, y = 2."""
    letters = [name.name for name in names if isinstance(name, Symbol)]
    if any(len(letter) > 1 for letter in letters) or len(set(letters)) != len(items):
        return items
    return tuple(item for _, item in sorted(zip(letters, items, strict=True), key=lambda p: p[0]))


def exactly(node: Node) -> Node:
    """An approximation as an equation."""
    if isinstance(node, Relation) and node.operators == ("~",):
        return Relation(("=",), node.sides)
    return node


def is_inequality(node: Node) -> bool:
    """A relation that is neither an equation nor an approximation."""
    return isinstance(node, Relation) and not {"=", "~"} & set(node.operators)


def given_names(node: Node) -> set[Node]:
    """The names that values are given to in a list or a relation."""
    items = node.items if isinstance(node, Listing) else (node,)
    return {
        item.sides[0] for item in items if isinstance(item, Relation) and is_name(item.sides[0])
    }


def assigned(node: Listing) -> tuple[Node, ...] | None:
    """The values of `x = 1, y = 2` in the order of their names; None for anything else."""
    pairs = [solved(item) for item in node.items]
    named = [pair for pair in pairs if pair is not None and hasattr(pair[0], "name")]
    if len(named) != len(pairs) or len({name for name, _ in named}) != len(named):
        return None
    return tuple(value for _, value in sorted(named, key=lambda pair: pair[0].name))  # type: ignore[union-attr]


def is_reducible(node: Node) -> bool:
    """A written fraction of integers that is not in lowest terms."""
    match node:
        case Div(Number(a, None), Number(b, None)) if a.q == b.q == 1 and b.p != 0:
            return (a / b).q != abs(b.p)
    return False


def rename_constant(a: Node, b: Node) -> Node:
    """`b` with its one new letter called as the constant of integration in `a`."""
    missing, extra = symbols(a) - symbols(b), symbols(b) - symbols(a)
    if missing <= {"C", "c", "K", "k"} and len(missing) == len(extra) == 1:
        return substitute(b, next(iter(extra)), Symbol(next(iter(missing))))
    return b


def in_base_ten(node: Node) -> Node:
    """The value of digits in another base."""
    return integer(int(node.digits, node.base)) if isinstance(node, BaseNumber) else node
