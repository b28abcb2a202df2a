"""Compare values that came over the wire: exact in type and value, without hashing anything.

Both sides are trees of `child.codec`. Equality is equality of canonical text, with sets and dicts
put in order; so a set of a million crafted ints costs a sort, and no object of the candidate's is
ever asked anything. True is not 1, 1 is not 1.0, 0.0 is not -0.0, NaN equals nothing.
"""

from __future__ import annotations

import itertools
import json
import math
from typing import Any

from verigrad.core.digests import canonical_json

_TAGS = frozenset("ltszdbFicDQqr")
MAX_DEPTH = 101


class BadTree(ValueError):  # noqa: N818 (what was found)
    """Not a tree that `encode` writes."""


def canonical(tree: Any, *, as_json: bool = False, depth: int = 0) -> str:
    """Text that is equal for equal values, and only for those.

    `as_json` forgets what JSON cannot say (a tuple is a list, an integer key its digits), for
    expected values that come from JSON. Raises BadTree for NaN and for what is no tree.

    >>> canonical(["s", 2, 1]) == canonical(["s", 1, 2])
    True
    >>> canonical(["t", 1], as_json=True)
    '["l",1]'
    """
    if depth > MAX_DEPTH:
        raise BadTree("too deep")
    if isinstance(tree, float):
        return repr(tree)
    if not isinstance(tree, list):
        return json.dumps(tree)
    if not tree or not isinstance(tree[0], str) or tree[0] not in _TAGS:
        raise BadTree("a list without a known tag")
    tag, items = tree[0], tree[1:]
    if tag == "F" and items not in (["inf"], ["-inf"]):
        raise BadTree("NaN equals nothing")
    if tag in "FbiDQ":
        return canonical_json(tree)
    parts = [canonical(item, as_json=as_json, depth=depth + 1) for item in items]
    if tag in "sz":
        parts.sort()
    if tag == "d":
        parts = _pairs(items, parts, as_json=as_json)
    tag = "l" if as_json and tag == "t" else tag
    return "[" + ",".join([json.dumps(tag), *parts]) + "]"


def _pairs(items: list[Any], parts: list[str], *, as_json: bool) -> list[str]:
    keys = [
        json.dumps(str(key)) if as_json and type(key) is int else text
        for key, text in zip(items[::2], parts[::2], strict=True)
    ]
    pairs = sorted(zip(keys, parts[1::2], strict=True))
    if any(left[0] == right[0] for left, right in itertools.pairwise(pairs)):
        raise BadTree("two equal keys")
    return [part for pair in pairs for part in pair]


def equal(got: Any, expected: Any, *, as_json: bool = False) -> bool:
    """Whether two trees are the same value.

    >>> equal(["l", True], ["l", 1])
    False
    """
    try:
        return canonical(got, as_json=as_json) == canonical(expected, as_json=as_json)
    except (ValueError, RecursionError):
        return False


def close(
    got: Any, expected: Any, *, absolute: float, relative: float, as_json: bool = False
) -> bool:
    """As `equal`, but a float expected is met by a finite number within either tolerance.

    >>> close(0.30000000000000004, 0.3, absolute=1e-9, relative=0.0)
    True
    >>> close(["F", "nan"], 0.3, absolute=1e9, relative=1e9)
    False
    """
    if isinstance(expected, float):
        number = type(got) in (int, float) and math.isfinite(got)
        return number and abs(got - expected) <= max(absolute, relative * abs(expected))
    if not isinstance(expected, list) or not isinstance(got, list):
        return equal(got, expected, as_json=as_json)
    if len(got) != len(expected) or not _same_tag(got, expected, as_json=as_json):
        return False
    if expected[:1] == ["d"]:
        got, expected = _sorted_pairs(got), _sorted_pairs(expected)
    elif expected[:1] not in (["l"], ["t"], ["q"], ["c"]):
        return equal(got, expected, as_json=as_json)
    rest = zip(got[1:], expected[1:], strict=True)
    return all(
        close(left, right, absolute=absolute, relative=relative, as_json=as_json)
        for left, right in rest
    )


def _same_tag(got: list[Any], expected: list[Any], *, as_json: bool) -> bool:
    loose = {"t": "l"} if as_json else {}
    return loose.get(got[0], got[0]) == loose.get(expected[0], expected[0])


def _sorted_pairs(tree: list[Any]) -> list[Any]:
    pairs = sorted(zip(tree[1::2], tree[2::2], strict=False), key=lambda pair: json.dumps(pair[0]))
    return ["d", *[part for pair in pairs for part in pair]]


def unordered(got: Any, expected: Any, *, as_json: bool = False) -> bool:
    """Two sequences with the same items, each as often, in any order.

    >>> unordered(["l", 2, 1, 1], ["l", 1, 2, 1])
    True
    """
    if not (isinstance(got, list) and isinstance(expected, list)) or len(got) != len(expected):
        return False
    if not expected or not _same_tag(got, expected, as_json=as_json):
        return False
    try:
        left = sorted(canonical(item, as_json=as_json, depth=1) for item in got[1:])
        right = sorted(canonical(item, as_json=as_json, depth=1) for item in expected[1:])
    except (ValueError, RecursionError):
        return False
    return left == right
