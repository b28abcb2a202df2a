"""exp, log and the trigonometric functions of forms: everything through exp and log."""

from __future__ import annotations

from flint import fmpq

from verigrad.verifiers.math.limits import RefusedError, UndefinedError
from verigrad.verifiers.math.radicals import HALF, factor, is_positive, power, rational_power
from verigrad.verifiers.math.ring import (
    ONE_POLY,
    PI,
    UNITY,
    Exponent,
    Form,
    Monomial,
    Ring,
    as_rational,
    constant,
    form_key,
    fraction,
)


def imaginary(ring: Ring) -> Form:
    """The imaginary unit: exp(i pi) to the power 1/2."""
    return ring.monomial(((UNITY, HALF),), fmpq(1))


def exp(ring: Ring, form: Form, *, positive: bool) -> Form:
    """`e ** form`: one factor per term."""
    result = constant(1)
    under = None if form.under == ONE_POLY else form_key(Form(form.under, ONE_POLY))
    for monomial, coefficient in form.over.items():
        exponent = fraction(int(coefficient.p), int(coefficient.q))
        result = ring.mul(result, _exp_term(ring, monomial, exponent, under, positive=positive))
    return result


def _exp_term(
    ring: Ring, monomial: Monomial, exponent: Exponent, under: object, *, positive: bool
) -> Form:
    if under is None and monomial == ((UNITY, HALF), (PI, 1)):
        return ring.monomial(((UNITY, exponent),), fmpq(1))
    if under is None and len(monomial) == 1 and monomial[0][1] == 1:
        kernel = ring.kernels[monomial[0][0]]
        if kernel.kind == "log" and isinstance(kernel.key, int):
            return rational_power(ring, fmpq(kernel.key), exponent)
        if kernel.kind == "log" and kernel.form is not None:
            return power(ring, kernel.form, exponent, positive=positive)
    return ring.atom("exp", (monomial, under), exponent)


def log(ring: Ring, form: Form, *, positive: bool) -> Form:
    """The natural logarithm, principal value."""
    if not form.over:
        raise UndefinedError("logarithm of zero")
    value = as_rational(form)
    if value is not None and value < 0:
        return ring.add(log(ring, constant(-value), positive=positive), _i_pi(ring))
    if len(form.over) == 1 and form.under == ONE_POLY:
        ((monomial, coefficient),) = form.over.items()
        if monomial and monomial[0][0] == UNITY and len(monomial) == 1 and coefficient == 1:
            turn = monomial[0][1]
            return ring.mul(_i_pi(ring), constant(fmpq(turn.numerator, turn.denominator)))
        if coefficient > 0 and all(is_positive(ring, k, positive=positive) for k, _ in monomial):
            return _log_positive(ring, monomial, coefficient)
    return ring.atom("log", form_key(form), 1, form)


def _i_pi(ring: Ring) -> Form:
    return ring.monomial(((UNITY, HALF), (PI, 1)), fmpq(1))


def _log_positive(ring: Ring, monomial: Monomial, coefficient: fmpq) -> Form:
    total = constant(0)
    for integer, sign in ((coefficient.p, 1), (coefficient.q, -1)):
        for prime, times in factor(integer):
            total = ring.add(total, ring.atom("log", int(prime)), sign * times)
    for index, exponent in monomial:
        kernel = ring.kernels[index]
        if kernel.kind == "prime":
            part = ring.atom("log", kernel.key)
        elif kernel.kind == "exp":
            part = Form({kernel.key[0]: fmpq(1)}, ONE_POLY)  # type: ignore[index]
        else:
            whole = ring.monomial(((index, 1),), fmpq(1))
            part = ring.atom("log", form_key(whole), 1, whole)
        scale = constant(fmpq(exponent.numerator, exponent.denominator))
        total = ring.add(total, ring.mul(part, scale))
    return total


def _turns(ring: Ring, angle: Form, *, positive: bool) -> tuple[Form, Form]:
    """exp(i angle) and exp(-i angle)."""
    forward = exp(ring, ring.mul(imaginary(ring), angle), positive=positive)
    return forward, ring.inverse(forward)


def sine(ring: Ring, angle: Form, *, positive: bool) -> Form:
    """(exp(iu) - exp(-iu)) / 2i."""
    forward, backward = _turns(ring, angle, positive=positive)
    scale = ring.mul(imaginary(ring), constant(fmpq(-1, 2)))
    return ring.mul(ring.add(forward, backward, -1), scale)


def cosine(ring: Ring, angle: Form, *, positive: bool) -> Form:
    """(exp(iu) + exp(-iu)) / 2."""
    forward, backward = _turns(ring, angle, positive=positive)
    return ring.mul(ring.add(forward, backward), constant(fmpq(1, 2)))


def circular(ring: Ring, name: str, angle: Form, *, positive: bool) -> Form:
    """sin, cos, tan, cot, sec, csc and, with `h`, their hyperbolic sisters."""
    if name.endswith("h"):
        forward = exp(ring, angle, positive=positive)
        backward = ring.inverse(forward)
        half = constant(fmpq(1, 2))
        sin = ring.mul(ring.add(forward, backward, -1), half)
        cos = ring.mul(ring.add(forward, backward), half)
    else:
        sin = sine(ring, angle, positive=positive)
        cos = cosine(ring, angle, positive=positive)
    match name.removesuffix("h"):
        case "sin":
            return sin
        case "cos":
            return cos
        case "tan":
            return ring.mul(sin, ring.inverse(cos))
        case "cot":
            return ring.mul(cos, ring.inverse(sin))
        case "sec":
            return ring.inverse(cos)
        case "csc":
            return ring.inverse(sin)
    raise RefusedError(f"function {name}")
