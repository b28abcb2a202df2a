"""Showcase of `observed`."""

from verigrad.verifiers.compose import Observed
from verigrad.verifiers.showcases import Showcase
from verigrad.verifiers.showcases.all_of import NUMBER, of, response


def showcase() -> Showcase:
    """`math`, with everything measured: the facts change no verdict."""
    return of(
        Observed(member=NUMBER, language="en", ngram=3, layout=["plan", "answer"]),
        lambda right, wrong: (
            response("so it must be", wrong),
            response("so", right) + response("or", wrong),
        ),
    )
