"""A special judge: the problem's own `check(input, output, expected)`, in a sandbox of its own.

Only the boolean True accepts. The contestant's output arrives as plain data.
"""

from __future__ import annotations

import json
import os

from verigrad.verifiers.code.child.codec import decode
from verigrad.verifiers.code.child.solution import load_solution


def main(payload: bytes) -> None:
    """Load the checker, ask it once, write the verdict's frame to descriptor 4."""
    request = json.loads(payload)
    try:
        space = load_solution(request["source"], "checker")
        question = [decode(request[name]) for name in ("input", "output", "expected")]
        said = ["accepts", space["check"](*question) is True]
    except BaseException as error:  # noqa: BLE001 (a checker that raises accepts nothing)
        said = ["raised", f"{type(error).__name__}: {error}"[:300]]
    body = json.dumps(said).encode()
    os.write(4, f"{request['nonce']} 0 {len(body)}\n".encode() + body)
    os._exit(0)
