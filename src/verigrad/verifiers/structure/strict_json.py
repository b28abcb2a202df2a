"""JSON as the standard has it: no duplicate keys, no NaN or Infinity, bounded in size and depth."""

from __future__ import annotations

import json
import math
from typing import Any

MAX_CHARS = 500_000
MAX_DEPTH = 64
MAX_DIGITS = 400


class NotJsonError(ValueError):
    """The text is no JSON that this reads; says why."""


def parse_json(text: str) -> Any:
    """The value of a JSON text; NotJsonError for anything else.

    >>> parse_json('{"a": [1, 2.5]}')
    {'a': [1, 2.5]}
    >>> parse_json('{"a": 1, "a": 2}')
    Traceback (most recent call last):
    verigrad.verifiers.structure.strict_json.NotJsonError: the key 'a' stands twice
    """
    if len(text) > MAX_CHARS:
        raise NotJsonError(f"over {MAX_CHARS} characters")
    _check_depth(text)
    try:
        return json.loads(
            text,
            object_pairs_hook=_object,
            parse_constant=_constant,
            parse_float=_float,
            parse_int=_int,
        )
    except NotJsonError:
        raise
    except (ValueError, RecursionError) as error:
        raise NotJsonError(str(error)[:200]) from None


def _check_depth(text: str) -> None:
    """Brackets inside strings do not nest."""
    depth, in_string, escaped = 0, False, False
    for character in text:
        if in_string:
            if escaped:
                escaped = False
            elif character == "\\":
                escaped = True
            elif character == '"':
                in_string = False
        elif character == '"':
            in_string = True
        elif character in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise NotJsonError(f"nested over {MAX_DEPTH} deep")
        elif character in "]}":
            depth -= 1


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for key, value in pairs:
        if key in made:
            raise NotJsonError(f"the key {key!r:.60} stands twice")
        made[key] = value
    return made


def _constant(name: str) -> Any:
    raise NotJsonError(f"{name} is no JSON")


def _float(text: str) -> float:
    if len(text) > MAX_DIGITS:
        raise NotJsonError(f"a number of {len(text)} characters")
    value = float(text)
    if math.isinf(value):
        raise NotJsonError(f"{text[:40]} is too large a number")
    return value


def _int(text: str) -> int:
    if len(text) > MAX_DIGITS:
        raise NotJsonError(f"a number of {len(text)} characters")
    return int(text)
