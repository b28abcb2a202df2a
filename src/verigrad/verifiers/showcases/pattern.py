"""Showcase of `pattern`."""

from verigrad.core.types import Problem
from verigrad.verifiers.showcases import Sample, Showcase
from verigrad.verifiers.structure.pattern import Matching


def showcase() -> Showcase:
    """A plate, and a distance whose number is known."""
    distance = {"pattern": r"(?P<n>[0-9]+) ?km", "groups": {"n": "12"}}
    return Showcase(
        Matching(),
        (
            Sample(
                Problem.of("Invent a number plate.", "[A-Z]{2}-[0-9]{3}"),
                ("AB-123", "<think>ab</think>ZZ-000"),
                ("AB-12", "ab-123", "AB-1234", "AB-123 or AC-124", "AB-\u0661\u0662\u0663"),
            ),
            Sample(
                Problem.of("How far is it?", distance),
                ("12 km", "12km"),
                ("13 km", "112 km", "12 m", "12 km 13 km"),
            ),
        ),
        pieces=("AB-", "123", "12", " km", "km", "-", "\n", "A" * 500),
    )
