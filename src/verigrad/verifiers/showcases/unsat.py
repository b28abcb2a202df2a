"""Showcase of `unsat`."""

from verigrad.core.types import Problem
from verigrad.verifiers.proofs.unsat import Unsat
from verigrad.verifiers.showcases import Sample, Showcase

_SQUARE = "p cnf 2 4\n1 2 0\n1 -2 0\n-1 2 0\n-1 -2 0\n"
_PIGEONS = """p cnf 6 9
1 2 0
3 4 0
5 6 0
-1 -3 0
-1 -5 0
-3 -5 0
-2 -4 0
-2 -6 0
-4 -6 0
"""


def showcase() -> Showcase:
    """All four clauses over two variables; three pigeons for two holes."""
    return Showcase(
        Unsat(),
        (
            Sample(
                Problem.of("Refute: " + _SQUARE, _SQUARE),
                (
                    "5 1 0 1 2 0\n6 0 5 3 4 0",
                    "1 0\nd 1 2 0\n-2 0\n0",
                    "```lrat\n5 2 0 1 3 0\n5 d 1 0\n6 0 5 2 4 0\n```",
                    "5 1 0 1 2 0\n5 d 1 2 0\n6 0 5 3 4 0",
                ),
                (
                    "0",
                    "5 1 0 1 2 0",
                    "5 1 0 1 3 0\n6 0 5 3 4 0",
                    "6 0 5 3 4 0",
                    "5 1 0 1 2 0\n5 d 3 0\n6 0 5 3 4 0",
                    "1 0\n-2 0",
                    "3 1 0 1 2 0\n6 0 3 4 0",
                ),
            ),
            Sample(
                Problem.of("Refute: " + _PIGEONS, _PIGEONS),
                (
                    "1 0\nd 1 2 0\n-2 0\n0",
                    "10 -2 0 3 4 7 8 6 0\n11 0 10 1 4 5 2 3 9 0".replace("3 4 7 8 6", "7 8 2 3 6"),
                ),
                ("0", "10 0 1 2 3 0", "2 1 0\n0", "10 -2 0 7 8 2 3 0\n11 0 10 1 4 5 2 3 0"),
            ),
        ),
        pieces=("1 ", "-1 ", "2 ", "-2 ", "0\n", "0 ", "d ", "5 ", "6 ", "10 ", "c x\n"),
    )
