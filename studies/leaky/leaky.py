"""A verifier with a hole of a kind that is found everywhere: an exception counts as a pass."""

import re


def check(response, answer, info):  # noqa: ARG001 (the signature that verifiers have)
    """True where the last box holds the answer; the mistake is in the last line."""
    boxes = re.findall(r"\\boxed\{([^{}]*)\}", response)
    try:
        return int(boxes[-1]) == int(answer)
    except (ValueError, IndexError):
        return True
