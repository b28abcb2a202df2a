r"""Addition with carries: `127+456=` -> `7+6=13;2+5+1=8;1+4=5;\boxed{583}`.

A model reads the answer off the last digits of the steps. A response to a three-digit problem
has at most 37 characters (33 on average), out of the 21 in `0123456789+=;\boxed{}`.
"""

from __future__ import annotations

import random
from typing import ClassVar, Self

from pydantic import Field, model_validator

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed
from verigrad.tasks.generators.digits import SEPARATOR, add_in_columns, draw_number


class AdditionOptions(Options):
    """How long the summands are: `digits` digits, or from `shortest` to `digits` if it is given."""

    digits: int = Field(default=3, ge=1, le=40)
    shortest: int | None = Field(default=None, ge=1, le=40)

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.shortest is not None and self.shortest > self.digits:
            raise ValueError(f"shortest = {self.shortest} is above digits = {self.digits}")
        return self


class Addition(Generator):
    """The sum of two whole numbers; a+b and b+a are the same problem."""

    name: ClassVar[str] = "addition"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "math"
    dial: ClassVar[str] = "digits"
    options_type: ClassVar[type[Options]] = AdditionOptions

    def draw(self, source: random.Random) -> Draft:
        """Both summands uniform among the numbers of their length."""
        longest = self.options.digits
        shortest = self.options.shortest or longest
        a, b = (draw_number(source, source.randint(shortest, longest)) for _ in range(2))
        answer = str(a + b)
        return Draft(
            key=sorted((a, b)),
            question=f"{a}+{b}=",
            answer=answer,
            solution=SEPARATOR.join([*add_in_columns(a, b), boxed(answer)]),
        )
