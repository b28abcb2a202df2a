"""A scalar tree to its normal form."""

from __future__ import annotations

import math
from collections.abc import Callable
from fractions import Fraction
from typing import Any

from flint import fmpq, fmpz

from verigrad.verifiers.math import transcendental as functions
from verigrad.verifiers.math.balls import Balls
from verigrad.verifiers.math.integrals import integral
from verigrad.verifiers.math.limits import (
    MAX_FOLD_TERMS,
    RefusedError,
    UndefinedError,
)
from verigrad.verifiers.math.nodes import (
    Add,
    Call,
    Constant,
    Div,
    Fold,
    Mul,
    Node,
    Number,
    Percent,
    Pow,
    Quantity,
    Root,
    Symbol,
    children,
    rebuild,
    symbols,
)
from verigrad.verifiers.math.radicals import power, rational_power
from verigrad.verifiers.math.ring import (
    ONE_POLY,
    Exponent,
    Form,
    Poly,
    Ring,
    as_rational,
    constant,
    form_key,
    fraction,
)
from verigrad.verifiers.math.special import SPECIAL
from verigrad.verifiers.math.units import DEGREE
from verigrad.verifiers.math.zero import is_zero

_CIRCULAR = frozenset(["sin", "cos", "tan", "cot", "sec", "csc", "sinh", "cosh", "tanh", "coth"])
_INVERSE = {"asin": "sin", "acos": "cos", "atan": "tan"}
_TURN_DENOMINATOR = 60
_NEAR = 1e-9


class Lowering:
    """Lowers trees into one ring, so that their forms compare."""

    def __init__(
        self,
        ring: Ring,
        *,
        positive: bool = False,
        log_base: str = "10",
        balls: Balls | None = None,
    ) -> None:
        self.ring = ring
        self.positive = positive
        self.log_base = log_base
        self.balls = balls if balls is not None else Balls()

    def form(self, node: Node) -> Form:
        """The normal form; RefusedError beyond limits, UndefinedError where there is no value."""
        reader = _READERS.get(type(node))
        if reader is None:
            raise RefusedError("not a scalar expression")
        return reader(self, node)

    def _product(self, node: Mul) -> Form:
        product = self.form(node.factors[0])
        for factor in node.factors[1:]:
            product = self.ring.mul(product, self.form(factor))
        return product

    def _quotient(self, node: Div) -> Form:
        return self.ring.mul(self.form(node.over), self.ring.inverse(self.form(node.under)))

    def _degrees(self, node: Quantity) -> Form:
        if node.unit != DEGREE:
            raise RefusedError("a unit within an expression")
        turn = self.ring.mul(self._constant("pi"), constant(fmpq(1, 180)))
        return self.ring.mul(self.form(node.value), turn)

    def _constant(self, name: str) -> Form:
        if name == "pi":
            return self.ring.atom("pi", None)
        if name == "i":
            return functions.imaginary(self.ring)
        return self.ring.atom("exp", ((), None))

    def _sum(self, terms: tuple[Node, ...]) -> Form:
        total = self.form(terms[0])
        polynomial: Poly | None = dict(total.over) if total.under == ONE_POLY else None
        for term in terms[1:]:
            form = self.form(term)
            if polynomial is not None and form.under == ONE_POLY:
                _accumulate(polynomial, form.over)
                self.ring.meter.spend(1)
                continue
            if polynomial is not None:
                total, polynomial = Form(polynomial, ONE_POLY), None
            total = self.ring.add(total, form)
        return total if polynomial is None else Form(polynomial, ONE_POLY)

    def _power(self, base: Node, exponent: Node) -> Form:
        power_form = self.form(exponent)
        rational = as_rational(power_form)
        base_form = self.form(base)
        if rational is not None:
            if rational.q == 1:
                return self.ring.power(base_form, _small(rational.p))
            return power(self.ring, base_form, _fraction(rational), positive=self.positive)
        if not base_form.over:
            raise UndefinedError("zero to an unknown power")
        logarithm = functions.log(self.ring, base_form, positive=self.positive)
        return functions.exp(
            self.ring, self.ring.mul(power_form, logarithm), positive=self.positive
        )

    def _root(self, radicand: Node, index: int) -> Form:
        form = self.form(radicand)
        rational = as_rational(form)
        if rational is not None and rational > 0:
            return rational_power(self.ring, rational, fraction(1, index))
        sign = 1
        if index % 2:
            if rational is not None:
                sign = -1 if rational < 0 else 1
            elif not symbols(radicand) and self.balls.value(radicand, {}, 128).real < 0:
                sign = -1
            elif symbols(radicand) and not self._is_plain(form):
                raise RefusedError("odd root of an expression of unknown sign")
        if sign > 0:
            return power(self.ring, form, fraction(1, index), positive=self.positive)
        minus = constant(-1)
        opposite = self.ring.mul(form, minus)
        root = power(self.ring, opposite, fraction(1, index), positive=self.positive)
        return self.ring.mul(root, minus)

    def _is_plain(self, form: Form) -> bool:
        return self.positive and len(form.over) == 1

    def _call(self, name: str, args: tuple[Node, ...]) -> Form:
        if name in _CIRCULAR:
            return functions.circular(self.ring, name, self.form(args[0]), positive=self.positive)
        if name == "exp":
            return functions.exp(self.ring, self.form(args[0]), positive=self.positive)
        if name in ("ln", "log", "lg"):
            return self._log(name, args)
        if name in _INVERSE:
            return self._inverse(name, args[0])
        special = SPECIAL.get(name)
        value = special(self, args) if special else None
        return value if value is not None else self._opaque(name, args)

    def _opaque(self, name: str, args: tuple[Node, ...]) -> Form:
        return self.ring.atom("call", (name, tuple(form_key(self.form(arg)) for arg in args)))

    def _log(self, name: str, args: tuple[Node, ...]) -> Form:
        logarithm = functions.log(self.ring, self.form(args[0]), positive=self.positive)
        if len(args) > 1:
            base = self.form(args[1])
        elif name == "ln" or (name == "log" and self.log_base == "e"):
            return logarithm
        else:
            base = constant(10)
        below = functions.log(self.ring, base, positive=self.positive)
        return self.ring.mul(logarithm, self.ring.inverse(below))

    def _inverse(self, name: str, arg: Node) -> Form:
        """A rational multiple of pi whose sine (cosine, tangent) is proved to be the argument."""
        if symbols(arg):
            return self._opaque(name, (arg,))
        value = self.balls.value(Call(name, (arg,)), {}, 128)
        middle = float(value.real.mid())
        turn = Fraction(middle / math.pi).limit_denominator(_TURN_DENOMINATOR)
        if abs(middle - math.pi * float(turn)) > _NEAR or not value.imag.contains(0):
            return self._opaque(name, (arg,))
        angle = self.ring.mul(
            self._constant("pi"), constant(fmpq(turn.numerator, turn.denominator))
        )
        forward = functions.circular(self.ring, _INVERSE[name], angle, positive=False)
        gap = self.ring.add(forward, self.form(arg), -1)
        return angle if is_zero(self.ring, gap.over) else self._opaque(name, (arg,))

    def _fold(self, fold: Fold) -> Form:
        if fold.kind == "integral":
            return integral(self, fold)
        low, high = self._integer(fold.low), self._integer(fold.high)
        if low is None or high is None or high - low >= MAX_FOLD_TERMS:
            raise RefusedError("too many terms to add up")
        total = constant(0 if fold.kind == "sum" else 1)
        for index in range(low, high + 1):
            self.ring.meter.spend(20)
            term = self.form(substitute(fold.body, fold.variable, Number(fmpq(index))))
            total = self.ring.add(total, term) if fold.kind == "sum" else self.ring.mul(total, term)
        return total

    def _integer(self, node: Node) -> int | None:
        value = as_rational(self.form(node))
        if value is None or value.q != 1 or value.p.bit_length() > 62:
            return None
        return int(value.p)

    def rationals(self, args: tuple[Node, ...]) -> list[fmpq] | None:
        """The arguments as rationals, if all are."""
        values = [as_rational(self.form(arg)) for arg in args]
        return None if any(value is None for value in values) else values  # type: ignore[return-value]

    def integers(self, args: tuple[Node, ...]) -> list[int] | None:
        """The arguments as integers, if all are."""
        values = [self._integer(arg) for arg in args]
        return None if any(value is None for value in values) else values  # type: ignore[return-value]


def substitute(node: Node, name: str, value: Node) -> Node:
    """`node` with a variable replaced."""
    if isinstance(node, Symbol):
        return value if node.name == name else node
    if isinstance(node, Fold) and node.variable == name:
        return node
    return rebuild(node, tuple(substitute(child, name, value) for child in children(node)))


def _accumulate(total: Poly, more: Poly) -> None:
    for monomial, coefficient in more.items():
        value = total.get(monomial, 0) + coefficient
        if value == 0:
            total.pop(monomial, None)
        else:
            total[monomial] = value


def _small(value: fmpz) -> int:
    if value.bit_length() > 40:
        raise RefusedError("power too large")
    return int(value)


def _fraction(value: fmpq) -> Exponent:
    if value.q.bit_length() > 20 or value.p.bit_length() > 40:
        raise RefusedError("power too large")
    return fraction(int(value.p), int(value.q))


_READERS: dict[type, Callable[[Lowering, Any], Form]] = {
    Number: lambda lowering, node: constant(node.value),  # noqa: ARG005 (one signature)
    Symbol: lambda lowering, node: lowering.ring.atom("symbol", node.name),
    Constant: lambda lowering, node: lowering._constant(node.name),
    Add: lambda lowering, node: lowering._sum(node.terms),
    Mul: Lowering._product,
    Div: Lowering._quotient,
    Percent: lambda lowering, node: lowering.ring.mul(
        lowering.form(node.value), constant(fmpq(1, 100))
    ),
    Quantity: Lowering._degrees,
    Pow: lambda lowering, node: lowering._power(node.base, node.exponent),
    Root: lambda lowering, node: lowering._root(node.radicand, node.index),
    Call: lambda lowering, node: lowering._call(node.name, node.args),
    Fold: Lowering._fold,
}
