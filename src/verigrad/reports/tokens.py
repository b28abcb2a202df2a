"""Token ids as text, from the `tokenizer.json` in a run's checkpoints, without loading a tokenizer.

Only vocabularies whose tokens are text as such, byte-level (as in GPT-2, Llama 3, Qwen) or marked
with U+2581 are read; for others a report shows probabilities without text.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path


def read_vocabulary(run: Path) -> Mapping[int, str]:
    """id -> text, from the newest checkpoint that has a tokenizer.json; empty where none has."""
    for path in sorted(run.glob("checkpoints/*/**/tokenizer.json"), reverse=True):
        content = json.loads(path.read_bytes())
        vocabulary = content.get("model", {}).get("vocab", {})
        if not isinstance(vocabulary, dict):
            continue
        is_bytes = "ByteLevel" in json.dumps(content.get("decoder") or {})
        pieces = {index: _text(piece, is_bytes=is_bytes) for piece, index in vocabulary.items()}
        special = {item["id"]: "" for item in content.get("added_tokens", []) if item["special"]}
        return {**pieces, **special}
    return {}


def _text(piece: str, *, is_bytes: bool) -> str:
    if not is_bytes:
        return piece.replace("\u2581", " ")
    table = _byte_letters()
    if any(letter not in table for letter in piece):
        return piece
    return bytes(table[letter] for letter in piece).decode("utf-8", "replace")


@cache
def _byte_letters() -> dict[str, int]:
    """The letters that stand for bytes in byte-level vocabularies: printable ones for themselves.

    The other bytes, in order, are the letters from U+0100 on.
    """
    printable = {*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)}
    letters = {chr(byte): byte for byte in printable}
    rest = (byte for byte in range(256) if byte not in printable)
    return letters | {chr(0x100 + place): byte for place, byte in enumerate(rest)}


def pieces_of(ids: Sequence[int], *, vocabulary: Mapping[int, str], text: str) -> list[str] | None:
    """The text of every token, if together they are exactly `text`; None otherwise."""
    pieces = [vocabulary.get(index, "\ufffd") for index in ids]
    return pieces if "".join(pieces) == text else None
