"""Plain numbers without any machinery: integers, decimals and fractions of integers."""

from __future__ import annotations

import re
from math import gcd

_PLAIN = re.compile(
    r"\s*([-+])?"
    r"(?:([0-9]{1,3}(?:,[0-9]{3})+|[0-9]+)?(?:\.([0-9]+))?(?:/([1-9][0-9]*))?"
    r"|\\[dt]?frac\{(-?[0-9]+)\}\{([1-9][0-9]*)\})\s*"
)
MAX_CHARS = 400

Ratio = tuple[int, int]


def read_plain(text: str) -> Ratio | None:
    r"""Numerator and positive denominator, not reduced; None where `text` is anything else.

    >>> read_plain("-1,234.50"), read_plain(r"\frac{6}{8}"), read_plain("2x")
    ((-123450, 100), (6, 8), None)
    """
    if len(text) > MAX_CHARS or (match := _PLAIN.fullmatch(text)) is None:
        return None
    sign, whole, decimals, divisor, over, under = match.groups()
    if over is not None:
        ratio = int(over), int(under)
    elif whole is None and decimals is None:
        return None
    elif decimals is None:
        ratio = int((whole or "").replace(",", "")), int(divisor or 1)
    elif divisor is None:
        digits = (whole or "").replace(",", "") + decimals
        ratio = int(digits), 10 ** len(decimals)
    else:
        return None
    return (-ratio[0], ratio[1]) if sign == "-" else ratio


def show_plain(ratio: Ratio) -> str:
    """In lowest terms: (6, 8) is `3/4`."""
    over, under = ratio
    if under == 1:
        return str(over)
    common = gcd(over, under)
    under //= common
    return str(over // common) if under == 1 else f"{over // common}/{under}"
