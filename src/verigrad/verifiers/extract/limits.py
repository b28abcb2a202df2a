"""How many places of a response are looked at before it counts as hedging."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TypeVar

MAX_CANDIDATES = 16
MAX_MARKERS = 1_000

T = TypeVar("T")


class TooManyMarkersError(Exception):
    """More boxes, anchors or tags than any answer needs."""


def bounded(found: Iterable[T]) -> Iterator[T]:
    """The items of `found`; TooManyMarkersError after the 1,000th."""
    for number, item in enumerate(found):
        if number >= MAX_MARKERS:
            raise TooManyMarkersError
        yield item
