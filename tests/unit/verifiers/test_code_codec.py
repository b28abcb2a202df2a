"""The typed codec: exact in type, closed to everything that is not plain."""

import collections
import decimal
import enum
import fractions
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from verigrad.verifiers.code.child.codec import (
    MAX_DEPTH,
    NotPlain,
    UnknownType,
    decode,
    encode,
)

ATOMS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(allow_nan=False),
    st.text(),
    st.binary(),
    st.fractions(),
)
HASHABLE = st.recursive(ATOMS, lambda inner: st.lists(inner).map(tuple), max_leaves=8)
VALUES = st.recursive(
    HASHABLE,
    lambda inner: st.one_of(
        st.lists(inner),
        st.lists(inner).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=4),
        st.sets(HASHABLE, max_size=4),
        st.frozensets(HASHABLE, max_size=4),
    ),
    max_leaves=20,
)


def same(left, right) -> bool:
    """Equal in value and type all the way down (1, 1.0 and True are three things)."""
    if type(left) is not type(right):
        return False
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float):
        return repr(left) == repr(right)
    return left == right


@given(VALUES)
def test_values_come_back_with_their_types(value) -> None:
    wire = json.dumps(encode(value))
    assert same(decode(json.loads(wire)), value)


@pytest.mark.parametrize(
    ("value", "tree"),
    [
        ((1, True), ["t", 1, True]),
        ({"a": [1.0]}, ["d", "a", ["l", 1.0]]),
        (2**60, ["i", "0x1000000000000000"]),
        (float("inf"), ["F", "inf"]),
        (b"\x00\xff", ["b", "00ff"]),
        (decimal.Decimal("1.50"), ["D", "1.50"]),
        (fractions.Fraction(-1, 2), ["Q", "-0x1", "0x2"]),
        (collections.Counter("aa"), ["d", "a", 2]),
        (range(1, 7, 2), ["r", 1, 7, 2]),
    ],
)
def test_the_wire_form(value, tree) -> None:
    assert encode(value) == tree
    assert encode(decode(tree)) == tree


class Int(int):
    pass


class Color(enum.IntEnum):
    RED = 1


class Liar:
    __class__ = int

    def __eq__(self, other):
        return True

    __hash__ = None


POINT = collections.namedtuple("Point", "x")


@pytest.mark.parametrize(
    "value",
    [Int(3), Color.RED, Liar(), POINT(1), object(), int, len, (i for i in ()), [Int(1)], {1: Int}],
    ids=lambda value: type(value).__name__,
)
def test_subclasses_and_objects_are_refused(value) -> None:
    with pytest.raises(UnknownType):
        encode(value)


def test_depth_size_and_cycles_are_bounded() -> None:
    deep: list = []
    for _ in range(MAX_DEPTH + 5):
        deep = [deep]
    cycle: list = []
    cycle.append(cycle)
    for value in (deep, cycle, list(range(400_000))):
        with pytest.raises(NotPlain):
            encode(value)


@pytest.mark.parametrize(
    "tree", [{}, [], ["?"], ["d", 1], ["i", "zz"], ["F", "nana"], ["b", "0"], [1], ["h", 5], ["r"]]
)
def test_foreign_trees_are_errors(tree) -> None:
    with pytest.raises((ValueError, LookupError, TypeError)):
        decode(tree)
