r"""Countdown: reach a target from given numbers, each used once.

`Make 22 from 3 5 7, each once:` -> `3*5=15;15+7=22;\boxed{3*5+7}`. The answer is the target;
`info["numbers"]` are the numbers and `info["expression"]` is one expression that reaches it
(there may be others, so a verifier must check the expression, not compare it).
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed
from verigrad.tasks.generators.digits import SEPARATOR

_BINDING = {"+": 1, "-": 1, "*": 2, "/": 2}
_ATOM = 3


@dataclass(frozen=True, slots=True)
class _Term:
    """A positive whole number and how it came about; `binding` says when it needs parentheses."""

    value: int
    text: str
    binding: int = _ATOM


class CountdownOptions(Options):
    """How many `numbers` up to `largest`; no result on the way exceeds `largest_result`."""

    numbers: int = Field(default=4, ge=2, le=8)
    largest: int = Field(default=20, ge=1)
    largest_result: int = Field(default=100, ge=2)


class Countdown(Generator):
    """Whole numbers all the way: differences are positive and divisions come out even."""

    name: ClassVar[str] = "countdown"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "countdown"
    dial: ClassVar[str] = "numbers"
    options_type: ClassVar[type[Options]] = CountdownOptions

    def draw(self, source: random.Random) -> Draft:
        """Joins two terms at random until one is left: that is the target."""
        numbers = [source.randint(1, self.options.largest) for _ in range(self.options.numbers)]
        terms = [_Term(number, str(number)) for number in numbers]
        steps: list[str] = []
        while len(terms) > 1:
            source.shuffle(terms)
            joined, step = self._join(source, terms.pop(), terms.pop())
            terms.append(joined)
            steps.append(step)
        target = terms[0]
        listed = " ".join(map(str, numbers))
        return Draft(
            key=[sorted(numbers), target.value],
            question=f"Make {target.value} from {listed}, each once:",
            answer=str(target.value),
            solution=SEPARATOR.join([*steps, boxed(target.text)]),
            info={"numbers": numbers, "expression": target.text},
        )

    def _join(self, source: random.Random, one: _Term, two: _Term) -> tuple[_Term, str]:
        high, low = sorted((one, two), key=lambda term: term.value, reverse=True)
        ceiling = self.options.largest_result
        results = {"+": high.value + low.value, "-": high.value - low.value}
        if low.value > 1:
            results["*"] = high.value * low.value
            if high.value % low.value == 0:
                results["/"] = high.value // low.value
        allowed = [sign for sign, value in results.items() if 0 < value <= ceiling]
        # 0 < high - low unless they are equal, and then high + low or high / low is in reach
        sign = source.choice(allowed)
        term = _Term(results[sign], _write(high, sign, low), _BINDING[sign])
        return term, f"{high.value}{sign}{low.value}={term.value}"


def _write(left: _Term, sign: str, right: _Term) -> str:
    """An expression with no more parentheses than it needs.

    >>> _write(_Term(8, "3+5", 1), "*", _Term(2, "2"))
    '(3+5)*2'
    >>> _write(_Term(9, "9"), "+", _Term(6, "2*3", 2))
    '9+2*3'
    """
    binding = _BINDING[sign]
    strict = sign in "-/"  # a-(b+c) and a/(b*c) need them on the right
    bare_left = left.binding >= binding
    bare_right = right.binding > binding or (right.binding == binding and not strict)
    first = left.text if bare_left else f"({left.text})"
    second = right.text if bare_right else f"({right.text})"
    return f"{first}{sign}{second}"
