"""Showcase of `exact`."""

from verigrad.core.types import Problem
from verigrad.verifiers.exact import Exact
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """A sorted word, and a list of accepted texts."""
    return Showcase(
        Exact(),
        (
            Sample(
                Problem.of("Sort the letters of: cab", "abc"),
                (r"\boxed{abc}", r"The answer is $\boxed{\text{abc}}$.", "Answer: abc"),
                (r"\boxed{acb}", r"\boxed{abcd}", r"\boxed{ABC}", r"\boxed{abc}\boxed{acb}"),
            ),
            Sample(
                Problem.of("Two to the tenth?", ["1024", "1,024"]),
                (r"\boxed{1024}", r"\boxed{1,024}"),
                (r"\boxed{1025}", r"\boxed{1024.0}", r"\boxed{1,025}"),
            ),
        ),
        pieces=("abc", "1024", r"\boxed{", "}", r"\text{", "$", "**", "Answer: "),
        options=("abc", "acb", "bac", "bca", "cab", "cba"),
    )
