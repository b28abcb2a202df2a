"""Addressed randomness: a stream is named by what it is for, never by who drew before it.

`derive("rollout", step=12, problem="ab12", sample=3)` is the same number on one worker or on
sixty-four, before and after a resume.
"""

from __future__ import annotations

import hashlib
import random

from verigrad.core.digests import canonical_json

SeedPart = int | str | bool | float | None


def derive(purpose: str, **address: SeedPart) -> int:
    """A 63-bit seed for `purpose` at `address` (keyword order does not matter).

    >>> derive("rollout", step=1, sample=2) == derive("rollout", sample=2, step=1)
    True
    """
    text = canonical_json([purpose, address]).encode("utf-8", "surrogatepass")
    return int.from_bytes(hashlib.blake2b(text, digest_size=8).digest(), "big") >> 1


def stream(purpose: str, **address: SeedPart) -> random.Random:
    """A private `random.Random` for `purpose` at `address`."""
    return random.Random(derive(purpose, **address))
