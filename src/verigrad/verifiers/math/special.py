"""Functions with values of their own: factorials, choices, absolute values, roundings, remainders.

Each takes the lowering and the arguments, and returns a form, or None where the call stays as it
is written.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

from flint import fmpq, fmpz

from verigrad.verifiers.math import transcendental as functions
from verigrad.verifiers.math.limits import MAX_INTEGER_BITS, RefusedError, UndefinedError
from verigrad.verifiers.math.nodes import Node, symbols
from verigrad.verifiers.math.radicals import power
from verigrad.verifiers.math.ring import (
    ONE_POLY,
    UNITY,
    Form,
    as_rational,
    constant,
    form_key,
    fraction,
)

if TYPE_CHECKING:
    from verigrad.verifiers.math.lower import Lowering

MAX_DOUBLE = 1_000


def _factorial(lowering: Lowering, args: tuple[Node, ...]) -> Form | None:
    values = lowering.integers(args)
    if values is None:
        return None
    n = values[0]
    if n < 0:
        raise UndefinedError("factorial of a negative integer")
    if n > 20 and n * n.bit_length() > MAX_INTEGER_BITS // 2:
        raise RefusedError("factorial too large")
    return constant(fmpq(math.factorial(n)))


def _binomial(lowering: Lowering, args: tuple[Node, ...]) -> Form | None:
    if len(args) != 2 or (below := lowering.integers(args[1:])) is None:
        return None
    k = below[0]
    whole = lowering.integers(args[:1])
    if whole is not None and 0 <= whole[0] < 20_000:
        return constant(fmpq(fmpz.bin_uiui(whole[0], k)) if 0 <= k <= whole[0] else 0)
    if not 0 <= k <= 20:
        return None
    n, product = lowering.form(args[0]), constant(fmpq(1, math.factorial(k)))
    for step in range(k):
        product = lowering.ring.mul(product, lowering.ring.add(n, constant(step), -1))
    return product


def _absolute(lowering: Lowering, args: tuple[Node, ...]) -> Form | None:
    form = lowering.form(args[0])
    rational = as_rational(form)
    if rational is not None:
        return constant(abs(rational))
    if not symbols(args[0]):
        return _absolute_constant(lowering, args[0], form)
    first = form.over[min(form.over, key=repr)]
    key = form_key(lowering.ring.mul(form, constant(1 / first)))
    return lowering.ring.mul(lowering.ring.atom("call", ("abs", (key,))), constant(abs(first)))


def _absolute_constant(lowering: Lowering, node: Node, form: Form) -> Form | None:
    value = lowering.balls.value(node, {}, 128)
    ring = lowering.ring
    if value.imag.contains(0) and not any(k == UNITY for m in form.over for k, _ in m):
        if value.real > 0:
            return form
        return ring.mul(form, constant(-1)) if value.real < 0 else None
    conjugate = Form({_conjugated(m): c for m, c in form.over.items()}, form.under)
    if form.under != ONE_POLY or any(
        ring.kernels[k].kind not in ("unity", "prime", "pi") for m in form.over for k, _ in m
    ):
        return None
    squared = ring.mul(form, Form(ring._reduced(conjugate.over), ONE_POLY))
    return power(ring, squared, fraction(1, 2), positive=lowering.positive)


def _conjugated(monomial: tuple) -> tuple:
    return tuple((k, -n if k == UNITY else n) for k, n in monomial)


def _rounding(*, up: bool) -> Callable[[Lowering, tuple[Node, ...]], Form | None]:
    def apply(lowering: Lowering, args: tuple[Node, ...]) -> Form | None:
        values = lowering.rationals(args)
        if values is not None:
            return constant(fmpq(values[0].ceil() if up else values[0].floor()))
        if symbols(args[0]):
            return None
        ball = lowering.balls.value(args[0], {}, 256).real
        whole = (ball.ceil() if up else ball.floor()).unique_fmpz()
        return None if whole is None else constant(fmpq(whole))

    return apply


def _divisors(*, least: bool) -> Callable[[Lowering, tuple[Node, ...]], Form | None]:
    def apply(lowering: Lowering, args: tuple[Node, ...]) -> Form | None:
        values = lowering.integers(args)
        if values is None:
            return None
        return constant(math.lcm(*values) if least else math.gcd(*values))

    return apply


def _extreme(*, largest: bool) -> Callable[[Lowering, tuple[Node, ...]], Form | None]:
    def apply(lowering: Lowering, args: tuple[Node, ...]) -> Form | None:
        values = lowering.rationals(args)
        if values is None:
            return None
        return constant(max(values) if largest else min(values))

    return apply


def _double_factorial(lowering: Lowering, args: tuple[Node, ...]) -> Form | None:
    values = lowering.integers(args)
    if values is None:
        return None
    n = values[0]
    if not -1 <= n <= MAX_DOUBLE:
        raise RefusedError("double factorial too large")
    return constant(fmpq(math.prod(range(n, 0, -2))))


def _counted(lowering: Lowering, args: tuple[Node, ...], *, ordered: bool) -> Form | None:
    values = lowering.integers(args)
    if values is None or not 0 <= values[1] <= values[0] <= MAX_DOUBLE:
        return None
    return constant(fmpq(math.perm(*values) if ordered else math.comb(*values)))


def _remainder(lowering: Lowering, args: tuple[Node, ...]) -> Form | None:
    values = lowering.integers(args)
    if values is None or values[1] < 1:
        raise RefusedError("remainder of expressions")
    return constant(fmpq(values[0] % values[1]))


def _conjugate(lowering: Lowering, args: tuple[Node, ...]) -> Form | None:
    """Of a sum of rational multiples of real roots, pi and i."""
    form = lowering.form(args[0])
    ring = lowering.ring
    kinds = {ring.kernels[k].kind for m in form.over for k, _ in m}
    if form.under != ONE_POLY or not kinds <= {"unity", "prime", "pi"}:
        raise RefusedError("conjugate of such an expression")
    turned = {_conjugated(m): c for m, c in form.over.items()}
    return Form(ring._reduced(turned), ONE_POLY)


def _cis(lowering: Lowering, args: tuple[Node, ...]) -> Form | None:
    angle = lowering.ring.mul(functions.imaginary(lowering.ring), lowering.form(args[0]))
    return functions.exp(lowering.ring, angle, positive=lowering.positive)


SPECIAL: dict[str, Callable[[Lowering, tuple[Node, ...]], Form | None]] = {
    "factorial": _factorial, "binom": _binomial, "abs": _absolute,
    "double_factorial": _double_factorial, "mod": _remainder, "conj": _conjugate, "cis": _cis,
    "C": partial(_counted, ordered=False), "P": partial(_counted, ordered=True),
    "floor": _rounding(up=False), "ceil": _rounding(up=True),
    "gcd": _divisors(least=False), "lcm": _divisors(least=True),
    "max": _extreme(largest=True), "min": _extreme(largest=False),
}  # fmt: skip
