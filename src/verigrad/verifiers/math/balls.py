"""Rigorous numbers: an expression's value in a complex ball, at a precision, at a point.

Two balls that do not meet prove that two expressions differ. The working precision of flint is
one per process, so every evaluation holds one lock.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Mapping

import flint
from flint import acb, arb, fmpq, fmpz

from verigrad.verifiers.math.limits import MAX_BALL_WORK, RefusedError, UndefinedError
from verigrad.verifiers.math.nodes import (
    Add,
    Call,
    Constant,
    Div,
    Infinity,
    Mul,
    Node,
    Number,
    Percent,
    Pow,
    Quantity,
    Root,
    Symbol,
)
from verigrad.verifiers.math.units import DEGREE

MAX_MAGNITUDE_BITS = 200_000
_LEAST_CHARGE = 512  # an operation costs at least as much as one at this many bits
_LOCK = threading.Lock()


def _new_lock() -> None:
    global _LOCK  # noqa: PLW0603 (a lock held by a thread that a fork left behind)
    _LOCK = threading.Lock()


os.register_at_fork(after_in_child=_new_lock)


class Balls:
    """Evaluates expressions within one allowance of work; keeps the extremes of magnitude met."""

    def __init__(self, work: int = MAX_BALL_WORK) -> None:
        self.work = work
        self.magnitude_bits = 0

    def value(self, node: Node, point: Mapping[str, fmpq], bits: int) -> acb:
        """A ball that holds the value; RefusedError, UndefinedError where there is none."""
        with _LOCK, flint.ctx.workprec(bits):
            value = self._eval(node, point, bits)
        if not value.is_finite():
            raise UndefinedError("no finite value")
        return value

    def difference(
        self, a: Node, b: Node, point: Mapping[str, fmpq], bits: int
    ) -> tuple[acb, acb, acb]:
        """Both values and their difference."""
        left, right = self.value(a, point, bits), self.value(b, point, bits)
        with _LOCK, flint.ctx.workprec(bits):
            return left, right, left - right

    def _eval(self, node: Node, point: Mapping[str, fmpq], bits: int) -> acb:
        self.work -= max(bits, _LEAST_CHARGE)
        if self.work < 0:
            raise RefusedError("too much numerical work")
        value = self._raw(node, point, bits)
        if not value.is_finite():
            raise UndefinedError("no finite value")
        self._note(value)
        return value

    def _note(self, value: acb) -> None:
        """Remember how many bits the largest or smallest magnitude on the way needs."""
        upper = value.abs_upper()
        if upper == 0:
            return
        lower = value.abs_lower()
        for bound in (upper, lower):
            if bound != 0:
                mantissa, exponent = bound.man_exp()
                self.magnitude_bits = max(
                    self.magnitude_bits, abs(int(exponent) + fmpz(mantissa).bit_length())
                )

    def _raw(self, node: Node, point: Mapping[str, fmpq], bits: int) -> acb:  # noqa: C901, PLR0911 (one case per kind of node)
        match node:
            case Number(value, _):
                return acb(arb(value))
            case Symbol(name):
                if name not in point:
                    raise RefusedError(f"variable {name}")
                return acb(arb(point[name]))
            case Constant(name):
                return _constant(name)
            case Add(terms):
                total = self._eval(terms[0], point, bits)
                for term in terms[1:]:
                    total += self._eval(term, point, bits)
                return total
            case Mul(factors):
                product = self._eval(factors[0], point, bits)
                for factor in factors[1:]:
                    product *= self._eval(factor, point, bits)
                return product
            case Div(over, under):
                divisor = self._eval(under, point, bits)
                return self._eval(over, point, bits) / divisor
            case Percent(value):
                return self._eval(value, point, bits) / 100
            case Quantity(value, unit) if unit == DEGREE:
                return self._eval(value, point, bits) * acb.pi() / 180
            case Pow(base, exponent):
                return self._power(base, exponent, point, bits)
            case Root(radicand, index):
                return _root(self._eval(radicand, point, bits), index)
            case Call(name, args):
                return _call(name, [self._eval(arg, point, bits) for arg in args])
            case Infinity():
                raise UndefinedError("infinity is no number")
        raise RefusedError("no value")

    def _power(self, base: Node, exponent: Node, point: Mapping[str, fmpq], bits: int) -> acb:
        value = self._eval(base, point, bits)
        if isinstance(exponent, Number) and exponent.value.q == 1:
            n = exponent.value.p
            if n == 0 and value.contains(0):
                raise UndefinedError("zero to the power zero")
            _guard(value, float(n) if n.bit_length() < 60 else 1e18)
            return value**n
        power = self._eval(exponent, point, bits)
        if value == 0:
            if power.real > 0:
                return acb(0)
            raise UndefinedError("zero to a power")
        _guard(value, float(power.abs_upper()))
        return (power * value.log()).exp() if base != Constant("e") else power.exp()


def _guard(value: acb, exponent: float) -> None:
    """Refuse a power whose size in bits is out of reach."""
    upper = value.abs_upper()
    mantissa, place = upper.man_exp() if upper != 0 else (fmpz(1), fmpz(0))
    bits = abs(int(place) + fmpz(mantissa).bit_length()) + 2
    if bits * abs(exponent) > MAX_MAGNITUDE_BITS:
        raise RefusedError("magnitude out of reach")


def _guard_exp(value: acb) -> None:
    if not value.abs_upper() < MAX_MAGNITUDE_BITS:
        raise RefusedError("magnitude out of reach")


def _constant(name: str) -> acb:
    if name == "pi":
        return acb.pi()
    return acb(0, 1) if name == "i" else acb(arb.const_e())


def _root(value: acb, index: int) -> acb:
    if index % 2 and value.imag == 0 and value.real < 0:
        return -((-value).root(index))
    return value.root(index) if index > 2 else value.sqrt()


def _real(value: acb) -> arb:
    if value.imag != 0:
        raise RefusedError("order of complex numbers")
    return value.real


def _extreme(values: list[acb], *, largest: bool) -> acb:
    best = _real(values[0])
    for value in values[1:]:
        best = best.max(_real(value)) if largest else best.min(_real(value))
    return acb(best)


def _call(name: str, args: list[acb]) -> acb:
    value = args[0]
    if name in ("exp", "sinh", "cosh", "tanh", "coth"):
        _guard_exp(value)
    if name in _DIRECT:
        return getattr(value, _DIRECT[name])()
    if name in ("ln", "log", "lg"):
        base = args[1] if len(args) > 1 else acb(10) if name != "ln" else None
        return value.log() if base is None else value.log() / base.log()
    if name in _RECIPROCAL:
        return getattr(1 / value, _RECIPROCAL[name])()
    if name == "cis":
        return (value * acb(0, 1)).exp()
    if name == "abs":
        return (
            acb(abs(value.real))
            if value.imag == 0
            else acb(value.abs_lower().union(value.abs_upper()))
        )
    if name == "factorial":
        _guard_gamma(value)
        return (value + 1).gamma()
    if name == "binom":
        _guard_gamma(value)
        _guard_gamma(args[1])
        return (value + 1).gamma() * (args[1] + 1).rgamma() * (value - args[1] + 1).rgamma()
    if name in ("floor", "ceil"):
        return acb(getattr(_real(value), name)())
    if name in ("max", "min"):
        return _extreme(args, largest=name == "max")
    raise RefusedError(f"function {name}")


def _guard_gamma(value: acb) -> None:
    if not value.abs_upper() < 20_000:
        raise RefusedError("factorial out of reach")


_DIRECT = {name: name for name in (
    "exp", "sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth",
    "asin", "acos", "atan", "asinh", "acosh", "atanh",
)}  # fmt: skip
_RECIPROCAL = {"acot": "atan", "asec": "acos", "acsc": "asin"}
