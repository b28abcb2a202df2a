"""Plain values <-> JSON trees of arrays, exact in type; the only language between processes.

None, booleans, strings, finite floats and ints stand for themselves; everything else is an array
whose first item is a tag: `l` list, `t` tuple, `s` set, `z` frozenset, `d` dict (key, value, key,
value, ...), `b` bytes, `F` a float that is not finite, `i` a large int in hexadecimal, `c` complex,
`D` Decimal, `Q` Fraction, `q` deque, `r` range, and, between candidate and tests only, `h` an
object of the candidate's by number. Types are compared by identity: an instance of a subclass is
refused, so no `__eq__`, `__len__` or `__iter__` of someone else's ever runs.

`encode((1, True))` is `["t", 1, True]`.
"""

from __future__ import annotations

import collections
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

MAX_DEPTH = 100
MAX_NODES = 300_000
LARGE = 1 << 53

_SEQUENCES = {
    list: "l",
    tuple: "t",
    set: "s",
    frozenset: "z",
    collections.deque: "q",
}
_DICTS = (dict, collections.OrderedDict, collections.defaultdict, collections.Counter)
_BUILDERS = {"l": list, "t": tuple, "s": set, "z": frozenset, "q": collections.deque}


class NotPlain(Exception):  # noqa: N818 (what was found)
    """The value is too deep or too large."""


class UnknownType(NotPlain):
    """The value holds an object of a type that is not plain."""


class Encoder:
    """Encodes one value, counting what it visits."""

    def __init__(self) -> None:
        self.nodes = 0

    def encode(self, value: Any, depth: int = 0) -> Any:
        """The tree of `value`; NotPlain where it has none."""
        self.nodes += 1
        if self.nodes > MAX_NODES or depth > MAX_DEPTH:
            raise NotPlain("the value is too large or too deep")
        kind = type(value)
        if value is None or kind is bool or kind is str:
            return value
        if kind is int:
            return value if -LARGE < value < LARGE else ["i", hex(value)]
        if kind is float:
            return value if value - value == 0.0 else ["F", repr(value)]
        if kind in _SEQUENCES:
            return [_SEQUENCES[kind], *[self.encode(item, depth + 1) for item in list(value)]]
        if kind in _DICTS:
            flat = [part for pair in list(dict.items(value)) for part in pair]
            return ["d", *[self.encode(part, depth + 1) for part in flat]]
        return self._rare(value, kind)

    def _rare(self, value: Any, kind: type) -> Any:
        if kind is bytes or kind is bytearray:
            return ["b", bytes(value).hex()]
        if kind is complex:
            return ["c", self.encode(value.real), self.encode(value.imag)]
        if kind is _loaded("decimal", "Decimal"):
            return ["D", str(value)]
        if kind is _loaded("fractions", "Fraction"):
            return ["Q", hex(value.numerator), hex(value.denominator)]
        if kind is range:
            return ["r", self.encode(value.start), self.encode(value.stop), self.encode(value.step)]
        raise UnknownType(f"{kind.__module__}.{kind.__qualname__} is no plain value"[:200])


def _loaded(module: str, name: str) -> Any:
    """A class, where its module is in memory, as a value of it implies (importing takes 3 ms)."""
    return getattr(sys.modules.get(module), name, _ABSENT)


_ABSENT = object()


def encode(value: Any) -> Any:
    """The JSON tree of a plain value; NotPlain for anything else.

    >>> encode({"a": (1, 2.0)})
    ['d', 'a', ['t', 1, 2.0]]
    """
    return Encoder().encode(value)


def decode(tree: Any, objects: Mapping[int, Any] = MappingProxyType({})) -> Any:
    """The value of a tree; an error of ValueError's, LookupError's or TypeError's kind for others.

    `objects` are what `h` may name.

    >>> decode(["s", 1, ["t", 2]]) == {1, (2,)}
    True
    """
    if isinstance(tree, dict):
        raise ValueError("a JSON object is no value")
    if not isinstance(tree, list):
        return tree
    tag, *items = tree
    if tag in _BUILDERS:
        return _BUILDERS[tag]([decode(item, objects) for item in items])
    if tag == "h":
        return objects[items[0]]
    if tag == "d":
        parts = [decode(item, objects) for item in items]
        return dict(zip(parts[::2], parts[1::2], strict=True))
    return _decode_rare(tag, items)


def _decode_rare(tag: str, items: list[Any]) -> Any:
    if tag == "i":
        return int(items[0], 16)
    if tag == "F":
        return {"nan": float("nan"), "inf": float("inf"), "-inf": float("-inf")}[items[0]]
    if tag == "b":
        return bytes.fromhex(items[0])
    if tag == "c":
        return complex(decode(items[0]), decode(items[1]))
    if tag == "D":
        from decimal import Decimal

        return Decimal(items[0])
    if tag == "Q":
        from fractions import Fraction

        return Fraction(int(items[0], 16), int(items[1], 16))
    if tag == "r":
        return range(decode(items[0]), decode(items[1]), decode(items[2]))
    raise ValueError(f"unknown tag {str(tag)[:20]!r}")
