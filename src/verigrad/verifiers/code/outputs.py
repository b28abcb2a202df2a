r"""Compare what a program printed with what it should have: bytes in, a boolean out.

Every comparator decodes strictly, compares numbers of lines or tokens before their content, and
knows no character classes beyond ASCII: a full-width digit is no digit, only `\n` ends a line.
"""

from __future__ import annotations

import itertools
import json
import math
import re
from typing import Any

_NUMBER = re.compile(r"[+-]?(?:\d{1,400}(?:\.\d{0,400})?|\.\d{1,400})(?:[eE][+-]?\d{1,6})?", re.A)
_SPACE = " \t\r"


def _decoded(got: bytes, expected: str) -> tuple[str, str] | None:
    try:
        return got.decode("utf-8"), expected
    except UnicodeDecodeError:
        return None


def exact(got: bytes, expected: str) -> bool:
    """The same bytes."""
    return got == expected.encode("utf-8", "surrogatepass")


def to_lines(text: str) -> list[str]:
    r"""Lines without trailing blanks, and without empty lines at the end.

    >>> to_lines("1 \r\n2\n\n")
    ['1', '2']
    """
    found = [line.rstrip(_SPACE) for line in text.split("\n")]
    while found and not found[-1]:
        found.pop()
    return found


def lines(got: bytes, expected: str) -> bool:
    """The same lines; blanks at their ends and empty lines after the last are forgiven."""
    texts = _decoded(got, expected)
    return texts is not None and to_lines(texts[0]) == to_lines(texts[1])


def unordered_lines(got: bytes, expected: str) -> bool:
    """The same lines, each as often, in any order."""
    texts = _decoded(got, expected)
    return texts is not None and sorted(to_lines(texts[0])) == sorted(to_lines(texts[1]))


def to_tokens(text: str) -> list[str]:
    """What stands between spaces, tabs and line ends."""
    return [token for token in re.split(r"[ \t\r\n]+", text) if token]


def tokens(got: bytes, expected: str, *, ignore_case: bool = False) -> bool:
    """The same tokens in the same order."""
    texts = _decoded(got, expected)
    if texts is None:
        return False
    left, right = to_tokens(texts[0]), to_tokens(texts[1])
    if ignore_case:
        left, right = [t.casefold() for t in left], [t.casefold() for t in right]
    return left == right


def to_number(token: str) -> float | None:
    """The finite number a token writes in plain ASCII, else None.

    >>> [to_number(t) for t in ("1e3", "nan", "1_0", "-.5")]
    [1000.0, None, None, -0.5]
    """
    if not _NUMBER.fullmatch(token):
        return None
    number = float(token)
    return number if math.isfinite(number) else None


def floats(got: bytes, expected: str, *, absolute: float, relative: float) -> bool:
    """The same tokens, where a number expected is met by a number within either tolerance."""
    texts = _decoded(got, expected)
    if texts is None:
        return False
    left, right = to_tokens(texts[0]), to_tokens(texts[1])
    if len(left) != len(right):
        return False
    pairs = zip(left, right, strict=True)
    return all(_near(a, b, absolute=absolute, relative=relative) for a, b in pairs)


def _near(got: str, expected: str, *, absolute: float, relative: float) -> bool:
    number, target = to_number(got), to_number(expected)
    if target is None or number is None:
        return got == expected and target is None
    return abs(number - target) <= max(absolute, relative * abs(target))


def _refuse(found: object) -> Any:
    raise ValueError(f"{found!r} is not JSON")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = sorted(key for key, _ in pairs)
    if any(left == right for left, right in itertools.pairwise(keys)):
        raise ValueError("a key stands twice")
    return dict(pairs)


_JSON = json.JSONDecoder(object_pairs_hook=_unique, parse_constant=_refuse)


def json_equal(got: bytes, expected: str) -> bool:
    """The same JSON document: key order and blanks are free, 1 and 1.0 and true are not."""
    texts = _decoded(got, expected)
    if texts is None:
        return False
    try:
        left, right = (_JSON.decode(text.strip(" \t\r\n")) for text in texts)
        return json.dumps(left, sort_keys=True) == json.dumps(right, sort_keys=True)
    except (ValueError, RecursionError):
        return False
