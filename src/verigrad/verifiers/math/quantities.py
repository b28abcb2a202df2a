"""Values with units: a missing unit, a wrong one, a convertible one; percent and degrees."""

from __future__ import annotations

from collections.abc import Callable

from flint import fmpq

from verigrad.verifiers.math.nodes import (
    Mul,
    Node,
    Number,
    Percent,
    Quantity,
    Symbol,
    Unit,
    symbols,
)
from verigrad.verifiers.math.policy import MathPolicy
from verigrad.verifiers.math.scalar import Decision
from verigrad.verifiers.math.units import DEGREE, SINGLE, UNITS

Equal = Callable[[Node, Node], Decision]
_RADIAN = UNITS["radian"]


def compare(reference: Node, response: Node, policy: MathPolicy, equal: Equal) -> Decision:
    """Two scalars, at least one of them with a unit or a percent sign."""
    reference, response = _read_unit(reference, response), _read_unit(response, reference)
    if isinstance(reference, Percent) or isinstance(response, Percent):
        return _percent(reference, response, policy, equal)
    left = reference.unit if isinstance(reference, Quantity) else None
    right = response.unit if isinstance(response, Quantity) else None
    a = reference.value if isinstance(reference, Quantity) else reference
    b = response.value if isinstance(response, Quantity) else response
    if left is None or right is None:
        return _one_unit((a, left), (b, right), policy, equal)
    if {left, right} == {DEGREE, _RADIAN}:
        return equal(_angle(reference), _angle(response))
    if left.label or right.label:
        return _labels(a, b, left, right, equal)
    if left.dimensions != right.dimensions or not (
        policy.convert_units or left.factor == right.factor
    ):
        return Decision(equal=False, method="different units", certainty="exact")
    if left.factor == right.factor:
        return equal(a, b)
    return equal(Mul((a, Number(left.factor))), Mul((b, Number(right.factor))))


def _read_unit(node: Node, other: Node) -> Node:
    """`5m` beside a quantity: the letter is a unit."""
    if not isinstance(other, Quantity) or other.unit.label:
        return node
    match node:
        case Mul((*values, Symbol(name))) if values and name in SINGLE:
            value = values[0] if len(values) == 1 else Mul(tuple(values))
            return node if symbols(value) else Quantity(value, SINGLE[name])
    return node


def _percent(reference: Node, response: Node, policy: MathPolicy, equal: Equal) -> Decision:
    if isinstance(reference, Quantity) or isinstance(response, Quantity):
        return Decision(equal=False, method="percent beside a unit", certainty="exact")
    decision = equal(reference, response)
    if decision.equal or policy.percent == "fraction":
        return decision
    if isinstance(reference, Percent) != isinstance(response, Percent):
        a = reference.value if isinstance(reference, Percent) else reference
        b = response.value if isinstance(response, Percent) else response
        return equal(a, b)
    return decision


def _one_unit(
    reference: tuple[Node, Unit | None],
    response: tuple[Node, Unit | None],
    policy: MathPolicy,
    equal: Equal,
) -> Decision:
    (a, left), (b, right) = reference, response
    if (
        right is None
        and left is not None
        and policy.unit == "required"
        and left not in (_RADIAN, DEGREE)
    ):
        return Decision(equal=False, method="unit missing", certainty="exact")
    decision = equal(a, b)
    if decision.equal or DEGREE not in (left, right):
        return decision
    return equal(Quantity(a, DEGREE) if left else a, Quantity(b, DEGREE) if right else b)


def _angle(node: Node) -> Node:
    """Degrees stay (their normal form is in radians); radians are the number itself."""
    return node.value if isinstance(node, Quantity) and node.unit == _RADIAN else node


def _labels(a: Node, b: Node, left: Unit, right: Unit, equal: Equal) -> Decision:
    """Nouns are the same if one only adds to the other: `apples`, `red apples`."""
    first, second = left.label.split(), right.label.split()
    shorter, longer = sorted((first, second), key=len)
    if not shorter or longer[-len(shorter) :] != shorter:
        plain = left == UNITS["unit"] or right == UNITS["unit"]
        if not plain:
            return Decision(equal=False, method="different units", certainty="exact")
    return equal(a, b)


def is_rounded(value: fmpq, reference: Number) -> bool:
    """Whether `value` rounds (half away from zero) to the reference at its stated places.

    >>> is_rounded(fmpq(2, 3), Number(fmpq(67, 100), 2))
    True
    """
    scale = fmpq(10) ** (reference.places or 0)
    shifted = abs(value) * scale + fmpq(1, 2)
    rounded = fmpq(shifted.floor()) / scale
    return (rounded if value >= 0 else -rounded) == reference.value
