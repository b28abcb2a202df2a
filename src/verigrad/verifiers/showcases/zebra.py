"""Showcase of `zebra`."""

from verigrad.core.types import Problem
from verigrad.verifiers.puzzles.zebra import Zebra
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """Two houses, and three with every kind of clue."""
    two = Problem.of(
        "The cat is left of the dog; the cat's house has no tea.",
        "1: cat, milk / 2: dog, tea",
        num_houses=2,
        attributes={"pet": ["cat", "dog"], "drink": ["tea", "milk"]},
        clues=[["left", "cat", "dog"], ["different", "cat", "tea"]],
    )
    three = Problem.of(
        "Red is first, Ann lives next to red, Bo before Cy, green not third.",
        "1: red, Bo / 2: green, Ann / 3: blue, Cy",
        num_houses=3,
        attributes={"colour": ["red", "green", "blue"], "name": ["Ann", "Bo", "Cy"]},
        clues=[
            ["at", "red", 1],
            ["next", "Ann", "red"],
            ["before", "Bo", "Cy"],
            ["not_at", "green", 3],
            ["same", "Cy", "blue"],
        ],
    )
    return Showcase(
        Zebra(),
        (
            Sample(
                two,
                (r"\boxed{1: cat, milk / 2: dog, tea}", "```\nmilk, cat\ntea, dog\n```"),
                (
                    r"\boxed{1: dog, tea / 2: cat, milk}",
                    r"\boxed{1: cat, tea / 2: dog, milk}",
                    r"\boxed{2: cat, milk / 1: dog, tea}",
                    r"\boxed{1: cat, milk / 2: dog}",
                    r"\boxed{1: cat, dog, milk / 2: dog, tea}",
                ),
            ),
            Sample(
                three,
                (r"\boxed{red, Bo / green, Ann / blue, Cy}",),
                (
                    r"\boxed{red, Bo / blue, Ann / green, Cy}",
                    r"\boxed{red, Ann / green, Bo / blue, Cy}",
                    r"\boxed{red, Bo / green, Ann}",
                ),
            ),
        ),
        pieces=(
            "cat",
            "dog",
            "tea",
            "milk",
            ", ",
            " / ",
            "1:",
            "2:",
            "\n",
            "house 1:",
            "red",
            "Bo",
        ),
        options=("cat", "dog", "tea", "milk"),
    )
