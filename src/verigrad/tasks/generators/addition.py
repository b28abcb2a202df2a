r"""Addition with carries: `127+456=` -> `7+6=13;2+5+1=8;1+4=5;\boxed{583}`.

A model reads the answer off the last digits of the steps. A response to a three-digit problem
has at most 37 characters (33 on average), out of the 21 in `0123456789+=;\boxed{}`.

The worked solutions may be written in other ways, so that what a policy reads like can be taught
and measured apart from whether it is right: see `AdditionOptions`.
"""

from __future__ import annotations

import random
import re
from typing import ClassVar, Literal, Self

from pydantic import Field, model_validator

from verigrad.core import seeds
from verigrad.tasks.generators.base import Draft, Generator, Options, boxed
from verigrad.tasks.generators.digits import SEPARATOR, add_in_columns, draw_number

Choice = Literal["no", "yes", "mixed"]
_WORDS = {"en": ("so ", "and "), "zh": ("则 ", "且 ")}


class AdditionOptions(Options):
    """How long the summands are, and how the worked solutions are written.

    Summands have `digits` digits, or from `shortest` to `digits` if it is given. `words` put one
    before every step: English, Chinese, or "mixed", each step's drawn. With `checked` every step
    stands twice, the second time with its summands exchanged. `marked` lays the solution out as
    <think>steps</think><answer>...</answer>. "mixed" draws for each problem. `limit` asks for an
    answer of at most so many characters: it ends the question with " briefly", and the rule for a
    verifier of constraints is `info["constraints"]`. None of these changes which sums are drawn.
    """

    digits: int = Field(default=3, ge=1, le=40)
    shortest: int | None = Field(default=None, ge=1, le=40)
    words: Literal["none", "en", "mixed"] = "none"
    checked: Choice = "no"
    marked: Choice = "no"
    limit: int | None = Field(default=None, ge=10)

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
        answer, limit = str(a + b), self.options.limit
        rule = {"id": "length:characters", "least": 1, "most": limit}
        return Draft(
            key=sorted((a, b)),
            question=f"{a}+{b}=" + (" briefly" if limit else ""),
            answer=answer,
            solution=self._written(a, b, boxed(answer)),
            info={"constraints": [rule]} if limit else {},
        )

    def _written(self, a: int, b: int, last: str) -> str:
        """The worked solution in the manner of the options, up to its `last` step."""
        style = seeds.stream("addition style", a=a, b=b)
        is_checked, is_marked = (
            choice == "yes" or (choice == "mixed" and style.random() < 0.5)
            for choice in (self.options.checked, self.options.marked)
        )
        steps = add_in_columns(a, b)
        if is_checked:
            steps = [each for step in steps for each in (step, _exchanged(step))]
        if self.options.words != "none":
            languages = ("en",) if self.options.words == "en" else ("en", "zh")
            steps = [style.choice(_WORDS[style.choice(languages)]) + step for step in steps]
        if not is_marked:
            return SEPARATOR.join([*steps, last])
        return f"<think>{SEPARATOR.join(steps)}</think><answer>{last}</answer>"


def _exchanged(step: str) -> str:
    """The same sum with its first two summands the other way round.

    >>> _exchanged("7+6+1=14")
    '6+7+1=14'
    """
    first, second, _ = re.split(r"[+=]", step, maxsplit=2)
    return f"{second}+{first}{step[len(first) + len(second) + 1 :]}"
