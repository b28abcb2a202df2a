"""Showcase of `planning`."""

from verigrad.core.types import Problem
from verigrad.verifiers.puzzles.planning import Planning
from verigrad.verifiers.showcases import Sample, Showcase

GO = {
    "name": "go",
    "parameters": {"x": "room", "y": "room"},
    "needs": [["in", "x"], ["door", "x", "y"]],
    "adds": [["in", "y"]],
    "removes": [["in", "x"]],
}
LIGHT = {
    "name": "light",
    "parameters": {"x": "room"},
    "needs": [["in", "x"]],
    "forbids": [["lit", "x"]],
    "adds": [["lit", "x"]],
}
HOUSE = {
    "objects": {"hall": "room", "attic": "room", "cellar": "room"},
    "actions": [GO, LIGHT],
    "init": [
        ["in", "hall"],
        ["door", "hall", "attic"],
        ["door", "attic", "cellar"],
        ["lit", "hall"],
    ],
}


def showcase() -> Showcase:
    """Walk and switch on lights; in the second problem with no step to spare."""
    free = Problem.of(
        "Light the attic.", "go hall attic; light attic", **HOUSE, goal=[["lit", "attic"]]
    )
    tight = Problem.of(
        "Be in the cellar, in two steps.",
        "go hall attic; go attic cellar",
        **HOUSE,
        goal=[["in", "cellar"]],
        max_steps=2,
    )
    return Showcase(
        Planning(),
        (
            Sample(
                free,
                (
                    r"\boxed{(go hall attic)(light attic)}".replace(")(", "); ("),
                    "```\n1. go(hall, attic)\n2. light(attic)\n```",
                    r"\boxed{go hall attic; light attic; go attic cellar}",
                ),
                (
                    r"\boxed{light attic}",
                    r"\boxed{go hall attic}",
                    r"\boxed{go hall attic; light hall}",
                    r"\boxed{light hall; go hall attic; light attic}",  # the hall is lit already
                    r"\boxed{go hall cellar; light attic}",
                ),
            ),
            Sample(
                tight,
                (r"\boxed{go hall attic; go attic cellar}",),
                (
                    r"\boxed{go hall cellar}",
                    r"\boxed{go hall attic; light attic; go attic cellar}",
                    r"\boxed{go hall attic; go attic}",
                ),
            ),
        ),
        pieces=("go", "light", "hall", "attic", "cellar", " ", "(", ")", ";", "\n", "1. ", ","),
        options=("go hall attic", "go attic cellar", "light attic"),
    )
