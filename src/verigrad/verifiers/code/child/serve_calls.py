"""Calls a candidate's function with given arguments and writes one frame per call.

The process knows inputs only. Whatever it writes is an answer, so forging a frame gains nothing;
the nonce keeps stray writes from being read as one.
"""

from __future__ import annotations

import json
import os
from typing import Any

from verigrad.verifiers.code.child.codec import NotPlain, decode, encode
from verigrad.verifiers.code.child.solution import find, load_solution

_write, _leave, _dumps = os.write, os._exit, json.dumps


def send(nonce: str, index: int, reply: list[Any]) -> None:
    """Write `<nonce> <index> <length>`, a line feed and the reply's JSON to descriptor 4."""
    body = _dumps(reply).encode()
    frame = f"{nonce} {index} {len(body)}\n".encode() + body
    while frame:
        frame = frame[_write(4, frame) :]


def perform(target: Any, case: dict[str, Any]) -> Any:
    """One call, or for a class: construct it, call the methods, and give all their results."""
    result = target(*decode(case["args"]), **decode(case["kwargs"]))
    if case["calls"] is None:
        return result
    return [getattr(result, name)(*decode(args)) for name, args in case["calls"]]


def answer(space: dict[str, Any], entry_point: str, case: dict[str, Any]) -> list[Any]:
    """`["value", tree]`, `["refused", why]` or `["raised", type, text]`."""
    try:
        return ["value", encode(perform(find(space, entry_point), case))]
    except NotPlain as error:
        return ["refused", str(error)[:300]]
    except BaseException as error:  # noqa: BLE001 (anything a candidate raises is its answer)
        return ["raised", type(error).__name__[:100], str(error)[:300]]


def main(payload: bytes) -> None:
    """Import the candidate, answer every case in the order given, leave at once."""
    request = json.loads(payload)
    nonce, code = request["nonce"], 0
    try:
        space = load_solution(request["source"])
    except BaseException as error:  # noqa: BLE001 (anything a candidate raises is its answer)
        send(nonce, 0, ["import", type(error).__name__[:100], str(error)[:300]])
        _leave(0)
    else:
        for index, case in enumerate(request["cases"]):
            send(nonce, index, answer(space, request["entry_point"], case))
    _leave(code)
