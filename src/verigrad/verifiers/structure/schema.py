"""JSON Schema by the `jsonschema` library, made total: no remote references, no back-tracking.

Patterns go to RE2, unique items are counted by their canonical text instead of pair by pair, and a
schema that demands nothing, names an unknown format or points outside itself is refused.
"""

from __future__ import annotations

import datetime as dt
import ipaddress
import json
import uuid
from collections.abc import Callable, Iterator, Mapping
from functools import lru_cache
from typing import Any

import jsonschema
import referencing
from jsonschema import validators
from jsonschema.exceptions import SchemaError, ValidationError, best_match
from referencing.exceptions import Unresolvable

from verigrad.core.digests import canonical_json
from verigrad.verifiers.structure.patterns import PatternError, compile_pattern

MAX_SCHEMA_CHARS = 200_000
_EXPLAINED = 200


class BadSchemaError(ValueError):
    """A schema that cannot judge anything: the problem's fault."""


class Schema:
    """A checked schema. `fault(value)` is None where the value is valid, else a sentence."""

    def __init__(self, schema: Any) -> None:
        """BadSchemaError where the schema is none, or demands nothing."""
        if not isinstance(schema, Mapping) or not schema:
            raise BadSchemaError("a schema is an object that demands something")
        kind = validators.validator_for(schema, default=jsonschema.Draft202012Validator)
        try:
            kind.check_schema(dict(schema))
            _check_parts(schema)
        except SchemaError as error:
            raise BadSchemaError(f"no JSON Schema: {error.message[:_EXPLAINED]}") from None
        except (PatternError, RecursionError) as error:
            raise BadSchemaError(str(error)[:_EXPLAINED]) from None
        bounded = validators.extend(kind, {
            "pattern": _pattern, "patternProperties": _pattern_properties,
            "uniqueItems": _unique_items, "additionalProperties": _additional_properties,
        })  # fmt: skip
        self._validator = bounded(
            schema, registry=referencing.Registry(), format_checker=_formats()
        )
        if all(self.fault(value) is None for value in _ANYTHING):
            raise BadSchemaError("every value is valid: the schema demands nothing")

    def fault(self, value: Any) -> str | None:
        """What is wrong with the value, and where; None where nothing is."""
        try:
            error = best_match(self._validator.iter_errors(value))
        except Unresolvable as unknown:
            raise BadSchemaError(f"unknown reference {unknown.ref!r:.100}") from None
        except RecursionError:
            raise BadSchemaError("the schema refers to itself without end") from None
        return None if error is None else f"{error.json_path}: {error.message}"[:_EXPLAINED]


@lru_cache(maxsize=256)
def _from_text(text: str) -> Schema:
    return Schema(json.loads(text))


def read_schema(schema: Any) -> Schema:
    """The schema of a reference (an object or its JSON text), kept for the next response."""
    try:
        text = schema if isinstance(schema, str) else canonical_json(schema)
        if len(text) > MAX_SCHEMA_CHARS:
            raise BadSchemaError(f"a schema of over {MAX_SCHEMA_CHARS} characters")
        return _from_text(text)
    except BadSchemaError:
        raise
    except (TypeError, ValueError, RecursionError) as error:
        raise BadSchemaError(f"the schema is no JSON: {error}"[:_EXPLAINED]) from None


_ANYTHING = (None, True, 0, 0.5, "", "x", [], [1, "x"], {}, {"x": 1})


def _check_parts(part: Any) -> None:
    """Every pattern compiles and every format is one that is checked."""
    if isinstance(part, list):
        for item in part:
            _check_parts(item)
        return
    if not isinstance(part, Mapping):
        return
    if isinstance(part.get("pattern"), str):
        compile_pattern(part["pattern"])
    if isinstance(part.get("patternProperties"), Mapping):
        for pattern in part["patternProperties"]:
            compile_pattern(pattern)
    if isinstance(part.get("format"), str) and part["format"] not in _FORMATS:
        raise BadSchemaError(
            f"format {part['format']!r:.40} is not checked; known: {', '.join(_FORMATS)}"
        )
    for value in part.values():
        _check_parts(value)


def _pattern(_: Any, pattern: str, value: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(value, str) and not compile_pattern(pattern).search(value):
        yield ValidationError(f"{value!r:.60} does not match {pattern!r:.60}")


def _pattern_properties(
    validator: Any, patterns: Mapping[str, Any], value: Any, _: Any
) -> Iterator[ValidationError]:
    if isinstance(value, Mapping):
        for pattern, part in patterns.items():
            for key, item in value.items():
                if compile_pattern(pattern).search(key):
                    yield from validator.descend(item, part, path=key, schema_path=pattern)


def _additional_properties(
    validator: Any, part: Any, value: Any, schema: Mapping[str, Any]
) -> Iterator[ValidationError]:
    if not isinstance(value, Mapping):
        return
    patterns = [compile_pattern(pattern) for pattern in schema.get("patternProperties", {})]
    known = schema.get("properties", {})
    for key, item in value.items():
        if key in known or any(pattern.search(key) for pattern in patterns):
            continue
        if part is False:
            yield ValidationError(f"{key!r:.60} is not allowed here")
        else:
            yield from validator.descend(item, part, path=key)


def _unique_items(_: Any, wanted: bool, value: Any, __: Any) -> Iterator[ValidationError]:  # noqa: FBT001 (the library's signature)
    if wanted and isinstance(value, list):
        texts = {canonical_json(_plain(item)) for item in value}
        if len(texts) != len(value):
            yield ValidationError("an item stands twice")


def _plain(value: Any) -> Any:
    """1.0 and 1 are one number to JSON Schema."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return {k: _plain(v) for k, v in value.items()} if isinstance(value, Mapping) else value


def _parses(read: Callable[[str], Any]) -> Callable[[str], bool]:
    def check(text: str) -> bool:
        read(text)
        return True

    return check


def _date_time(text: str) -> dt.datetime:
    value = dt.datetime.fromisoformat(text)
    if value.tzinfo is None or "T" not in text.upper():
        raise ValueError("no time zone")
    return value


def _date(text: str) -> dt.date:
    if len(text) != len("2024-01-01"):
        raise ValueError("not YYYY-MM-DD")
    return dt.date.fromisoformat(text)


def _email(text: str) -> None:
    if not compile_pattern(r"[^@\s]{1,64}@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+").fullmatch(text):
        raise ValueError("no address")


_FORMATS: dict[str, Callable[[str], Any]] = {
    "date": _date, "date-time": _date_time, "time": dt.time.fromisoformat, "email": _email,
    "ipv4": ipaddress.IPv4Address, "ipv6": ipaddress.IPv6Address, "uuid": uuid.UUID,
}  # fmt: skip


def _formats() -> jsonschema.FormatChecker:
    checker = jsonschema.FormatChecker(formats=())
    for name, read in _FORMATS.items():
        check = _parses(read)
        checker.checkers[name] = (
            lambda value, check=check: not isinstance(value, str) or check(value),
            ValueError,
        )
    return checker
