"""Tools told in words, for templates that have no place for schemas."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from verigrad.rollouts.tools.base import ToolCall
from verigrad.rollouts.tools.formats import CallFormat


def described(schemas: Sequence[Mapping[str, Any]], call_format: CallFormat) -> str:
    """What the policy may call, and how it writes a call."""
    functions = [json.dumps(schema["function"], ensure_ascii=False) for schema in schemas]
    first = schemas[0]["function"]
    names = first["parameters"].get("properties", {})
    example = call_format.write([ToolCall(first["name"], dict.fromkeys(names, "..."))])
    return "\n".join(
        [
            "You can call these tools, each described by a JSON schema:",
            *functions,
            "To call one, answer with nothing but calls, written like this:",
            example,
            "You will be given the results. Answer without a call when you are done.",
        ]
    )
