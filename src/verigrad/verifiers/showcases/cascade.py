"""Showcase of `cascade`."""

from verigrad.verifiers.compose import Cascade
from verigrad.verifiers.showcases import Showcase
from verigrad.verifiers.showcases.all_of import NUMBER, of, response


def showcase() -> Showcase:
    """`choice` cannot judge a number and passes it on to `math`."""
    return of(
        Cascade(members=[{"kind": "choice"}, NUMBER]),
        lambda right, wrong: (
            response("so it must be", wrong),
            response("so", right) + response("or", wrong),
        ),
    )
