"""Equations and inequalities: solved forms, and equivalence where it is decidable."""

from __future__ import annotations

from flint import fmpq, fmpq_poly

from verigrad.verifiers.math.limits import RefusedError, UndefinedError
from verigrad.verifiers.math.lower import Lowering
from verigrad.verifiers.math.nodes import (
    Bracket,
    Call,
    Constant,
    Mul,
    Node,
    Relation,
    Symbol,
    symbols,
)
from verigrad.verifiers.math.ring import ONE_POLY, Form, Poly, Ring
from verigrad.verifiers.math.scalar import Budget, Decision, undecided

_MAX_NAME_LETTERS = 6
_TURNED = {"<": ">", ">": "<", "<=": ">=", ">=": "<=", "=": "=", "!=": "!="}


def is_name(node: Node) -> bool:
    """`x`, `x_1`, `AB`, `f(x)`, `P(A)`, `(x, y)`: what may stand before an equals sign."""
    match node:
        case Symbol():
            return True
        case Call(name, _):
            return name[0] in "fgh" and set(name[1:]) <= {"'"}
        case Mul(factors):
            return len(factors) <= _MAX_NAME_LETTERS and all(
                isinstance(factor, Symbol | Constant) and factor != Constant("pi")
                for factor in factors
            )
        case Bracket(_, _, items):
            return all(isinstance(item, Symbol) for item in items)
    return False


def solved(node: Node) -> tuple[Node, Node] | None:
    """Name and value of `x = 5` or `5 = x`, the name not in the value; None otherwise."""
    if not isinstance(node, Relation) or node.operators != ("=",):
        return None
    left, right = node.sides
    if is_name(left) and (isinstance(left, Call) or not symbols(left) & symbols(right)):
        return left, right
    if isinstance(right, Symbol) and not symbols(left):
        return right, left
    return None


def equivalent(reference: Relation, response: Relation, budget: Budget) -> Decision:
    """Two relations with the same solutions: proportional, or with the same simple roots."""
    if len(reference.operators) != 1 or len(response.operators) != 1:
        return _structural(reference, response)
    operator, other = reference.operators[0], response.operators[0]
    if operator not in _TURNED or other not in (operator, _TURNED[operator]):
        return Decision(equal=False, method="relation sign", certainty="structural")
    if not symbols(reference) or not symbols(response):  # no unknown: true or false, no answer
        return _structural(reference, response)
    lowering = Lowering(Ring(budget.meter), balls=budget.balls)
    try:
        left, right = (_difference(lowering, relation) for relation in (reference, response))
    except (RefusedError, UndefinedError):
        return _structural(reference, response)
    scale = _proportion(left.over, right.over)
    if operator in ("=", "!="):
        return _equations(lowering.ring, left, right, is_proportional=scale is not None)
    if left.under != ONE_POLY or right.under != ONE_POLY or scale is None:
        return undecided("inequalities that are not proportional")
    same_way = (scale > 0) is (operator == other)
    return Decision(equal=same_way, method="proportional inequalities", certainty="exact")


def _structural(reference: Relation, response: Relation) -> Decision:
    return Decision(equal=reference == response, method="same relation", certainty="structural")


def _difference(lowering: Lowering, relation: Relation) -> Form:
    left, right = relation.sides
    return lowering.ring.add(lowering.form(left), lowering.form(right), -1)


def _proportion(a: Poly, b: Poly):
    """`c` with a = c * b and c not zero; None where there is none or both are empty."""
    if not a or a.keys() != b.keys():
        return None
    ratios = {(c / b[m]).p: (c / b[m]) for m, c in a.items()}
    first = next(iter(ratios.values()))
    return first if all(c == first * b[m] for m, c in a.items()) else None


def _equations(ring: Ring, a: Form, b: Form, *, is_proportional: bool) -> Decision:
    if is_proportional:
        return Decision(equal=True, method="proportional equations", certainty="exact")
    cleared = _without_poles(ring, a.over), _without_poles(ring, b.over)
    if None not in cleared and _proportion(*cleared) is not None:  # type: ignore[arg-type]
        return Decision(equal=True, method="proportional equations", certainty="exact")
    left, right = _univariate(ring, a.over), _univariate(ring, b.over)
    if left is None or right is None or left[0] != right[0]:
        return Decision(equal=False, method="equations differ", certainty="structural")
    p, q = _simple(left[1]), _simple(right[1])
    same = p.degree() > 0 and p * q.leading_coefficient() == q * p.leading_coefficient()
    return Decision(equal=same, method="same simple roots", certainty="exact")


def _without_poles(ring: Ring, poly: Poly) -> Poly | None:
    """Multiplied by the variables below its fractions, where that adds no solution: with such a
    variable at zero, a constant that is not zero must remain. `y = 1/x` is `xy = 1`.
    """
    lowest: dict[int, int] = {}
    for monomial in poly:
        for index, exponent in monomial:
            if not isinstance(exponent, int):
                return None
            if exponent < lowest.get(index, 0):
                if ring.kernels[index].kind != "symbol":
                    return None
                lowest[index] = exponent
    if not lowest:
        return poly
    factor = tuple(sorted((index, -exponent) for index, exponent in lowest.items()))
    cleared = ring.mul_polys(poly, {factor: fmpq(1)})
    for index in lowest:
        if {m for m in cleared if all(k != index for k, _ in m)} != {()}:
            return None
    return cleared


def _univariate(ring: Ring, poly: Poly) -> tuple[int, fmpq_poly] | None:
    """A polynomial in one variable over the rationals."""
    kernels = {index for monomial in poly for index, _ in monomial}
    if len(kernels) != 1:
        return None
    (kernel,) = kernels
    degrees = {monomial: dict(monomial).get(kernel, 0) for monomial in poly}
    if ring.kernels[kernel].kind != "symbol" or not all(
        isinstance(d, int) and 0 <= d <= 100 for d in degrees.values()
    ):
        return None
    coefficients = [0] * (max(degrees.values()) + 1)  # type: ignore[type-var]
    for monomial, degree in degrees.items():
        coefficients[degree] = poly[monomial]  # type: ignore[index]
    return kernel, fmpq_poly(coefficients)


def _simple(poly: fmpq_poly) -> fmpq_poly:
    """Without repeated roots."""
    return poly // poly.gcd(poly.derivative()) if poly.degree() > 0 else poly
