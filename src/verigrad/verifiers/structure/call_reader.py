"""Function calls of a response, in the forms that models write."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verigrad.core.verdict import Reason
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.structure.payload import PayloadPolicy, find_payload
from verigrad.verifiers.structure.strict_json import NotJsonError, parse_json

_TAG = re.compile(r"<tool_call>(.*?)</tool_call>", re.DOTALL)
MAX_CALLS = 100


@dataclass(frozen=True, slots=True)
class Call:
    """One call."""

    name: str
    arguments: Mapping[str, Any]


def read_calls(response: str, policy: PayloadPolicy) -> list[Call]:
    """The calls, in order; UnreadableError where the response is none of the known forms.

    `<tool_call>{...}</tool_call>`, as often as needed; or one JSON payload: a call, a list of
    calls, or a message with `tool_calls`. A call is `{"name", "arguments"}` or OpenAI's
    `{"type": "function", "function": {"name", "arguments": "<JSON text>"}}`.
    """
    if len(response) > 5 * policy.max_payload_chars:
        raise UnreadableError(Reason.OVER_LIMIT, "the response is too long")
    if "<tool_call>" in response:
        if response.count("<tool_call>") != response.count("</tool_call>"):
            raise UnreadableError(Reason.MALFORMED, "a tool_call tag is not closed")
        found = [_value(text) for text in _TAG.findall(response)]
    else:
        value = _value(find_payload(response, policy).text)
        if isinstance(value, Mapping) and isinstance(value.get("tool_calls"), list):
            value = value["tool_calls"]
        found = value if isinstance(value, list) else [value]
    if len(found) > MAX_CALLS:
        raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_CALLS} calls")
    return [_call(each) for each in found]


def _value(text: str) -> Any:
    try:
        return parse_json(text.strip())
    except NotJsonError as error:
        raise UnreadableError(Reason.MALFORMED, f"no JSON: {error}") from None


def _call(value: Any) -> Call:
    if isinstance(value, Mapping) and isinstance(value.get("function"), Mapping):
        if value.get("type", "function") != "function":
            raise UnreadableError(Reason.MALFORMED, "a call of another type than function")
        value = value["function"]
    if not isinstance(value, Mapping) or set(value) - {"name", "arguments", "parameters", "id"}:
        raise UnreadableError(Reason.MALFORMED, f"no call: {value!r:.80}")
    arguments = value.get("arguments", value.get("parameters"))
    if isinstance(arguments, str):
        arguments = _value(arguments)
    if not isinstance(value.get("name"), str) or not isinstance(arguments, Mapping):
        raise UnreadableError(Reason.MALFORMED, "a call needs a name and an object of arguments")
    return Call(value["name"], arguments)
