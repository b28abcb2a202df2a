"""Definite integrals of x^q exp(ax), term by term: polynomials, exponentials, sines and cosines."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from flint import fmpq

from verigrad.verifiers.math import transcendental as functions
from verigrad.verifiers.math.limits import RefusedError
from verigrad.verifiers.math.nodes import Fold, Node, symbols
from verigrad.verifiers.math.radicals import power
from verigrad.verifiers.math.ring import (
    ONE_POLY,
    Exponent,
    Form,
    Monomial,
    Ring,
    as_rational,
    constant,
)

if TYPE_CHECKING:
    from verigrad.verifiers.math.lower import Lowering

MAX_DEGREE = 100
MAX_PARTS = 12
_CONSTANTS = frozenset({"symbol", "pi", "prime", "unity"})


def integral(lowering: Lowering, fold: Fold) -> Form:
    """The value between the bounds; RefusedError where a term is of another kind."""
    ring = lowering.ring
    body = lowering.form(fold.body)
    variable = ring.kernel("symbol", fold.variable)
    bounds = lowering.form(fold.high), lowering.form(fold.low)
    if body.under != ONE_POLY:
        raise RefusedError("integral of a quotient")
    total = constant(0)
    for monomial, coefficient in body.over.items():
        degree, rate, rest = _split(ring, monomial, variable)
        if rate.over:
            step = _exponential(ring, degree, rate, bounds)
        else:
            are_positive = _is_positive(lowering, fold.high) and _is_positive(lowering, fold.low)
            step = _power(ring, degree, bounds, are_positive=are_positive)
        total = ring.add(total, ring.mul(step, Form({rest: coefficient}, ONE_POLY)))
    return total


def _split(ring: Ring, monomial: Monomial, variable: int) -> tuple[Exponent, Form, Monomial]:
    """Degree in the variable, rate a of exp(a x), and the constant factors of a term."""
    degree: Exponent = 0
    rate = constant(0)
    rest: list[tuple[int, Exponent]] = []
    for index, exponent in monomial:
        kernel = ring.kernels[index]
        if index == variable:
            degree = exponent
        elif kernel.kind == "exp":
            inner, under = kernel.key  # type: ignore[misc]
            if dict(inner).get(variable) != 1 or under is not None:
                raise RefusedError("integral of such an exponential")
            slope = tuple((k, n) for k, n in inner if k != variable)
            scale = fmpq(exponent.numerator, exponent.denominator)
            rate = ring.add(rate, Form({slope: scale}, ONE_POLY))
        elif kernel.kind in _CONSTANTS:
            rest.append((index, exponent))
        else:
            raise RefusedError("integral of such a function")
    return degree, rate, tuple(rest)


def _is_positive(lowering: Lowering, bound: Node) -> bool:
    """Proved by a ball."""
    return not symbols(bound) and lowering.balls.value(bound, {}, 64).real > 0


def _power(ring: Ring, degree: Exponent, bounds: tuple[Form, Form], *, are_positive: bool) -> Form:
    """Of x^q; a broken or negative power only between positive bounds."""
    if abs(degree) > MAX_DEGREE:
        raise RefusedError("degree of an integral")
    if not are_positive and (not isinstance(degree, int) or degree < 0):
        values = [as_rational(bound) for bound in bounds]
        if any(value is None or value < 0 or (value == 0 and degree < 0) for value in values):
            raise RefusedError("integral up to a pole")
    if degree == -1:
        high, low = (functions.log(ring, bound, positive=False) for bound in bounds)
        return ring.add(high, low, -1)
    grown = degree + 1
    high, low = (
        power(ring, bound, grown, positive=False) if bound.over else bound for bound in bounds
    )
    return ring.mul(ring.add(high, low, -1), constant(1 / fmpq(grown.numerator, grown.denominator)))


def _exponential(ring: Ring, degree: Exponent, rate: Form, bounds: tuple[Form, Form]) -> Form:
    """Of x^n exp(ax), by parts: exp(ax) sum over k of (-1)^k n!/(n-k)! x^(n-k) / a^(k+1)."""
    if not isinstance(degree, int) or not 0 <= degree <= MAX_PARTS:
        raise RefusedError("integral of such a product")
    inverse = ring.inverse(rate)
    ends = []
    for bound in bounds:
        total = constant(0)
        for k in range(degree + 1):
            falling = math.perm(degree, k) * (-1) ** k
            term = ring.mul(ring.power(inverse, k + 1), constant(falling))
            if degree > k:
                term = ring.mul(term, ring.power(bound, degree - k))
            total = ring.add(total, term)
        grown = functions.exp(ring, ring.mul(rate, bound), positive=False)
        ends.append(ring.mul(total, grown))
    return ring.add(ends[0], ends[1], -1)
