r"""Long multiplication: `47*86=`, one row for each digit of the second number.

The row of a digit is its column products, then the row with its zeros, then (from the second
row on) the column addition to what there was, then the new total:
`7*6=42;4*6+4=28;282;7*8=56;4*8+5=37;3760;2+0=2;8+6=14;2+7+1=10;0+3+1=4;4042;\boxed{4042}`.
"""

from __future__ import annotations

import random
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed
from verigrad.tasks.generators.digits import (
    SEPARATOR,
    add_in_columns,
    draw_number,
    multiply_in_columns,
)


class MultiplicationOptions(Options):
    """How long the two factors are."""

    digits: int = Field(default=3, ge=1, le=20)
    other_digits: int = Field(default=1, ge=1, le=20)


class Multiplication(Generator):
    """The product of two whole numbers; a*b and b*a are the same problem."""

    name: ClassVar[str] = "multiplication"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "math"
    dial: ClassVar[str] = "digits"
    options_type: ClassVar[type[Options]] = MultiplicationOptions

    def draw(self, source: random.Random) -> Draft:
        """Both factors uniform among the numbers of their length."""
        a = draw_number(source, self.options.digits)
        b = draw_number(source, self.options.other_digits)
        answer = str(a * b)
        return Draft(
            key=sorted((a, b)),
            question=f"{a}*{b}=",
            answer=answer,
            solution=SEPARATOR.join([*multiply_in_rows(a, b), boxed(answer)]),
        )


def multiply_in_rows(a: int, b: int) -> list[str]:
    """The steps of a long multiplication; each row ends in the total so far.

    >>> ";".join(multiply_in_rows(12, 21))
    '2*1=2;1*1=1;12;2*2=4;1*2=2;240;2+0=2;1+4=5;0+2=2;252'
    """
    steps: list[str] = []
    total = 0
    for place, digit in enumerate(map(int, reversed(str(b)))):
        row = a * digit * 10**place
        steps += [*multiply_in_columns(a, digit), str(row)]
        if place:
            steps += [*add_in_columns(total, row), str(total + row)]
        total += row
    return steps
