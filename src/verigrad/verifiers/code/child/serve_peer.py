"""The candidate's side of an assert-style test: its functions, served over a pipe.

Requests arrive on descriptor 5, replies leave on 6, each 4 bytes of length and JSON. The process
never sees a test, an expected value or a verdict: arguments come in, plain values and
handles go out.
"""

from __future__ import annotations

import builtins
import json
import os
import types
from typing import Any

from verigrad.verifiers.code.child.codec import NotPlain, decode, encode
from verigrad.verifiers.code.child.solution import load_solution

_read, _write, _leave = os.read, os.write, os._exit
_dumps, _loads = json.dumps, json.loads
_HANDLED: dict[int, Any] = {}
_SPECIAL = {
    "len": len,
    "iter": iter,
    "next": next,
    "str": str,
    "repr": repr,
    "getitem": lambda target, key: target[key],
    "contains": lambda target, item: item in target,
    "setitem": lambda target, key, value: target.__setitem__(key, value),
    "enter": lambda target: target.__enter__(),
    "exit": lambda target: target.__exit__(None, None, None),
}


def receive() -> Any:
    """The next request; leaves at end of file (the tests are done)."""
    head = _exactly(4)
    return _loads(_exactly(int.from_bytes(head, "big")))


def _exactly(count: int) -> bytes:
    data = b""
    while len(data) < count:
        piece = _read(5, count - len(data))
        if not piece:
            _leave(0)
        data += piece
    return data


def send(reply: list[Any]) -> None:
    """Write one reply."""
    body = _dumps(reply).encode()
    frame = len(body).to_bytes(4, "big") + body
    while frame:
        frame = frame[_write(6, frame) :]


def describe(value: Any) -> list[Any]:
    """`["value", tree]`, or `["handle", id, class name]` for what is no plain value."""
    try:
        return ["value", encode(value)]
    except NotPlain:
        _HANDLED[id(value)] = value
        return ["handle", id(value), type(value).__name__[:100]]


def raised(error: BaseException) -> list[Any]:
    """`["raised", class names from the class to its bases, text]`."""
    names = [kind.__name__[:100] for kind in type(error).__mro__]
    return ["raised", names, str(error)[:300]]


def kind_of(value: Any) -> list[Any]:
    """What a test may do with a name: function, class, exception (with its bases) or value."""
    if isinstance(value, type) and issubclass(value, Exception):
        names = [kind.__name__ for kind in value.__mro__ if hasattr(builtins, kind.__name__)]
        return ["exception", names[0]]
    if isinstance(value, type):
        return ["class"]
    if callable(value):
        return ["function"]
    return describe(value) if not isinstance(value, types.ModuleType) else ["missing"]


def perform(space: dict[str, Any], request: list[Any]) -> Any:
    """Carry out one request of the tests."""
    action, target, name, arguments, keywords = request
    base = space[target] if isinstance(target, str) else _HANDLED[target]
    if action == "special":
        return _SPECIAL[name](base, *decode(arguments, _HANDLED))
    if action == "get":
        return getattr(base, name)
    function = base if name is None else getattr(base, name)
    return function(*decode(arguments, _HANDLED), **decode(keywords, _HANDLED))


def main(payload: bytes) -> None:
    """Import the candidate, say what its names are, then serve until the pipe closes."""
    request = json.loads(payload)
    try:
        space = load_solution(request["source"])
        kinds = {
            name: kind_of(space[name]) if name in space else ["missing"]
            for name in request["names"]
        }
        send(["hello", kinds])
    except BaseException as error:  # noqa: BLE001 (anything a candidate raises is its answer)
        send(raised(error))
        _leave(0)
    while True:
        number, *request = receive()
        try:
            reply = describe(perform(space, request))
        except BaseException as error:  # noqa: BLE001 (anything a candidate raises is its answer)
            reply = raised(error)
        send([number, *reply])
