"""Showcase of `math`."""

from verigrad.core.types import Problem
from verigrad.verifiers.math import Math
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """A surd, an expression, an interval."""
    return Showcase(
        Math(),
        (
            Sample(
                Problem.of("The tangent of 30 degrees?", r"\frac{\sqrt{3}}{3}"),
                (r"\boxed{\frac{\sqrt3}{3}}", r"\boxed{1/\sqrt{3}}", r"\boxed{3^{-1/2}}"),
                (r"\boxed{\sqrt{3}}", r"\boxed{0.577}", r"\boxed{-\frac{\sqrt3}{3}}"),
            ),
            Sample(
                Problem.of("The area of a square whose side is one more than x?", "x^2+2x+1"),
                (r"\boxed{x^2+2x+1}", r"\boxed{1+x(x+2)}"),
                (r"\boxed{x^2+2x}", r"\boxed{x^2+2x+1 \text{ or } x^2}", r"\boxed{y^2+2y+1}"),
            ),
            Sample(
                Problem.of("Which numbers have 0 as their integer part, from below?", "[0,1)"),
                (r"\boxed{[0,1)}", r"\boxed{0 \le x < 1}"),
                (r"\boxed{[0,1]}", r"\boxed{(0,1)}", r"\boxed{0 \le x}"),
            ),
        ),
        pieces=(r"\frac{", r"\sqrt{3}", "x^2", "+", "-", "2x", "[0,1)", r"\le", "^", "}", "1"),
        options=(r"\frac{\sqrt{3}}{3}", "x^2+2x+1", "[0,1)", "0", "1"),
    )
