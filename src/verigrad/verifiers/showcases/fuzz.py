"""Hostile responses: pieces of the family's language, mutated right answers, and general poison."""

from __future__ import annotations

import random
from collections.abc import Iterator

from verigrad.verifiers.showcases.words import Showcase

_POISON = (
    "\0", "\ud800", "\u202e", "\ufeff", "\u0661\u0662", "\uff11", "\u2212", "e\u0301",
    "\U0001f600",
    "\r", "\n", "\t", " ", "\\", "\"", "'", "`", "```", "```json\n",
    "<", ">", "</", "&amp;", "<!--",
    "<![CDATA[", "%s", "{0}", "{{item}}", "${x}", "__import__('os')", "1e999", "NaN", "-Infinity",
    "9" * 400, "0x", "1/0", "10**10**10", "(" * 60, "[" * 300, "{" * 300, "{\"a\":" * 60,
    "a" * 3_000,
    "<think>", "</think>", "\\boxed{", "}", "\\frac", "####", "Answer:", "<answer>", "</answer>",
    "!!python/object:os.system", "&a [*a]", "(a+)+$", "://", "file:///etc/passwd", "DROP TABLE x",
)  # fmt: skip


def fuzz_responses(showcase: Showcase, *, seed: int, count: int) -> Iterator[tuple[int, str]]:
    """`count` pairs of (index of the sample, response), the same for the same seed.

    Nothing where there is no sample.
    """
    if not showcase.samples:
        return
    rng = random.Random(seed)
    pieces = (*showcase.pieces, *_POISON)
    for _ in range(count):
        index = rng.randrange(len(showcase.samples))
        sample = showcase.samples[index]
        if rng.random() < 0.35 or not (sample.right or sample.near):
            yield index, "".join(rng.choices(pieces, k=rng.randrange(1, 14)))
            continue
        text = rng.choice((*sample.right, *sample.near))
        for _ in range(rng.randrange(1, 5)):
            text = _mutated(text, rng, pieces)
        yield index, text[:200_000]


def _mutated(text: str, rng: random.Random, pieces: tuple[str, ...]) -> str:
    at, to = sorted(rng.randrange(len(text) + 1) for _ in range(2))
    choice = rng.randrange(6)
    if choice == 0:
        return text[:at] + text[to:]
    if choice == 1:
        return text[:at] + rng.choice(pieces) + text[at:]
    if choice == 2:
        return text[:at] + rng.choice(pieces) + text[to:]
    if choice == 3:
        return text[:to] + text[at:]
    if choice == 4:
        return text[:at] + text[at:to][::-1] + text[to:]
    return text[:at] + chr(rng.choice((0, 9, 10, 32, 48, 65, 127, 0x3B1, 0x4E00))) + text[at + 1 :]
