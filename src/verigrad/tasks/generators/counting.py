r"""Counting letters: `count b in abcb:` -> `a0b1c1b2;\boxed{2}`.

The worked solution spells the word and writes the count after each letter.
"""

from __future__ import annotations

import random
import string
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed
from verigrad.tasks.generators.digits import SEPARATOR


class CountingOptions(Options):
    """A word of `length` letters, out of `letters` different ones."""

    length: int = Field(default=8, ge=1, le=200)
    letters: int = Field(default=4, ge=2, le=26)


class Counting(Generator):
    """How often a letter occurs in a made-up word; it may be absent."""

    name: ClassVar[str] = "counting"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "math"
    dial: ClassVar[str] = "length"
    options_type: ClassVar[type[Options]] = CountingOptions

    def draw(self, source: random.Random) -> Draft:
        """The letters to choose from are drawn first, then the word and the letter from them."""
        letters = source.sample(string.ascii_lowercase, self.options.letters)
        word = "".join(source.choice(letters) for _ in range(self.options.length))
        letter = source.choice(letters)
        answer = str(word.count(letter))
        spelled = "".join(
            f"{each}{word[: position + 1].count(letter)}" for position, each in enumerate(word)
        )
        return Draft(
            key=[letter, word],
            question=f"count {letter} in {word}:",
            answer=answer,
            solution=SEPARATOR.join([spelled, boxed(answer)]),
        )
