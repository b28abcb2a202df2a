r"""Multi-step word problems: how many things somebody has after some events.

`Ann has 5 pens. Ann buys 7 pens. Ann loses 3 pens. How many pens does Ann have now?` ->
`5+7=12;12-3=9;\boxed{9}`. Two stories that differ only in names, things and verbs are the same
problem, so nothing held out is a retold training problem.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed
from verigrad.tasks.generators.digits import SEPARATOR

_NAMES = ("Ann", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gia", "Hal")
_THINGS = ("pens", "books", "coins", "shells", "cards", "plums", "stamps", "beads")
_CEILING = 10  # amounts are multiplied only while they stay within this many times `largest`


@dataclass(frozen=True, slots=True)
class _Event:
    """What happens to an amount: `sign` and `number` for the sum, `text` for the story."""

    sign: str
    number: int
    text: str

    def after(self, amount: int) -> int:
        """The amount afterwards."""
        match self.sign:
            case "+":
                return amount + self.number
            case "-":
                return amount - self.number
            case "*":
                return amount * self.number
            case _:
                return amount // self.number


class WordArithmeticOptions(Options):
    """How many events (`steps`) a story has; numbers in it are at most `largest`."""

    steps: int = Field(default=2, ge=1, le=12)
    largest: int = Field(default=50, ge=2)


class WordArithmetic(Generator):
    """Buying, losing, doubling, tripling and halving."""

    name: ClassVar[str] = "word_arithmetic"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "math"
    dial: ClassVar[str] = "steps"
    options_type: ClassVar[type[Options]] = WordArithmeticOptions

    def draw(self, source: random.Random) -> Draft:
        """Each event is uniform among those that the amount allows."""
        who, things = source.choice(_NAMES), source.choice(_THINGS)
        amount = start = source.randint(2, self.options.largest)
        story, sums, key = [f"{who} has {start} {things}."], [], []
        for _ in range(self.options.steps):
            event = self._event(source, amount, things)
            after = event.after(amount)
            story.append(f"{who} {event.text}.")
            sums.append(f"{amount}{event.sign}{event.number}={after}")
            key.append([event.sign, event.number])
            amount = after
        story.append(f"How many {things} does {who} have now?")
        return Draft(
            key=[start, key],
            question=" ".join(story),
            answer=str(amount),
            solution=SEPARATOR.join([*sums, boxed(str(amount))]),
        )

    def _event(self, source: random.Random, amount: int, things: str) -> _Event:
        largest = self.options.largest
        kinds = ["+"]
        kinds += ["-"] if amount > 1 else []
        kinds += ["*"] if 0 < amount * 3 <= _CEILING * largest else []
        kinds += ["/"] if amount > 0 and amount % 2 == 0 else []
        match source.choice(kinds):
            case "+":
                number = source.randint(1, largest)
                return _Event("+", number, f"{source.choice(['buys', 'finds'])} {number} {things}")
            case "-":
                number = source.randint(1, min(amount - 1, largest))
                verb = source.choice(["loses", "gives away"])
                return _Event("-", number, f"{verb} {number} {things}")
            case "*":
                number = source.choice([2, 3])
                word = {2: "doubles", 3: "triples"}[number]
                return _Event("*", number, f"{word} the number of {things}")
            case _:
                return _Event("/", 2, f"sells half of the {things}")
