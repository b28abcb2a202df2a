r"""Subtraction with borrows: `523-187=` -> `13-7=6;12-8-1=3;5-1-1=3;\boxed{336}`.

The answer is never negative; a zero in front of it is dropped.
"""

from __future__ import annotations

import random
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed
from verigrad.tasks.generators.digits import SEPARATOR, draw_number, subtract_in_columns


class SubtractionOptions(Options):
    """Both numbers have `digits` digits."""

    digits: int = Field(default=3, ge=1, le=40)


class Subtraction(Generator):
    """The difference of two whole numbers, the larger one first."""

    name: ClassVar[str] = "subtraction"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "math"
    dial: ClassVar[str] = "digits"
    options_type: ClassVar[type[Options]] = SubtractionOptions

    def draw(self, source: random.Random) -> Draft:
        """Two numbers, uniform among those of `digits` digits, put in order."""
        b, a = sorted(draw_number(source, self.options.digits) for _ in range(2))
        answer = str(a - b)
        return Draft(
            key=[a, b],
            question=f"{a}-{b}=",
            answer=answer,
            solution=SEPARATOR.join([*subtract_in_columns(a, b), boxed(answer)]),
        )
