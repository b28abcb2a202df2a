r"""Sorting letters or numbers: `sort dbac:` -> `dbac>a;dbc>b;dc>c;d>d;\boxed{abcd}`.

Each step shows what is left and takes the smallest. Numbers are separated by spaces.
"""

from __future__ import annotations

import random
import string
from typing import Any, ClassVar, Literal, Self

from pydantic import Field, model_validator

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed
from verigrad.tasks.generators.digits import SEPARATOR


class SortingOptions(Options):
    """How many different letters, or whole numbers from 0 to `largest`, are sorted."""

    length: int = Field(default=5, ge=2, le=100)
    of: Literal["letters", "numbers"] = "letters"
    largest: int = Field(default=99, ge=1)

    @model_validator(mode="after")
    def _enough_to_choose_from(self) -> Self:
        choice = 26 if self.of == "letters" else self.largest + 1
        if self.length > choice:
            raise ValueError(f"length = {self.length}, but there are only {choice} {self.of}")
        return self


class Sorting(Generator):
    """Different items into ascending order; never one that is in order already."""

    name: ClassVar[str] = "sorting"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "exact"
    dial: ClassVar[str] = "length"
    options_type: ClassVar[type[Options]] = SortingOptions

    def draw(self, source: random.Random) -> Draft:
        """Any order of any items, except the sorted one."""
        items = self._items(source)
        ordered = sorted(items)
        if items == ordered:
            items.reverse()
        joiner = "" if self.options.of == "letters" else " "

        def show(some: list[str] | list[int]) -> str:
            return joiner.join(map(str, some))

        steps = [
            f"{show([item for item in items if item >= smallest])}>{smallest}"
            for smallest in ordered
        ]
        return Draft(
            key=items,
            question=f"sort {show(items)}:",
            answer=show(ordered),
            solution=SEPARATOR.join([*steps, boxed(show(ordered))]),
        )

    def _items(self, source: random.Random) -> list[Any]:
        if self.options.of == "letters":
            return source.sample(string.ascii_lowercase, self.options.length)
        return source.sample(range(self.options.largest + 1), self.options.length)
