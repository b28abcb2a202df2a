"""Compare rows: typed, counted, in order only where the question asks for it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verigrad.verifiers.code.values import BadTree, canonical

Row = list[Any]


def row_text(row: Row) -> str:
    """Text equal for equal rows. Reals are written with 12 digits, since sums may differ in order.

    >>> row_text([1, "a"]) == row_text([1.0, "a"])
    False
    """
    return "\x00".join(_cell(cell) for cell in row)


def _cell(cell: Any) -> str:
    if isinstance(cell, float):
        return f"f{cell + 0.0:.12g}"
    try:
        return canonical(cell)
    except BadTree:
        return f"?{cell}"  # infinities and NaN of a database are values like others


def same_rows(got: Sequence[Row], expected: Sequence[Row]) -> bool:
    """The same rows, each as often, in any order.

    >>> same_rows([[1], [1], [2]], [[1], [2], [2]])
    False
    """
    if len(got) != len(expected):
        return False
    return sorted(map(row_text, got)) == sorted(map(row_text, expected))


def same_order(got: Sequence[Row], expected: Sequence[Row], keys: Sequence[Row] | None) -> bool:
    """The same rows in an order the keys allow: rows with equal neighbours' keys may change places.

    `keys[i]` are the sort keys of `expected[i]`; None lets no rows change places.
    """
    if len(got) != len(expected):
        return False
    texts = (
        [row_text(key) for key in keys]
        if keys is not None
        else [str(i) for i in range(len(expected))]
    )
    start = 0
    for end in range(1, len(expected) + 1):
        if end == len(expected) or texts[end] != texts[start]:
            if not same_rows(got[start:end], expected[start:end]):
                return False
            start = end
    return True
