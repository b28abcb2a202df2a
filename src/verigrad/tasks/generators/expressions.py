r"""Arithmetic to be left to a tool: `347*862-91=`, with nothing worked out on the way.

`info["calls"]` is the call that answers it, for warming up on tools; without a tool the worked
solution is the bare answer.
"""

from __future__ import annotations

import math
import random
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed
from verigrad.tasks.generators.digits import draw_number


class ExpressionsOptions(Options):
    """How many operations, between numbers of up to how many digits."""

    operations: int = Field(default=1, ge=1, le=8)
    digits: int = Field(default=3, ge=1, le=20)


class Expressions(Generator):
    """Sums, differences and products of whole numbers of `digits` digits, one product at least.

    What differs only in the order of factors and summands is the same problem.

    >>> draft = Expressions(digits=2).draw(random.Random(0))
    >>> draft.info["calls"][0]["arguments"]["expression"] + "=" == draft.question
    True
    """

    name: ClassVar[str] = "expressions"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "math"
    dial: ClassVar[str] = "operations"
    options_type: ClassVar[type[Options]] = ExpressionsOptions

    def draw(self, source: random.Random) -> Draft:
        """Numbers uniform among those of `digits` digits; at least one operation is a product."""
        count = self.options.operations
        numbers = [draw_number(source, self.options.digits) for _ in range(count + 1)]
        signs = [source.choice("+-*") for _ in range(count)]
        signs[source.randrange(count)] = "*"
        pairs = zip(signs, numbers[1:], strict=True)
        expression = str(numbers[0]) + "".join(f"{sign}{number}" for sign, number in pairs)
        terms = _terms(numbers, signs)
        answer = str(sum(sign * math.prod(factors) for sign, factors in terms))
        return Draft(
            key=sorted([sign, sorted(factors)] for sign, factors in terms),
            question=f"{expression}=",
            answer=answer,
            solution=boxed(answer),
            info={"calls": [{"name": "calculator", "arguments": {"expression": expression}}]},
        )


def _terms(numbers: list[int], signs: list[str]) -> list[tuple[int, list[int]]]:
    """Signs and factors of the summands.

    >>> _terms([2, 3, 4], ["-", "*"])
    [(1, [2]), (-1, [3, 4])]
    """
    terms = [(1, [numbers[0]])]
    for sign, number in zip(signs, numbers[1:], strict=True):
        if sign == "*":
            terms[-1][1].append(number)
        else:
            terms.append((1 if sign == "+" else -1, [number]))
    return terms
