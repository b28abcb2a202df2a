"""Exact arithmetic on sums of monomials in kernels: the normal form of scalar expressions.

A kernel is a quantity that is not taken apart further: a variable, pi, exp of something, the
root of a prime, a root of unity. A monomial maps kernels to rational exponents; a polynomial maps
monomials to rational coefficients; a form is a quotient of two. What is known of a kernel is
applied at once (2^(1/2) squared is 2, a root of unity turns), so that equal sums of radicals, of
exponentials and of trigonometric functions (as exponentials) are the same polynomial.
"""

from __future__ import annotations

import math
from fractions import Fraction
from functools import lru_cache
from typing import NamedTuple, TypeAlias

from flint import fmpq, fmpz

from verigrad.verifiers.math.limits import (
    MAX_INTEGER_BITS,
    MAX_TERMS,
    Meter,
    RefusedError,
    UndefinedError,
)

Exponent: TypeAlias = "int | Fraction"
Monomial: TypeAlias = tuple[tuple[int, Exponent], ...]
Poly: TypeAlias = dict[Monomial, fmpq]
MAX_POWER = 4_000
MAX_POWER_TERMS = 400

UNITY = 0  # the index of exp(i pi) in every ring
PI = 1


class _Fraction(Fraction):
    """A fraction that keeps its hash: exponents are dictionary keys all the time."""

    __slots__ = ("_hash",)
    _hash: int

    def __hash__(self) -> int:
        return self._hash

    __eq__ = Fraction.__eq__


@lru_cache(maxsize=4096)
def fraction(over: int, under: int) -> Exponent:
    """An exponent in lowest terms: an int where it is whole, else one shared fraction."""
    value = Fraction(over, under)
    if value.denominator == 1:
        return value.numerator
    kept = Fraction.__new__(_Fraction, value)
    kept._hash = hash(value)
    return kept


class Form(NamedTuple):
    """`over / under`; `under` is never the empty polynomial."""

    over: Poly
    under: Poly


ONE_POLY: Poly = {(): fmpq(1)}


class Kernel(NamedTuple):
    """`kind` is unity, pi, symbol, prime, exp, log, root or call; `form` is below root and log."""

    kind: str
    key: object
    form: Form | None = None


class Ring:
    """The kernels met in one comparison, and arithmetic over them within one meter."""

    def __init__(self, meter: Meter) -> None:
        self.meter = meter
        self.kernels: list[Kernel] = [Kernel("unity", None), Kernel("pi", None)]
        self._index: dict[tuple[str, object], int] = {("unity", None): UNITY, ("pi", None): PI}
        self._has_laws = False  # whether any kernel met has a law that products must apply

    def fork(self, meter: Meter) -> Ring:
        """A ring that knows the same kernels, for another comparison."""
        copy = Ring(meter)
        copy.kernels = list(self.kernels)
        copy._index = dict(self._index)
        copy._has_laws = self._has_laws
        return copy

    def kernel(self, kind: str, key: object, form: Form | None = None) -> int:
        """The index of a kernel, new or known."""
        index = self._index.get((kind, key))
        if index is None:
            index = self._index[kind, key] = len(self.kernels)
            self.kernels.append(Kernel(kind, key, form))
            self._has_laws = self._has_laws or kind in ("prime", "root")
            if index > 200:
                raise RefusedError("too many kernels")
        return index

    def atom(
        self, kind: str, key: object, exponent: Exponent = 1, form: Form | None = None
    ) -> Form:
        """A kernel to a power, as a form."""
        if kind == "symbol":
            return Form({((self.kernel(kind, key), exponent),): fmpq(1)}, ONE_POLY)
        return self.monomial(((self.kernel(kind, key, form), exponent),), fmpq(1))

    def monomial(self, factors: Monomial, coefficient: fmpq) -> Form:
        """One term, reduced."""
        self._has_laws = self._has_laws or any(index == UNITY for index, _ in factors)
        return Form(self._reduced({factors: coefficient}), ONE_POLY)

    # polynomials

    def add_polys(self, a: Poly, b: Poly, scale: int = 1) -> Poly:
        """`a + scale * b`."""
        total = dict(a)
        self.meter.spend(len(b) // 8)
        for monomial, coefficient in b.items():
            value = total.get(monomial, 0) + scale * coefficient
            if value == 0:
                total.pop(monomial, None)
            else:
                total[monomial] = value
        if len(total) > MAX_TERMS:
            raise RefusedError("too many terms")
        return total

    def mul_polys(self, a: Poly, b: Poly) -> Poly:
        """The product, reduced."""
        if a is ONE_POLY:
            return b
        if b is ONE_POLY:
            return a
        if len(a) == 1 and (scale := a.get(())) is not None:
            return {monomial: scale * c for monomial, c in b.items()}
        if len(b) == 1 and (scale := b.get(())) is not None:
            return {monomial: scale * c for monomial, c in a.items()}
        self.meter.spend(len(a) * len(b))
        product: Poly = {}
        for left, c in a.items():
            for right, d in b.items():
                monomial = _merge(left, right)
                product[monomial] = product.get(monomial, 0) + c * d
        if len(product) > MAX_TERMS:
            raise RefusedError("too many terms")
        return self._reduced(product)

    def pow_poly(self, base: Poly, exponent: int) -> Poly:
        """`base ** exponent` for a positive exponent."""
        if len(base) > 1 and (exponent > MAX_POWER or len(base) > MAX_POWER_TERMS):
            raise RefusedError("power too large")
        _check_power(base, exponent)
        if len(base) == 1:
            ((monomial, coefficient),) = base.items()
            power = tuple((kernel, n * exponent) for kernel, n in monomial)
            return self._reduced({power: coefficient**exponent})
        num_terms = math.comb(exponent + len(base) - 1, min(exponent, len(base) - 1))
        if num_terms * num_terms > 8 * self.meter.left:
            raise RefusedError("power with too many terms")
        result, square = ONE_POLY, base
        while exponent:
            if exponent & 1:
                result = self.mul_polys(result, square)
            exponent >>= 1
            if exponent:
                square = self.mul_polys(square, square)
        return result

    def _reduced(self, poly: Poly) -> Poly:
        """Every kernel's own law applied: primes and roots below exponent 1, unity turned."""
        if not self._has_laws:
            return {monomial: c for monomial, c in poly.items() if c != 0}
        out: Poly = {}
        for monomial, coefficient in poly.items():
            if coefficient == 0:
                continue
            factors, scale, extra = self._reduce_monomial(monomial, coefficient)
            if extra is None:
                value = out.get(factors, 0) + scale
                if value == 0:
                    out.pop(factors, None)
                else:
                    out[factors] = value
            else:
                out = self.add_polys(out, self.mul_polys({factors: scale}, extra))
        return out

    def _reduce_monomial(self, monomial: Monomial, c: fmpq) -> tuple[Monomial, fmpq, Poly | None]:
        extra: Poly | None = None
        factors: list[tuple[int, Exponent]] = []
        for index, written in monomial:
            kernel, exponent = self.kernels[index], written
            if kernel.kind in ("prime", "unity"):
                whole = exponent.__floor__()
                if whole and kernel.kind == "unity":
                    c = -c if whole & 1 else c
                elif whole:
                    c = c * _rational_power(fmpq(kernel.key), whole)  # type: ignore[arg-type]
                exponent -= whole
            elif kernel.kind == "root" and exponent >= 1 and kernel.form is not None:
                whole = exponent.__floor__()
                power = self.pow_poly(kernel.form.over, whole)
                extra = power if extra is None else self.mul_polys(extra, power)
                exponent -= whole
            if exponent:
                factors.append((index, _plain(exponent)))
        return tuple(factors), c, extra

    def has_relations(self, poly: Poly) -> bool:
        """Whether roots of unity or of forms occur, whose powers are not all independent."""
        for monomial in poly:
            for index, _ in monomial:
                if index == UNITY or self.kernels[index].kind == "root":
                    return True
        return False

    # forms

    def add(self, a: Form, b: Form, scale: int = 1) -> Form:
        """`a + scale * b`."""
        if a.under is b.under or a.under == b.under:
            return Form(self.add_polys(a.over, b.over, scale), a.under)
        over = self.add_polys(
            self.mul_polys(a.over, b.under), self.mul_polys(b.over, a.under), scale
        )
        return Form(over, self.mul_polys(a.under, b.under))

    def mul(self, a: Form, b: Form) -> Form:
        """The product."""
        if a.under is ONE_POLY and b.under is ONE_POLY:
            return Form(self.mul_polys(a.over, b.over), ONE_POLY)
        if a.over == b.under:
            return Form(b.over, a.under)
        if b.over == a.under:
            return Form(a.over, b.under)
        return Form(self.mul_polys(a.over, b.over), self.mul_polys(a.under, b.under))

    def inverse(self, a: Form) -> Form:
        """`1 / a`; one-term denominators become negative exponents."""
        if not a.over:
            raise UndefinedError("division by zero")
        if len(a.over) > 1:
            return Form(a.under, a.over)
        ((monomial, coefficient),) = a.over.items()
        turned = {tuple((kernel, -n) for kernel, n in monomial): 1 / coefficient}
        return Form(self.mul_polys(self._reduced(turned), a.under), ONE_POLY)

    def power(self, a: Form, exponent: int) -> Form:
        """An integer power."""
        if exponent < 0:
            return self.power(self.inverse(a), -exponent)
        if exponent == 0:
            if not a.over:
                raise UndefinedError("zero to the power zero")
            return Form(ONE_POLY, ONE_POLY)
        if not a.over:
            return a
        under = a.under if a.under == ONE_POLY else self.pow_poly(a.under, exponent)
        return Form(self.pow_poly(a.over, exponent), under)


def constant(value: fmpq | int) -> Form:
    """A rational as a form."""
    return Form({(): fmpq(value)} if value != 0 else {}, ONE_POLY)


def as_rational(form: Form) -> fmpq | None:
    """The value of a form without kernels."""
    if form.under != ONE_POLY:
        return None
    if not form.over:
        return fmpq(0)
    return form.over.get(()) if len(form.over) == 1 else None


def form_key(form: Form) -> object:
    """A hashable name: equal keys are equal forms of one ring."""
    return (
        frozenset((m, (c.p, c.q)) for m, c in _hashable(form.over)),
        frozenset((m, (c.p, c.q)) for m, c in _hashable(form.under)),
    )


def _hashable(poly: Poly) -> list[tuple[Monomial, fmpq]]:
    return list(poly.items())


def _merge(a: Monomial, b: Monomial) -> Monomial:
    if not a:
        return b
    if not b:
        return a
    exponents = dict(a)
    for kernel, n in b:
        exponents[kernel] = _plain(exponents.get(kernel, 0) + n)
    return tuple(sorted((k, n) for k, n in exponents.items() if n))


def _plain(exponent: Exponent) -> Exponent:
    return exponent if type(exponent) is int else fraction(exponent.numerator, exponent.denominator)


def height_bits(poly: Poly) -> int:
    """Bits of the largest numerator or denominator."""
    return max(
        (max(fmpz(c.p).bit_length(), fmpz(c.q).bit_length()) for c in poly.values()), default=0
    )


def _check_power(base: Poly, exponent: int) -> None:
    bits = height_bits(base)
    if len(base) == 1:
        bits = 0 if bits <= 1 else bits
    if bits * exponent > MAX_INTEGER_BITS:
        raise RefusedError("number too large")


def _rational_power(base: fmpq, exponent: int) -> fmpq:
    if max(base.p.bit_length(), base.q.bit_length()) * abs(exponent) > MAX_INTEGER_BITS:
        raise RefusedError("number too large")
    return base**exponent
