"""Showcase of `choice`."""

from verigrad.core.types import Problem
from verigrad.verifiers.choice import Choice
from verigrad.verifiers.showcases import Sample, Showcase

_SEA = ("Atlantic", "Indian", "Arctic", "Pacific")


def showcase() -> Showcase:
    """A letter, and a text that one letter stands for."""
    primes = Problem.of("Which is prime?", "C", choices=["15", "21", "17", "27"])
    sea = Problem.of("The largest ocean?", "Pacific", choices=list(_SEA))
    return Showcase(
        Choice(),
        (
            Sample(
                primes,
                ("The answer is (C).", r"\boxed{17}", r"\boxed{C) 17}", "C"),
                ("The answer is (B).", r"\boxed{B or C}", r"\boxed{C) 21}", r"\boxed{B}\boxed{C}"),
            ),
            Sample(
                sea,
                (r"\boxed{pacific}", "Answer: (D) Pacific"),
                (r"\boxed{not Pacific}", "Answer: (A) Pacific", r"\boxed{Pacific or Arctic}"),
            ),
        ),
        pieces=("A", "(b)", "C) 17", "17", "Pacific", " or ", " and ", r"\boxed{", "}", "Answer: "),
        options=("(A)", "(B)", "(C)", "(D)"),
    )
