"""Python source to its syntax tree, from any thread."""

from __future__ import annotations

import ast
from threading import Lock

_ONE_AT_A_TIME = Lock()
_TRIES = 3


def parsed(source: str) -> ast.Module:
    """The tree of `source`; SyntaxError, ValueError, RecursionError or MemoryError if it has none.

    CPython 3.11 and 3.12 count the depth of a tree being made for all threads together
    (python/cpython issue 106905): two that parse at once may both end in SystemError, though
    nothing is wrong with the source. The lock keeps our own threads apart, the second try others'.
    """
    for _ in range(_TRIES - 1):
        try:
            with _ONE_AT_A_TIME:
                return ast.parse(source)
        except SystemError:
            continue
    with _ONE_AT_A_TIME:
        return ast.parse(source)
