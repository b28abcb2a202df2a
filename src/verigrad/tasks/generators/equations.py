r"""Linear equations with a whole root: `3x-5=16,x=` -> `3x=16+5=21;x=21/3=7;\boxed{7}`.

`steps` is the dial: 1 is `x+b=c`, 2 is `ax+b=c`, 3 is `ax+b=cx+d`.
"""

from __future__ import annotations

import random
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed
from verigrad.tasks.generators.digits import SEPARATOR

_FACTORS = [*range(-9, -1), *range(2, 10)]
_FACTOR_PAIRS = [(a, c) for a in _FACTORS for c in _FACTORS if abs(a - c) > 1]


class EquationsOptions(Options):
    """How many `steps` it takes; roots and constants are at most `largest` in size."""

    steps: int = Field(default=2, ge=1, le=3)
    largest: int = Field(default=50, ge=1)


class Equations(Generator):
    """One linear equation in x."""

    name: ClassVar[str] = "equations"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "math"
    dial: ClassVar[str] = "steps"
    options_type: ClassVar[type[Options]] = EquationsOptions

    def draw(self, source: random.Random) -> Draft:
        """Root, constant (not 0) and factors are uniform; the right side follows from them."""
        largest = self.options.largest
        root = source.randint(-largest, largest)
        constant = source.choice([-1, 1]) * source.randint(1, largest)
        left, right = {
            1: lambda: (1, 0),
            2: lambda: (source.choice(_FACTORS), 0),
            3: lambda: source.choice(_FACTOR_PAIRS),
        }[self.options.steps]()
        other = (left - right) * root + constant
        return Draft(
            key=[left, constant, right, other],
            question=f"{_side(left, constant)}={_side(right, other)},x=",
            answer=str(root),
            solution=SEPARATOR.join([*_solve(left, constant, right, other), boxed(str(root))]),
        )


def _side(factor: int, constant: int) -> str:
    """`ax+b` as people write it.

    >>> _side(1, -5), _side(-3, 0), _side(0, 0)
    ('x-5', '-3x', '0')
    """
    if not factor:
        return str(constant)
    term = {1: "x", -1: "-x"}.get(factor, f"{factor}x")
    return f"{term}{constant:+d}" if constant else term


def _solve(left: int, constant: int, right: int, other: int) -> list[str]:
    """The steps to the root of `left x + constant = right x + other`.

    >>> _solve(5, 3, -2, 24)
    ['5x+2x=7x', '7x=24-3=21', 'x=21/7=3']
    """
    factor, total = left - right, other - constant
    moved = f"{other}{-constant:+d}={total}"
    steps = [f"{_side(left, 0)}{-right:+d}x={_side(factor, 0)}"] if right else []
    steps.append(f"{_side(factor, 0)}={moved}")
    if factor != 1:
        steps.append(f"x={total}/{factor}={total // factor}")
    return steps
