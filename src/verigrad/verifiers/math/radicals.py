"""Rational powers and roots of forms: primes apart, squares out, nested square roots denested."""

from __future__ import annotations

from flint import fmpq, fmpz

from verigrad.verifiers.math.limits import (
    MAX_FACTOR_BITS,
    MAX_INTEGER_BITS,
    RefusedError,
    UndefinedError,
)
from verigrad.verifiers.math.ring import (
    ONE_POLY,
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

HALF = fraction(1, 2)


def factor(value: fmpz) -> list[tuple[fmpz, int]]:
    """Prime factors of a positive integer, small enough to factor at once."""
    if value == 1:
        return []
    bits = value.bit_length()
    if bits <= 64:
        return value.factor()
    return value.factor_smooth() if bits <= MAX_FACTOR_BITS else _smooth(value)


def _smooth(value: fmpz) -> list[tuple[fmpz, int]]:
    """Small primes of a large integer; what remains counts as one factor."""
    if value.bit_length() > MAX_INTEGER_BITS:
        raise RefusedError("number too large to factor")
    found: list[tuple[fmpz, int]] = []
    for prime in _SMALL_PRIMES:
        times = 0
        while value % prime == 0:
            value //= prime
            times += 1
        if times:
            found.append((fmpz(prime), times))
    return [*found, (value, 1)] if value > 1 else found


_SMALL_PRIMES = [p for p in range(2, 200) if all(p % d for d in range(2, int(p**0.5) + 1))]


def rational_power(ring: Ring, value: fmpq, exponent: Exponent) -> Form:
    """`value ** exponent` for a positive rational, as a monomial in roots of primes."""
    over, under = exponent.numerator, exponent.denominator
    coefficient = fmpq(1)
    factors: list[tuple[int, Exponent]] = []
    for integer, sign in ((value.p, 1), (value.q, -1)):
        for prime, times in () if integer == 1 else factor(integer):
            if times * abs(over) * prime.bit_length() > MAX_INTEGER_BITS * under:
                raise RefusedError("number too large")
            whole, rest = divmod(sign * times * over, under)
            if whole:
                coefficient *= fmpq(prime) ** whole
            if rest:
                factors.append((ring.kernel("prime", int(prime)), fraction(rest, under)))
    return Form({tuple(sorted(factors)): coefficient}, ONE_POLY)


def power(ring: Ring, base: Form, exponent: Exponent, *, positive: bool) -> Form:
    """`base ** exponent`, principal value; `positive` lets every variable be taken positive."""
    if exponent.denominator == 1:
        return ring.power(base, exponent.numerator)
    if not base.over:
        if exponent < 0:
            raise UndefinedError("zero to a negative power")
        return base
    if len(base.over) == 1 and base.under == ONE_POLY:
        ((monomial, coefficient),) = base.over.items()
        taken = _monomial_power(ring, monomial, coefficient, exponent, positive=positive)
        if taken is not None:
            return taken
    if exponent == HALF and (denested := _denest(ring, base)) is not None:
        return denested
    content, rest = _content(base)
    scale = rational_power(ring, content, exponent)
    return ring.mul(scale, ring.atom("root", form_key(rest), exponent, rest))


def _monomial_power(
    ring: Ring, monomial: Monomial, coefficient: fmpq, exponent: Exponent, *, positive: bool
) -> Form | None:
    """Where every kernel is positive (or one bare variable), exponents multiply."""
    if coefficient < 0:
        if monomial:
            return None
        turn = ring.monomial(((UNITY, exponent),), fmpq(1))
        return ring.mul(turn, rational_power(ring, -coefficient, exponent))
    if len(monomial) == 1 and monomial[0][0] == UNITY:
        turned = ring.monomial(((UNITY, monomial[0][1] * exponent),), fmpq(1))
        return ring.mul(turned, rational_power(ring, coefficient, exponent))
    bare = (
        len(monomial) == 1 and monomial[0][1] == 1 and ring.kernels[monomial[0][0]].kind == "symbol"
    )
    if not bare and not all(is_positive(ring, index, positive=positive) for index, _ in monomial):
        return None
    raised = tuple((index, n * exponent) for index, n in monomial)
    return ring.mul(ring.monomial(raised, fmpq(1)), rational_power(ring, coefficient, exponent))


def is_positive(ring: Ring, index: int, *, positive: bool) -> bool:
    """Kernels known to be positive reals wherever they are defined."""
    kernel = ring.kernels[index]
    if kernel.kind in ("pi", "prime"):
        return True
    if kernel.kind == "exp":
        monomial, under = kernel.key  # type: ignore[misc]
        return under is None and _is_real(ring, monomial)
    return kernel.kind == "symbol" and positive


def _is_real(ring: Ring, monomial: Monomial) -> bool:
    kinds = {ring.kernels[index].kind for index, _ in monomial}
    whole = all(isinstance(n, int) for index, n in monomial if ring.kernels[index].kind == "symbol")
    if not kinds <= {"pi", "prime", "symbol", "log"}:
        return False
    logs_of_primes = all(
        isinstance(ring.kernels[index].key, int)
        for index, _ in monomial
        if ring.kernels[index].kind == "log"
    )
    return whole and logs_of_primes


def _content(base: Form) -> tuple[fmpq, Form]:
    """`base` as a positive rational times a form whose first coefficient is 1 or -1."""
    first = min(base.over.items(), key=lambda item: repr(item[0]))[1]
    scale = first if first > 0 else -first
    return scale, Form({m: c / scale for m, c in base.over.items()}, base.under)


def _denest(ring: Ring, base: Form) -> Form | None:
    r"""`sqrt(a + b sqrt(c))` where `a^2 - b^2 c` is a square: `sqrt(3 + 2 sqrt 2) = 1 + sqrt 2`."""
    if base.under != ONE_POLY or len(base.over) != 2 or () not in base.over:
        return None
    a = base.over[()]
    ((monomial, b),) = ((m, c) for m, c in base.over.items() if m)
    if any(ring.kernels[k].kind != "prime" or n != HALF for k, n in monomial):
        return None
    squared = as_rational(ring.power(Form({monomial: b}, ONE_POLY), 2))
    if squared is None or a <= 0 or (rest := a * a - squared) < 0:
        return None
    root = _square_root(rest)
    if root is None:
        return None
    plus = rational_root(ring, (a + root) / 2)
    minus = rational_root(ring, (a - root) / 2)
    return ring.add(plus, minus, 1 if b > 0 else -1)


def rational_root(ring: Ring, value: fmpq) -> Form:
    """The square root of a rational that is not negative."""
    return constant(0) if value == 0 else rational_power(ring, value, HALF)


def _square_root(value: fmpq) -> fmpq | None:
    over, under = value.p.isqrt(), value.q.isqrt()
    return fmpq(over, under) if over * over == value.p and under * under == value.q else None
