"""Showcase of `any_of`."""

from verigrad.verifiers.compose import AnyOf
from verigrad.verifiers.showcases import Showcase
from verigrad.verifiers.showcases.all_of import NUMBER, of, response


def showcase() -> Showcase:
    """Right by `math`, or equal by `exact`."""
    rates = [{**NUMBER, "false_positives": 0.01}, {"kind": "exact", "false_positives": 0.0}]
    return of(
        AnyOf(members=rates),
        lambda right, wrong: (
            response("so it must be", wrong),
            response("so", right) + response("or", wrong),
        ),
    )
