"""Signs of the grammar, and trees from the parts it has read."""

from __future__ import annotations

from verigrad.verifiers.math.nodes import Add, Bracket, Div, Mul, Node, Number, SetOf, SetOperation

TIMES = frozenset({"*", "\\cdot", "\\times", "\\ast"})
OVER = frozenset({"/", "\\div"})
SIGNS = {"+": 1, "-": -1}
CHOICES = {"\\pm": 1, "\\mp": -1}
SET_OPERATIONS = {
    "\\cup": "cup",
    "\\cap": "cap",
    "\\setminus": "setminus",
    "\\backslash": "setminus",
}
RELATIONS = {
    "=": "=", "==": "=", "<": "<", ">": ">", "<=": "<=", "=<": "<=", ">=": ">=", "!=": "!=",
    "\\le": "<=", "\\leq": "<=", "\\leqslant": "<=", "\\ge": ">=", "\\geq": ">=",
    "\\geqslant": ">=", "\\lt": "<", "\\gt": ">", "\\ne": "!=", "\\neq": "!=", "\\in": "in",
    "\\approx": "~", "\\sim": "~", "\\to": "->", "\\rightarrow": "->", "\\equiv": "==",
}  # fmt: skip
CLOSERS = {"(": (")", "]"), "[": ("]", ")"), "\\langle": ("\\rangle",), "<": (">",)}
ENDS = frozenset({"", ")", "}", "]", ","})  # after which nothing goes on below a list
MODULI = frozenset({"\\pmod"})
MAX_POSTFIX = 8
COLLECTIONS = (Bracket, SetOf, SetOperation)


def sum_of(terms: list[Node]) -> Node:
    """One term as it is, several as a flat sum."""
    if len(terms) == 1:
        return terms[0]
    flat: list[Node] = []
    for term in terms:
        flat.extend(term.terms if isinstance(term, Add) else (term,))
    return Add(tuple(flat))


def product_of(factors: list[Node]) -> Node:
    """One factor as it is, several as a flat product."""
    if len(factors) == 1:
        return factors[0]
    flat: list[Node] = []
    for factor in factors:
        flat.extend(factor.factors if isinstance(factor, Mul) else (factor,))
    return Mul(tuple(flat))


def quotient_of(over: list[Node], under: list[Node]) -> Node:
    """A product over a product."""
    return Div(product_of(over), product_of(under)) if under else product_of(over)


def mixed_number(whole: Node, top: Node, bottom: Node) -> Node | None:
    """`whole + top/bottom` where all three are integers and top < bottom."""
    match whole, top, bottom:
        case Number(w, None), Number(a, None), Number(b, None) if (
            w.q == a.q == b.q == 1 and 0 < a < b and w >= 0
        ):
            return Number(w + a / b)
    return None
