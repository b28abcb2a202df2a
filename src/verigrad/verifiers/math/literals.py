"""Numbers as they are written, to exact rationals."""

from __future__ import annotations

import re

from flint import fmpq, fmpz

from verigrad.verifiers.math.limits import MAX_DIGITS, RefusedError
from verigrad.verifiers.math.nodes import Number
from verigrad.verifiers.math.tokens import Token, UnreadableError

_OVERLINE = re.compile(r"(\d*)\.(\d*)\\(?:overline|bar)\s?\{?(\d+)\}?")
_DOTTED = re.compile(r"(\d*)\.(\d*)\\dot\s?\{?(\d)\}?(?:(\d*)\\dot\s?\{?(\d)\}?)?")
_ROUND = re.compile(r"(\d*)\.(\d*)\((\d+)\)")
_ELLIPSIS = re.compile(r"(\d*)\.(\d+)")


def read(token: Token) -> Number:
    """The number of a token of kind number or repeating."""
    if len(token.text) > MAX_DIGITS:
        raise RefusedError("too many digits")
    return _repeating(token.text) if token.kind == "repeating" else _number(token.text)


def _number(text: str) -> Number:
    if len(text) < 18 and text.isdigit():
        return Number(fmpq(int(text)))
    mantissa, _, exponent = text.lower().partition("e")
    whole, point, decimals = mantissa.partition(".")
    value = fmpq(fmpz(whole + decimals or "0"), fmpz(10) ** len(decimals))
    if exponent:
        power = int(exponent) if len(exponent) < 8 else MAX_DIGITS + 1
        if abs(power) > MAX_DIGITS:
            raise RefusedError("exponent too large")
        value *= fmpq(10) ** power
        return Number(value)
    return Number(value, len(decimals) if point else None)


def _repeating(text: str) -> Number:
    if match := _OVERLINE.fullmatch(text) or _ROUND.fullmatch(text):
        return _periodic(*match.groups())
    if match := _DOTTED.fullmatch(text):
        whole, fixed, first, middle, last = match.groups()
        return _periodic(whole, fixed, first + (middle or "") + (last or ""))
    match = _ELLIPSIS.match(text)
    if match is None:
        raise UnreadableError("a repeating decimal without a period")
    whole, digits = match.groups()
    for period in range(1, len(digits) // 2 + 1):
        times = max(2, -(-3 // period))
        block = digits[-period:]
        if digits.endswith(block * times):
            fixed = digits[: len(digits) - period * times]
            while fixed.endswith(block):
                fixed = fixed[:-period]
            return _periodic(whole, fixed, block)
    raise UnreadableError("a decimal that goes on without a period")


def _periodic(whole: str, fixed: str, period: str) -> Number:
    r"""`0.2\overline{7}` is 27/90 - 2/90 = 5/18."""
    head = fmpz(whole + fixed or "0")
    full = fmpz(whole + fixed + period)
    scale = fmpz(10) ** len(fixed) * (fmpz(10) ** len(period) - 1)
    return Number(fmpq(full - head, scale))
