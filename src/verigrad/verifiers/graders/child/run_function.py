"""A function of a problem's or a user's, called once in a sandbox of its own.

Arguments and result are plain JSON. Anything the function prints goes nowhere.
"""

from __future__ import annotations

import json
import os

from verigrad.verifiers.code.child.solution import load_solution


def main(payload: bytes) -> None:
    """Load the source, call the function, write one frame to descriptor 4."""
    request = json.loads(payload)
    try:
        space = load_solution(request["source"], "grader")
        result = space[request["function"]](*request["arguments"])
        said = ["gave", _number(result)]
    except BaseException as error:  # noqa: BLE001 (whatever it raises is what is to be told)
        said = ["raised", f"{type(error).__name__}: {error}"[:300]]
    body = json.dumps(said).encode()
    os.write(4, f"{request['nonce']} 0 {len(body)}\n".encode() + body)
    os._exit(0)


def _number(result: object) -> float | None:
    """A finite number, or nothing: NaN and infinities are no JSON."""
    kind = type(result)
    if kind is bool or kind is int or kind is float:
        value = float(result)  # pyright: ignore[reportArgumentType] (one of the three)
        return value if value - value == 0 else None
    try:
        value = float(result.item())  # pyright: ignore[reportAttributeAccessIssue] (numpy's scalars have it)
    except Exception:  # noqa: BLE001 (no number)
        return None
    return value if value - value == 0 else None
