"""How close to zero an algebraic expression can be without being zero.

Burnikel, Funke, Mehlhorn, Schirra and Schmitt, "A separation bound for real algebraic
expressions" (2001, 2009): an expression over integers with + - * / and roots equals U/L whose
conjugates are bounded by u and l; if it is not zero, its modulus is at least 1/(u^(D-1) l), D the
product of the degrees of its roots. A ball around zero that is smaller proves equality.
"""

from __future__ import annotations

import math

from flint import fmpz

from verigrad.verifiers.math.limits import RefusedError
from verigrad.verifiers.math.nodes import Add, Constant, Div, Mul, Node, Number, Percent, Pow, Root

MAX_DEGREE = 128


class _Bound:
    """Logarithms to base 2 of u and l, and the distinct roots met."""

    def __init__(self) -> None:
        self.degrees: dict[Node, int] = {}

    def of(self, node: Node) -> tuple[float, float]:
        match node:
            case Number(value, _):
                return float(fmpz(abs(value.p)).bit_length()), float(value.q.bit_length())
            case Constant("i"):
                self.degrees[node] = 2
                return 0.0, 0.0
            case Add(terms):
                parts = [self.of(term) for term in terms]
                below = sum(low for _, low in parts)
                return max(u + below - low for u, low in parts) + math.log2(len(parts)), below
            case Mul(factors):
                parts = [self.of(factor) for factor in factors]
                return sum(u for u, _ in parts), sum(low for _, low in parts)
            case Div(over, under):
                (u1, low1), (u2, low2) = self.of(over), self.of(under)
                return u1 + low2, low1 + u2
            case Percent(value):
                u, low = self.of(value)
                return u, low + 7
            case Root(radicand, index):
                return self._root(node, *self.of(radicand), index)
            case Pow(base, Number(exponent, _)) if exponent.p.bit_length() < 20:
                return self._power(node, base, int(exponent.p), int(exponent.q))
        raise RefusedError("not an algebraic expression")

    def _root(self, node: Node, u: float, low: float, index: int) -> tuple[float, float]:
        self.degrees[node] = index
        if u >= low:
            return (u + (index - 1) * low) / index, low
        return u, ((index - 1) * u + low) / index

    def _power(self, node: Node, base: Node, over: int, under: int) -> tuple[float, float]:
        u, low = self.of(base)
        u, low = (abs(over) * u, abs(over) * low) if over >= 0 else (abs(over) * low, abs(over) * u)
        return (u, low) if under == 1 else self._root(node, u, low, under)


def zero_bits(a: Node, b: Node) -> int:
    """Bits such that `|a - b| < 2**-bits` proves `a == b`; RefusedError where there is no bound.

    >>> from flint import fmpq
    >>> zero_bits(Root(Number(fmpq(2)), 2), Root(Number(fmpq(3)), 2)) < 30
    True
    """
    bound = _Bound()
    (u1, low1), (u2, low2) = bound.of(a), bound.of(b)
    degree = math.prod(bound.degrees.values())
    if degree > MAX_DEGREE:
        raise RefusedError("algebraic degree too high")
    u, low = max(u1 + low2, u2 + low1) + 1, low1 + low2
    return math.ceil(max(u, 0.0) * (degree - 1) + max(low, 0.0)) + 4
