"""Column arithmetic in words: what the worked solutions of several families are made of."""

from __future__ import annotations

import random
from itertools import zip_longest

SEPARATOR = ";"


def draw_number(source: random.Random, num_digits: int) -> int:
    """A number of exactly `num_digits` digits, uniform; one digit includes 0."""
    lowest = 0 if num_digits == 1 else 10 ** (num_digits - 1)
    return source.randrange(lowest, 10**num_digits)


def add_in_columns(a: int, b: int) -> list[str]:
    """One step for each column from the right; the carry is the third summand, if there is one.

    >>> add_in_columns(127, 456)
    ['7+6=13', '2+5+1=8', '1+4=5']
    """
    steps, carry = [], 0
    for x, y in _columns(a, b):
        total = x + y + carry
        steps.append(f"{x}+{y}{'+1' if carry else ''}={total}")
        carry = total // 10
    return steps


def subtract_in_columns(a: int, b: int) -> list[str]:
    """One step for each column from the right, for a >= b >= 0.

    A column that must borrow shows its minuend raised by ten, the next one takes 1 more away.

    >>> subtract_in_columns(523, 187)
    ['13-7=6', '12-8-1=3', '5-1-1=3']
    """
    steps, borrow = [], 0
    for x, y in _columns(a, b):
        raised = x + 10 if x < y + borrow else x
        steps.append(f"{raised}-{y}{'-1' if borrow else ''}={raised - y - borrow}")
        borrow = int(raised > x)
    return steps


def multiply_in_columns(a: int, digit: int) -> list[str]:
    """`a` times one digit, column by column from the right; the carry is added where there is one.

    >>> multiply_in_columns(47, 6)
    ['7*6=42', '4*6+4=28']
    """
    steps, carry = [], 0
    for x in _digits(a):
        total = x * digit + carry
        steps.append(f"{x}*{digit}{f'+{carry}' if carry else ''}={total}")
        carry = total // 10
    return steps


def _digits(number: int) -> list[int]:
    return [int(digit) for digit in reversed(str(number))]


def _columns(a: int, b: int) -> list[tuple[int, int]]:
    return list(zip_longest(_digits(a), _digits(b), fillvalue=0))
