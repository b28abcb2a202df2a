"""Text and values in a form that Parquet and JSON hold without loss.

Parquet strings are valid UTF-8, and model text may hold half of a surrogate pair. Such text is
stored as JSON behind a mark, so that what was judged can be judged again, character by character.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any

_MARK = "\x00json:"


def store_text(text: str) -> str:
    """Text that any UTF-8 column takes; `restore_text` undoes it.

    >>> restore_text(store_text(chr(0xD83D))) == chr(0xD83D)
    True
    """
    if text.startswith(_MARK) or not _is_utf8(text):
        return _MARK + json.dumps(text, ensure_ascii=True)
    return text


def _is_utf8(text: str) -> bool:
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return False
    return True


def restore_text(text: str) -> str:
    """The text given to `store_text`."""
    return json.loads(text[len(_MARK) :]) if text.startswith(_MARK) else text


def store_json(value: Any) -> str:
    """JSON with its key order kept; non-ASCII is escaped only where UTF-8 could not hold it."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    return text if _is_utf8(text) else json.dumps(value, ensure_ascii=True, allow_nan=False)


def finite(value: Any) -> Any:
    """The same JSON value with NaN and infinities as text, for evidence meant for people.

    >>> finite({"difference": float("nan")})
    {'difference': 'nan'}
    """
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)
    if isinstance(value, Mapping):
        return {str(key): finite(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [finite(item) for item in value]
    return value
