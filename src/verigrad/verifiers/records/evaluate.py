"""Rules, evaluated over an answer and a problem's data within a budget of steps.

`forall` over nothing is false: a rule about every item says that there are items. Whoever means
"if there are any" writes `not exists x in xs: not (...)`.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

from verigrad.verifiers.records.functions import (
    FUNCTIONS,
    ValueFaultError,
    key_of,
    kind_of,
    listed,
    numbers,
)
from verigrad.verifiers.records.syntax import (
    Binary,
    Called,
    Constant,
    Each,
    Field,
    Generated,
    Item,
    Listed,
    Name,
    Node,
    Quantified,
    Unary,
)

MAX_BITS = 4_096  # of a numerator or denominator


class OutOfStepsError(Exception):
    """The budget of steps is used up."""


def exact(value: Any) -> Any:
    """JSON with numbers as exact fractions: 0.1 is one tenth."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return Fraction(value)
    if isinstance(value, float):
        return Fraction(repr(value))
    if isinstance(value, list | tuple):
        return [exact(item) for item in value]
    if isinstance(value, dict):
        return {str(key): exact(item) for key, item in value.items()}
    raise ValueFaultError(f"{type(value).__name__} is no JSON")


class Evaluation:
    """One answer against one problem's data. `holds(rule)` is the value of a rule."""

    def __init__(self, *, answer: Any, data: Any, max_steps: int) -> None:
        self.names: dict[str, Any] = {"answer": exact(answer), "data": exact(data)}
        self.steps = max_steps

    def holds(self, rule: Node) -> bool:
        """True or false; ValueFaultError where the values are of the wrong kinds."""
        return _truth(self.value(rule))

    def value(self, node: Node) -> Any:  # noqa: PLR0911 (one line for each kind of node)
        """The value of a part of a rule."""
        self._spend(1)
        match node:
            case Constant(value):
                return value
            case Name(name):
                return self.names[name]
            case Field(base, name):
                return _item(self.value(base), name)
            case Item(base, index):
                return _item(self.value(base), self.value(index))
            case Listed(items):
                return [self.value(item) for item in items]
            case Each(base, then):
                return [self._bound("*", item, then) for item in listed(self.value(base))]
            case Unary("not", inner):
                return not _truth(self.value(inner))
            case Unary(_, inner):
                return -numbers([self.value(inner)])[0]
            case Binary("and" | "or"):
                return self._joined(node)
            case Binary(sign, left, right):
                return self._binary(sign, self.value(left), self.value(right))
            case Called(function, arguments):
                values = [self.value(argument) for argument in arguments]
                self._spend(sum(map(_size, values)))
                return FUNCTIONS[function].apply(*values)
            case Generated():
                return self._generated(node)
            case Quantified():
                return self._quantified(node)
        raise AssertionError(f"no node of a rule: {node!r}")

    def _spend(self, steps: int) -> None:
        self.steps -= steps
        if self.steps < 0:
            raise OutOfStepsError

    def _bound(self, name: str, item: Any, node: Node) -> Any:
        """The value of `node` where `name` is `item`; an outer variable of that name comes back."""
        outer = self.names.get(name)
        self.names[name] = item
        value = self.value(node)
        self.names[name] = outer
        return value

    def _joined(self, node: Binary) -> bool:
        left = _truth(self.value(node.left))
        if left is (node.sign == "or"):
            return left
        return _truth(self.value(node.right))

    def _binary(self, sign: str, left: Any, right: Any) -> Any:
        self._spend(min(_size(left), _size(right)) if sign != "in" else _size(right))
        if sign in ("==", "!="):
            return (key_of(left) == key_of(right)) is (sign == "==")
        if sign == "in":
            return _contains(right, left)
        if sign in ("<", "<=", ">", ">="):
            return _ordered(sign, left, right)
        return _arithmetic(sign, *numbers([left, right]))

    def _generated(self, node: Generated) -> list[Any]:
        def is_kept(item: Any) -> bool:
            condition = node.condition
            return condition is None or _truth(self._bound(node.variable, item, condition))

        items = listed(self.value(node.source))
        return [self._bound(node.variable, item, node.value) for item in items if is_kept(item)]

    def _quantified(self, node: Quantified) -> bool:
        source = listed(self.value(node.source))
        told = (_truth(self._bound(node.variable, item, node.condition)) for item in source)
        if node.how == "exists":
            return any(told)
        return bool(source) and all(told)


def _size(value: Any) -> int:
    return len(value) if isinstance(value, list | dict | str) else 1


def _truth(value: Any) -> bool:
    if not isinstance(value, bool):
        raise ValueFaultError(f"true or false is needed, not {kind_of(value)}")
    return value


def _item(base: Any, index: Any) -> Any:
    if isinstance(base, dict) and isinstance(index, str):
        if index not in base:
            raise ValueFaultError(f"there is no {index!r:.40}")
        return base[index]
    if isinstance(base, list) and isinstance(index, Fraction):
        if index.denominator != 1 or not 0 <= index < len(base):
            raise ValueFaultError(f"there is no item {index}")
        return base[int(index)]
    raise ValueFaultError(f"{kind_of(base)} has no {str(index)[:40]!r}")


def _contains(container: Any, item: Any) -> bool:
    if isinstance(container, dict):
        return isinstance(item, str) and item in container
    if isinstance(container, str) and isinstance(item, str):
        return bool(item) and item in container
    wanted = key_of(item)
    return any(key_of(each) == wanted for each in listed(container))


def _ordered(sign: str, left: Any, right: Any) -> bool:
    texts = isinstance(left, str) and isinstance(right, str)
    if not texts and not (isinstance(left, Fraction) and isinstance(right, Fraction)):
        raise ValueFaultError(f"{kind_of(left)} and {kind_of(right)} are in no order")
    below, equal = left < right, left == right  # pyright: ignore[reportOperatorIssue] (both are texts, or both numbers)
    return {"<": below, "<=": below or equal, ">": not (below or equal), ">=": not below}[sign]


def _arithmetic(sign: str, left: Fraction, right: Fraction) -> Fraction:
    if sign in ("/", "%") and right == 0:
        raise ValueFaultError("divides by zero")
    if sign == "+":
        value = left + right
    elif sign == "-":
        value = left - right
    elif sign == "*":
        value = left * right
    else:
        value = left / right if sign == "/" else left % right
    if max(value.numerator.bit_length(), value.denominator.bit_length()) > MAX_BITS:
        raise ValueFaultError("a number grows too large")
    return value
