r"""Rationals with one square root, without any machinery: `2\sqrt{3}`, `\frac{1+\sqrt{5}}{2}`.

The value a + b sqrt(n) is kept with n as its distinct primes, where it is unique: the square
roots of different products of primes are linearly independent over the rationals (Besicovitch
1940). What is read here has the same normal form, and shows the same, as through the grammar.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from flint import fmpq, fmpz

_ROOT = r"([0-9]{1,17})?\s?(?:\\cdot|\*)?\s?\\sqrt\s?(?:\{\s?([0-9]{1,17})\s?\}|([0-9])(?![0-9]))"
_SURD = re.compile(
    r"\s*([-+])?\s?(?:(\\[dtc]?frac)\s?\{\s?([-+])?\s?)?"
    rf"(?:([0-9]{{1,17}})\s?([-+])\s?)?{_ROOT}\s?(?:([-+])\s?([0-9]{{1,17}})(?![0-9]))?\s?"
    r"(?:\}\s?\{\s?([1-9][0-9]{0,16})\s?\})?\s*"
)
MAX_CHARS = 120


class Surd(NamedTuple):
    """`rational + factor * sqrt(product of primes)`; no prime twice, at least one."""

    rational: fmpq
    factor: fmpq
    primes: tuple[int, ...]


def read_surd(text: str) -> Surd | None:
    r"""The value of `text`; None where it is anything else, or rational.

    >>> read_surd(r"\frac{2-\sqrt{12}}{4}")
    Surd(rational=1/2, factor=-1/2, primes=(3,))
    >>> read_surd(r"\sqrt{16}") is None, read_surd(r"\sqrt{x}") is None
    (True, True)
    """
    if len(text) > MAX_CHARS or (match := _SURD.fullmatch(text)) is None:
        return None
    sign, over, inner, first, joint, factor, wide, narrow, after, last, under = match.groups()
    if (over is None) is not (under is None) or (first is not None and last is not None):
        return None
    outside, primes = _squares_out(int(wide or narrow))
    if not primes:
        return None
    b, a = outside * int(factor or 1), int(first or last or 0)
    if first is not None:
        b = -b if joint == "-" else b
        a, b = (-a, b) if _minus(over, sign, inner) else (a, b)
    else:
        a = -a if after == "-" else a
        b = -b if _minus(over, sign, inner) else b
    if over is not None and sign == "-":
        a, b = -a, -b
    below = int(under or 1)
    return Surd(fmpq(a, below), fmpq(b, below), primes) if b else None


def _minus(over: str | None, sign: str | None, inner: str | None) -> bool:
    """Whether the first term is negative: a sign before a fraction is of the whole."""
    return (inner if over is not None else sign) == "-"


def _squares_out(n: int) -> tuple[int, tuple[int, ...]]:
    """`(k, primes)` with n = k^2 times the primes; none for 0 and for squares."""
    if n == 0:
        return 0, ()
    outside, primes = 1, []
    for prime, times in fmpz(n).factor():
        if times & 1:
            primes.append(int(prime))
        if times > 1:
            outside *= int(prime) ** (times // 2)
    return outside, tuple(sorted(primes))


def show_surd(surd: Surd) -> str:
    """`1/2 - 1/2*3^(1/2)`, as `show` writes the same normal form."""
    root = "*".join(sorted(f"{prime}^(1/2)" for prime in surd.primes))
    size = abs(surd.factor)
    body = root if size == 1 else f"{size}*{root}"
    if surd.rational == 0:
        return f"-{body}" if surd.factor < 0 else body
    return f"{surd.rational} {'-' if surd.factor < 0 else '+'} {body}"
