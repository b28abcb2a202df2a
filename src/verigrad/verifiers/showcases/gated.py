"""Showcase of `gated`."""

from verigrad.verifiers.compose import Gated
from verigrad.verifiers.showcases import Showcase
from verigrad.verifiers.showcases.all_of import NUMBER, SHAPE, of, response


def showcase() -> Showcase:
    """The number opens the gate; the layout is its quality."""
    return of(
        Gated(gate=NUMBER, quality=SHAPE),
        lambda right, wrong: (
            response("so it must be", wrong),
            f"so it must be \\boxed{{{right}}}",
        ),
    )
