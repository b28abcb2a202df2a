"""`{{ item.x }}` and `{{ sample.output_text }}`: filled in once, values are never read again."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from verigrad.verifiers.graders.errors import GraderError, GradingError
from verigrad.verifiers.structure.strict_json import NotJsonError, parse_json

_SLOT = re.compile(r"\{\{\s*([A-Za-z_][\w.\[\]]{0,200})\s*\}\}")
_STEP = re.compile(r"\.?([A-Za-z_]\w*)|\[(\d{1,6})\]")
_ROOTS = ("item", "sample")


def sample_of(response: str) -> dict[str, Any]:
    """What graders call `sample`."""
    return {"output_text": response, "output_tools": []}


def fill(template: str, *, item: Mapping[str, Any], sample: Mapping[str, Any]) -> str:
    """The template with its slots filled; a text as it is, anything else as JSON.

    >>> fill("{{item.a}}: {{ sample.output_text }}", item={"a": 1}, sample={"output_text": "{{x}}"})
    '1: {{x}}'
    """

    def value(match: re.Match[str]) -> str:
        found = _look_up(match.group(1), {"item": item, "sample": sample})
        return found if isinstance(found, str) else json.dumps(found, ensure_ascii=False)

    return _SLOT.sub(value, template)


def _look_up(path: str, space: Mapping[str, Any]) -> Any:
    root, rest = re.match(r"(\w+)(.*)", path, re.DOTALL).groups()  # pyright: ignore[reportOptionalMemberAccess] (the slot starts with a name)
    if root not in _ROOTS:
        raise GradingError(GraderError.INVALID_VARIABLE, f"{path} starts neither item nor sample")
    value: Any = space[root]
    if root == "sample" and re.match(r"\.output_json\b", rest):
        value = {**value, "output_json": _parsed(value["output_text"])}
    at = 0
    while at < len(rest):
        step = _STEP.match(rest, at)
        if step is None:
            raise GradingError(GraderError.INVALID_VARIABLE, f"no path: {path}")
        value = _step(value, step.group(1), step.group(2), path)
        at = step.end()
    return value


def _step(value: Any, name: str | None, index: str | None, path: str) -> Any:
    try:
        if name is not None and isinstance(value, Mapping):
            return value[name]
        if index is not None and isinstance(value, list | tuple):
            return value[int(index)]
    except (KeyError, IndexError):
        pass
    in_answer = path.startswith("sample.output_json")
    kind = GraderError.SAMPLE_PARSE if in_answer else GraderError.INVALID_VARIABLE
    raise GradingError(kind, f"there is no {path}")


def _parsed(text: str) -> Any:
    try:
        return parse_json(text.strip())
    except NotJsonError as error:
        raise GradingError(GraderError.SAMPLE_PARSE, f"output_text is no JSON: {error}") from None
