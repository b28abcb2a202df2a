r"""Modular arithmetic: `((47*6)+85) mod 7=`, operations nested from the left.

Everything is reduced as soon as it is not in 0..m-1, so the answer is the least non-negative
residue: `47 mod 7=5;5*6=30;30 mod 7=2;85 mod 7=1;2+1=3;\boxed{3}`.
"""

from __future__ import annotations

import operator
import random
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed
from verigrad.tasks.generators.digits import SEPARATOR

_OPERATORS = {"+": operator.add, "-": operator.sub, "*": operator.mul}


class ModularOptions(Options):
    """How many `operations` on numbers up to `largest`, modulo 2 to `largest_modulus`."""

    operations: int = Field(default=2, ge=1, le=20)
    largest: int = Field(default=99, ge=1)
    largest_modulus: int = Field(default=12, ge=2)


class Modular(Generator):
    """Sums, differences and products modulo m."""

    name: ClassVar[str] = "modular"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "math"
    dial: ClassVar[str] = "operations"
    options_type: ClassVar[type[Options]] = ModularOptions

    def draw(self, source: random.Random) -> Draft:
        """Operators, numbers from 0 and the modulus are uniform and independent."""
        modulus = source.randint(2, self.options.largest_modulus)
        first = source.randint(0, self.options.largest)
        rest = [
            (source.choice("+-*"), source.randint(0, self.options.largest))
            for _ in range(self.options.operations)
        ]
        steps, answer = _reduce(first, rest, modulus)
        return Draft(
            key=[first, rest, modulus],
            question=f"({_expression(first, rest)}) mod {modulus}=",
            answer=str(answer),
            solution=SEPARATOR.join([*steps, boxed(str(answer))]),
        )


def _expression(first: int, rest: list[tuple[str, int]]) -> str:
    text = str(first)
    for index, (sign, number) in enumerate(rest):
        text = f"({text}){sign}{number}" if index else f"{text}{sign}{number}"
    return text


def _reduce(first: int, rest: list[tuple[str, int]], modulus: int) -> tuple[list[str], int]:
    steps: list[str] = []

    def residue(number: int) -> int:
        if not 0 <= number < modulus:
            steps.append(f"{number} mod {modulus}={number % modulus}")
        return number % modulus

    value = residue(first)
    for sign, number in rest:
        other = residue(number)
        result = _OPERATORS[sign](value, other)
        steps.append(f"{value}{sign}{other}={result}")
        value = residue(result)
    return steps, value
