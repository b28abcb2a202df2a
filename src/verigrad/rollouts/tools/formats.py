"""How calls are written in a response: one strict reader for each family of chat templates.

A reader finds every call, or says what is wrong with it: a broken call is a fault that the policy
is told of, never guessed at. What stands inside reasoning is no call. JSON with a name twice, NaN
or anything behind it is broken.
"""

from __future__ import annotations

import contextlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar, Protocol

from verigrad.rollouts.tools.base import ToolCall
from verigrad.verifiers.extract.reasoning import blank_reasoning

MAX_CALL_CHARS = 50_000
_BLANKS = " \t\r\n"


@dataclass(frozen=True, slots=True)
class Parsed:
    """The calls of a response in order, and what is wrong with those that cannot be read."""

    calls: tuple[ToolCall, ...] = ()
    faults: tuple[str, ...] = ()

    @property
    def is_call(self) -> bool:
        """True where the response calls something, or tries to."""
        return bool(self.calls or self.faults)


class CallFormat(Protocol):
    """Reads calls from a response, and writes them."""

    name: ClassVar[str]

    def parse(self, text: str) -> Parsed:
        """Every call in `text`; linear in its length, and no exception for any text."""
        ...

    def write(self, calls: Sequence[ToolCall]) -> str:
        """A response that makes these calls and says nothing else."""
        ...


class BrokenCallError(Exception):
    """The text is no call; the message says why."""


class Hermes:
    r"""`<tool_call>{"name": ..., "arguments": {...}}</tool_call>`: Hermes, Qwen2.5, Qwen3.

    >>> Hermes().parse('<tool_call>{"name": "add", "arguments": {"a": 1}}</tool_call>').calls
    (ToolCall(name='add', arguments={'a': 1}),)
    """

    name: ClassVar[str] = "hermes"
    opens: ClassVar[str] = "<tool_call>"
    closes: ClassVar[str] = "</tool_call>"

    def parse(self, text: str) -> Parsed:
        """Every pair of tags is a call, or a fault."""
        return _between(blank_reasoning(text), self.opens, self.closes)

    def write(self, calls: Sequence[ToolCall]) -> str:
        """One pair of tags a call, each on lines of its own as Qwen's template writes them."""
        return "\n".join(f"{self.opens}\n{_dump(call)}\n{self.closes}" for call in calls)


class Fenced:
    """A fenced block labelled `tool_call` or `json` with name and arguments: any other model.

    A `json` block that is not an object of exactly these two is no call.
    """

    name: ClassVar[str] = "fenced"

    def parse(self, text: str) -> Parsed:
        """Calls of both labels, in order of their labels and then of place."""
        text = blank_reasoning(text)
        said = _between(text, "```tool_call", "```")
        calls, at = list(said.calls), 0
        while (at := text.find("```json", at)) >= 0:
            start = at + len("```json")
            end = text.find("```", start)
            if end < 0:
                break
            with contextlib.suppress(BrokenCallError):  # JSON that is no call is answer text
                calls.append(_call(_load(text[start:end])))
            at = end + 3
        return Parsed(tuple(calls), said.faults)

    def write(self, calls: Sequence[ToolCall]) -> str:
        """One block a call."""
        return "\n".join(f"```tool_call\n{_dump(call)}\n```" for call in calls)


class Llama3:
    """`{"name": ..., "parameters": {...}}` as all of the response, several with `;` between.

    `<|python_tag|>` may stand in front, and then everything behind it must be calls.
    """

    name: ClassVar[str] = "llama3"
    tag: ClassVar[str] = "<|python_tag|>"

    def parse(self, text: str) -> Parsed:
        """A response that begins with an object of a name is calls alone, or a fault."""
        text = blank_reasoning(text).strip(_BLANKS)
        before, tag, after = text.rpartition(self.tag)
        if tag and not before.strip(_BLANKS):
            text = after.strip(_BLANKS)
        elif tag:
            return Parsed(faults=("text stands in front of the call",))
        if not tag and not _opens_with_name(text):
            return Parsed()
        try:
            return Parsed(tuple(_sequence(text)))
        except BrokenCallError as error:
            return Parsed(faults=(str(error),))

    def write(self, calls: Sequence[ToolCall]) -> str:
        """All calls, joined by `; `."""
        return "; ".join(_dump(call, key="parameters") for call in calls)


class Mistral:
    """`[TOOL_CALLS] [{...}, ...]`, or `[TOOL_CALLS]name[ARGS]{...}` for each call (Tekken v11)."""

    name: ClassVar[str] = "mistral"
    opens: ClassVar[str] = "[TOOL_CALLS]"
    arguments: ClassVar[str] = "[ARGS]"

    def parse(self, text: str) -> Parsed:
        """Everything behind the first mark must be calls."""
        _, mark, rest = blank_reasoning(text).partition(self.opens)
        if not mark:
            return Parsed()
        try:
            if self.arguments in rest:
                return Parsed(tuple(self._named(piece) for piece in rest.split(self.opens)))
            rows = _load(rest)
            if not isinstance(rows, list) or not rows:
                raise BrokenCallError("a list of calls must follow [TOOL_CALLS]")
            return Parsed(tuple(map(_call, rows)))
        except BrokenCallError as error:
            return Parsed(faults=(str(error),))

    def write(self, calls: Sequence[ToolCall]) -> str:
        """The list form."""
        return f"{self.opens} [{', '.join(map(_dump, calls))}]"

    def _named(self, piece: str) -> ToolCall:
        name, mark, body = piece.partition(self.arguments)
        if not mark:
            raise BrokenCallError("a call has no [ARGS]")
        return _call({"name": name.strip(_BLANKS), "arguments": _load(body)})


def find_format(tokenizer: Any) -> str:
    """The name of the format that the tokenizer's template was made for; "fenced" for others."""
    template = str(getattr(tokenizer, "chat_template", "") or "")
    known = (("hermes", "<tool_call>"), ("mistral", "[TOOL_CALLS]"), ("llama3", "<|python_tag|>"))
    if any(mark in template for mark in ("ipython", '"parameters": ')):
        known = (*known, ("llama3", "ipython"))
    return next((name for name, mark in known if mark in template), "fenced")


def _between(text: str, opens: str, closes: str) -> Parsed:
    calls: list[ToolCall] = []
    faults: list[str] = []
    at = 0
    while (at := text.find(opens, at)) >= 0:
        start = at + len(opens)
        end = text.find(closes, start)
        if end < 0:
            faults.append(f"{opens} is never closed")
            break
        try:
            calls.append(_call(_load(text[start:end])))
        except BrokenCallError as error:
            faults.append(str(error))
        at = end + len(closes)
    return Parsed(tuple(calls), tuple(faults))


def _opens_with_name(text: str) -> bool:
    return text.startswith("{") and text[1:].lstrip(_BLANKS).startswith('"name"')


def _sequence(text: str) -> list[ToolCall]:
    """Objects one behind the other, with semicolons or blanks between."""
    calls, at = [], 0
    while at < len(text):
        value, at = _load_at(text, at)
        calls.append(_call(value))
        while at < len(text) and text[at] in _BLANKS + ";":
            at += 1
    if not calls:
        raise BrokenCallError("no call follows the tag")
    return calls


def _load(text: str) -> Any:
    text = text.strip(_BLANKS)
    value, end = _load_at(text, 0)
    if end < len(text):
        raise BrokenCallError("something stands behind the JSON of the call")
    return value


def _load_at(text: str, at: int) -> tuple[Any, int]:
    if len(text) - at > MAX_CALL_CHARS:
        raise BrokenCallError(f"the call is over {MAX_CALL_CHARS} characters long")
    try:
        return _DECODER.raw_decode(text, at)
    except (ValueError, RecursionError) as error:
        raise BrokenCallError(f"the call is no JSON: {str(error)[:100]}") from None


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no JSON")


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name stands twice in an object")
    return found


_DECODER = json.JSONDecoder(object_pairs_hook=_distinct, parse_constant=_refuse_constant)


def _call(value: Any) -> ToolCall:
    """The call that a JSON value is; `parameters` is another word for `arguments`."""
    if not isinstance(value, Mapping):
        raise BrokenCallError("a call must be a JSON object")
    others = value.keys() - {"name", "arguments", "parameters", "id"}
    arguments = value.get("arguments", value.get("parameters"))
    if others or ("arguments" in value) == ("parameters" in value):
        raise BrokenCallError('a call must have "name" and "arguments", and nothing else')
    if not isinstance(value.get("name"), str) or not value["name"]:
        raise BrokenCallError('"name" must be the name of a tool')
    if not isinstance(arguments, Mapping):
        raise BrokenCallError('"arguments" must be a JSON object')
    return ToolCall(value["name"], arguments)


def _dump(call: ToolCall, key: str = "arguments") -> str:
    return json.dumps({"name": call.name, key: dict(call.arguments)}, ensure_ascii=False)
