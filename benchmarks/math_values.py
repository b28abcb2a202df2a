"""Random values in one of their spellings, for the generators of answers."""

from __future__ import annotations

import random
from fractions import Fraction

Triple = tuple[str, str, str]  # reference, equal, near miss


def fraction_text(value: Fraction, rng: random.Random) -> str:
    """A fraction in one of its spellings, reduced or not."""
    k = rng.randrange(1, 5)
    a, b = value.numerator * k, value.denominator * k
    sign, a = ("-", -a) if a < 0 else ("", a)
    style = rng.randrange(4)
    if b == 1 and style:
        return f"{sign}{a}"
    return [f"{sign}\\frac{{{a}}}{{{b}}}", f"{sign}{a}/{b}", f"{sign}\\dfrac{{{a}}}{{{b}}}",
            f"{sign}\\tfrac{{{a}}}{{{b}}}"][style]  # fmt: skip


def rational(rng: random.Random) -> Fraction:
    """Between -200 and 200, with a denominator of at most 60."""
    return Fraction(rng.randrange(-200, 201), rng.randrange(1, 61))
