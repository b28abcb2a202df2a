"""Rational functions and huge integers modulo a prime that nobody can foresee.

Two expressions whose residues differ are different, with certainty. Equal residues at two points
modulo two primes of 120 bits mean equality with an error below 2^-80 (Schwartz 1980, Zippel
1979; the primes come from a digest of both expressions).
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from flint import fmpz

from verigrad.verifiers.math.limits import RefusedError, UndefinedError
from verigrad.verifiers.math.nodes import (
    Add,
    Call,
    Div,
    Mul,
    Node,
    Number,
    Percent,
    Pow,
    Symbol,
    symbols,
)

MAX_DEGREE = 1 << 36
_PRIME_BITS = 120


def differ(a: Node, b: Node) -> bool:
    """True: proved different. False: equal with an error below 2^-80. RefusedError: not said."""
    _check_degree(a)
    _check_degree(b)
    names = sorted(symbols(a) | symbols(b))
    digest = hashlib.blake2b(repr((a, b)).encode("utf-8", "replace")).digest()
    for trial in (b"0", b"1"):
        prime = _prime(hashlib.blake2b(digest + trial).digest())
        point = {
            name: int.from_bytes(hashlib.blake2b(digest + trial + name.encode()).digest(), "big")
            % prime
            for name in names
        }
        if _residue(a, point, prime) != _residue(b, point, prime):
            return True
    return False


def _prime(digest: bytes) -> int:
    candidate = int.from_bytes(digest, "big") % (1 << _PRIME_BITS) | (1 << (_PRIME_BITS - 1)) | 1
    while not fmpz(candidate).is_probable_prime():
        candidate += 2
    return candidate


def _residue(node: Node, point: Mapping[str, int], prime: int) -> int:
    match node:
        case Number(value, _):
            return _quotient(int(value.p), int(value.q), prime)
        case Symbol(name):
            return point[name]
        case Add(terms):
            return sum(_residue(term, point, prime) for term in terms) % prime
        case Mul(factors):
            product = 1
            for factor in factors:
                product = product * _residue(factor, point, prime) % prime
            return product
        case Div(over, under):
            return _quotient(_residue(over, point, prime), _residue(under, point, prime), prime)
        case Percent(value):
            return _quotient(_residue(value, point, prime), 100, prime)
        case Pow(base, exponent):
            power = exact_integer(exponent)
            residue = _residue(base, point, prime)
            if power < 0:
                residue = _quotient(1, residue, prime)
            return pow(residue, abs(power), prime)
    raise RefusedError("no rational function")


def _quotient(over: int, under: int, prime: int) -> int:
    if under % prime == 0:
        raise UndefinedError("division by zero")
    return over * pow(under, -1, prime) % prime


def exact_integer(node: Node) -> int:
    """The value of an integer expression of at most 4,096 bits; RefusedError otherwise."""
    match node:
        case Number(value, _) if value.q == 1:
            return _checked(int(value.p))
        case Add(terms):
            return _checked(sum(map(exact_integer, terms)))
        case Mul(factors):
            product = 1
            for factor in factors:
                product = _checked(product * exact_integer(factor))
            return product
        case Pow(base, exponent):
            low, power = exact_integer(base), exact_integer(exponent)
            if power < 0 or (max(low.bit_length() - 1, 1) * power > 4_096 and abs(low) > 1):
                raise RefusedError("exponent too large")
            return _checked(low**power if abs(low) > 1 else low ** (power % 2 + 2 if power else 0))
    raise RefusedError("no integer")


def _checked(value: int) -> int:
    if value.bit_length() > 4_096:
        raise RefusedError("exponent too large")
    return value


def _check_degree(node: Node) -> None:
    if _degree(node) > MAX_DEGREE:
        raise RefusedError("degree too high")


def _degree(node: Node) -> int:
    """A bound on the degrees of numerator and denominator."""
    match node:
        case Symbol():
            return 1
        case Add(parts) | Mul(parts):
            return sum(map(_degree, parts))
        case Div(over, under):
            return _degree(over) + _degree(under)
        case Percent(value):
            return _degree(value)
        case Pow(base, exponent):
            below = _degree(base)
            return below * abs(exact_integer(exponent)) if below else 0
        case Call():
            raise RefusedError("no rational function")
    return 0
