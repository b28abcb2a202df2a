"""Sizes beyond which nothing is computed: refused before the work, never interrupted after it.

Every bound is on something that can be counted from the input, so that no clock, signal or
worker decides a verdict: the same input has the same verdict on any machine.
"""

from __future__ import annotations

MAX_DEPTH = 48  # brackets, fractions, towers within each other
MAX_TOKENS = 20_000
MAX_DIGITS = 4_000  # of one literal
MAX_INTEGER_BITS = 1 << 17  # of any exact number on the way
MAX_POLYNOMIAL_STEPS = 10_000  # products of terms per comparison, about 15 ms
MAX_TERMS = 6_000
MAX_FACTOR_BITS = 128  # integers that are factored below a radical or a logarithm
MAX_BALL_BITS = 8_192
MAX_BALL_WORK = 4_000_000  # bits x operations per comparison
MAX_ITEMS = 256  # of a list, a tuple, a set
MAX_CELLS = 256
MAX_FOLD_TERMS = 1_000  # of a written sum or product
DECISION_STEPS = 30  # charged for every comparison of two scalars, so that sets stay small


class RefusedError(Exception):
    """The input asks for more than the limits allow, or for what is not decided here."""


class UndefinedError(Exception):
    """The expression has no value: a division by zero, the logarithm of zero."""


class Meter:
    """Counts work across one comparison and refuses when it is spent."""

    __slots__ = ("left",)

    def __init__(self, steps: int = MAX_POLYNOMIAL_STEPS) -> None:
        self.left = steps

    def spend(self, steps: int) -> None:
        """Take `steps` from what is left."""
        self.left -= steps
        if self.left < 0:
            raise RefusedError("too much work")
