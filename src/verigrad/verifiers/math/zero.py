"""Proving that a polynomial in kernels is zero, where normal form alone does not show it.

Roots of unity of one order satisfy their cyclotomic polynomial, and square roots of primes are
sums of roots of unity (Gauss). Both are applied here, exactly; `False` means "not proved".
"""

from __future__ import annotations

import math

from flint import fmpq, fmpq_poly, fmpz_poly

from verigrad.verifiers.math.radicals import HALF
from verigrad.verifiers.math.ring import UNITY, Exponent, Monomial, Poly, Ring

MAX_ORDER = 2_000


def is_zero(ring: Ring, poly: Poly) -> bool:
    """True only where `poly` is proved to be zero."""
    if not poly:
        return True
    if not ring.has_relations(poly):
        return False
    poly = _without_negative_roots(ring, poly)
    if not poly:
        return True
    turns = [dict(monomial).get(UNITY, 0) for monomial in poly]
    if not any(turns):
        return False
    order = math.lcm(*(turn.denominator for turn in turns))
    roots = _square_roots(ring, poly) if order > 2 else {}
    full = math.lcm(order, *(2 * p if p % 4 == 1 else 4 for p in roots.values()), *roots.values())
    if full > MAX_ORDER:
        return False
    ring.meter.spend(full * len(poly) // 64)
    return _vanishes(poly, roots, full)


def _without_negative_roots(ring: Ring, poly: Poly) -> Poly:
    """Multiplied by powers of root kernels so that none has a negative exponent."""
    lowest: dict[int, Exponent] = {}
    for monomial in poly:
        for index, exponent in monomial:
            if ring.kernels[index].kind == "root" and exponent < lowest.get(index, 0):
                lowest[index] = exponent
    if not lowest:
        return poly
    factor: Monomial = tuple(sorted((index, -exponent) for index, exponent in lowest.items()))
    return ring.mul_polys(poly, {factor: fmpq(1)})


def _square_roots(ring: Ring, poly: Poly) -> dict[int, int]:
    """Kernels that are primes under square roots everywhere, with their primes."""
    found: dict[int, int] = {}
    for monomial in poly:
        for index, exponent in monomial:
            kernel = ring.kernels[index]
            if kernel.kind == "prime" and exponent == HALF and kernel.key < 200:  # type: ignore[operator]
                found[index] = int(kernel.key)  # type: ignore[call-overload]
    return found


def _vanishes(poly: Poly, roots: dict[int, int], order: int) -> bool:
    """Each group of terms with equal other kernels, as a polynomial in exp(i pi / order)."""
    groups: dict[Monomial, fmpq_poly] = {}
    gauss = {index: _gauss(prime, order) for index, prime in roots.items()}
    for monomial, coefficient in poly.items():
        turn, rest, factor = 0, [], fmpq_poly([coefficient])
        for index, exponent in monomial:
            if index == UNITY:
                turn = int(exponent * order)
            elif index in gauss and exponent == HALF:
                factor *= gauss[index]
            else:
                rest.append((index, exponent))
        term = factor * fmpq_poly([0] * turn + [1])
        key = tuple(rest)
        groups[key] = groups.get(key, fmpq_poly([0])) + term
    modulus = fmpq_poly(fmpz_poly.cyclotomic(2 * order))
    return all(group % modulus == 0 for group in groups.values())


def _gauss(prime: int, order: int) -> fmpq_poly:
    """The square root of a prime in powers of exp(i pi / order)."""
    size = 2 * order  # exponents are taken modulo this
    coefficients = [0] * size
    if prime == 2:
        coefficients[order // 4] += 1
        coefficients[-(order // 4) % size] += 1
        return fmpq_poly(coefficients)
    step = size // prime
    quarter_back = 0 if prime % 4 == 1 else size - order // 2  # times -i
    for k in range(1, prime):
        sign = 1 if pow(k, (prime - 1) // 2, prime) == 1 else -1
        coefficients[(k * step + quarter_back) % size] += sign
    return fmpq_poly(coefficients)
