"""Showcase of `countdown`."""

from verigrad.core.types import Problem
from verigrad.verifiers.countdown import Countdown
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """22 = 3 * 5 + 7, and 24 from 1, 5, 5, 5, which needs a fraction on the way."""
    return Showcase(
        Countdown(),
        (
            Sample(
                Problem.of("Make 22 from 3, 5 and 7.", "22", numbers=[3, 5, 7]),
                (r"\boxed{3*5+7}", r"\boxed{7 + 5 \times 3 = 22}"),
                (r"\boxed{3*7+1}", r"\boxed{5*7-13}", r"\boxed{22}", r"\boxed{3*5+7=23}"),
            ),
            Sample(
                Problem.of("Make 24 from 1, 5, 5 and 5.", 24, numbers=[1, 5, 5, 5]),
                (r"\boxed{5*(5-1/5)}", r"\boxed{(5 - \frac{1}{5}) * 5}"),
                (r"\boxed{5*5-1}", r"\boxed{5*5-1*5/5}", r"\boxed{(5*5-1)*5/5/1}"),
            ),
        ),
        pieces=("3", "5", "7", "1", "+", "-", "*", "/", "(", ")", r"\frac{1}{5}", "=22", "= 24"),
        options=("3+5+7", "3*5+7", "3*5*7"),
    )
