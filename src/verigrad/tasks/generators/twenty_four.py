r"""Twenty-four: make 24 from four numbers, each once, fractions allowed on the way.

`Make 24 from 1 5 5 5, each once, with + - * / and parentheses.` -> `\boxed{5*(5-1/5)}`. Every set
of numbers can be done: it was searched for. The verifier is `countdown`.
"""

from __future__ import annotations

import random
from fractions import Fraction
from itertools import permutations
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed


class TwentyFourOptions(Options):
    """So many `numbers` from 1 to `largest` make `target`."""

    numbers: int = Field(default=4, ge=2, le=5)
    largest: int = Field(default=13, ge=2, le=100)
    target: int = Field(default=24, ge=1, le=1_000)


class TwentyFour(Generator):
    """Numbers drawn at random until they can be done."""

    name: ClassVar[str] = "twenty_four"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "countdown"
    dial: ClassVar[str] = "numbers"
    options_type: ClassVar[type[Options]] = TwentyFourOptions

    def draw(self, source: random.Random) -> Draft:
        """The first expression that the search finds is the reference."""
        expression = None
        numbers: list[int] = []
        while expression is None:
            numbers = [source.randint(1, self.options.largest) for _ in range(self.options.numbers)]
            expression = reach(numbers, self.options.target)
        listed = " ".join(map(str, numbers))
        return Draft(
            key=[sorted(numbers), self.options.target],
            question=(
                f"Make {self.options.target} from {listed}, each once, "
                "with + - * / and parentheses."
            ),
            answer=str(self.options.target),
            solution=boxed(expression),
            info={"numbers": numbers, "expression": expression},
        )


def reach(numbers: list[int], target: int) -> str | None:
    """An expression over all of `numbers` with this value, by joining two at a time.

    >>> reach([1, 5, 5, 5], 24)
    '5*(5-(1/5))'
    >>> reach([1, 1, 1, 1], 24) is None
    True
    """
    found = _join([(Fraction(number), str(number)) for number in numbers], Fraction(target))
    return None if found is None else found[1:-1] if found.startswith("(") else found


def _join(terms: list[tuple[Fraction, str]], target: Fraction) -> str | None:
    if len(terms) == 1:
        return terms[0][1] if terms[0][0] == target else None
    for i, j in permutations(range(len(terms)), 2):
        rest = [term for k, term in enumerate(terms) if k not in (i, j)]
        (left, left_text), (right, right_text) = terms[i], terms[j]
        values = {"-": left - right}
        if i < j:
            values |= {"+": left + right, "*": left * right}
        if right:
            values["/"] = left / right
        for sign, value in values.items():
            found = _join([*rest, (value, f"({left_text}{sign}{right_text})")], target)
            if found is not None:
                return found
    return None
