"""Train and held-out: the content of a problem decides, so no problem can ever be in both."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from verigrad.core.digests import canonical_json
from verigrad.core.seeds import derive

HELD_OUT_SHARE = 0.2  # of generated problems; one constant, or two runs could disagree
_SPAN = 1 << 63


class Split(StrEnum):
    """Which part of a source a problem belongs to."""

    TRAIN = "train"
    HELD_OUT = "held_out"


def content_hash(family: str, content: Any) -> int:
    """63 bits that depend on `family` and the JSON value `content`, and on nothing else."""
    return derive("split", family=family, content=canonical_json(content))


def split_of(content_hash_: int, *, held_out_share: float = HELD_OUT_SHARE) -> Split:
    """The split of whatever has this `content_hash`.

    >>> split_of(0), split_of((1 << 63) - 1)
    (<Split.HELD_OUT: 'held_out'>, <Split.TRAIN: 'train'>)
    """
    return Split.HELD_OUT if content_hash_ < held_out_share * _SPAN else Split.TRAIN
