"""Showcase of `graph_coloring`."""

from verigrad.core.types import Problem
from verigrad.verifiers.puzzles.graph_coloring import GraphColoring
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """A triangle with three colours, a path with two."""
    triangle = Problem.of(
        "Colour a-b, b-c, c-a with red, green, blue.",
        "a: red, b: green, c: blue",
        nodes=["a", "b", "c"],
        edges=[["a", "b"], ["b", "c"], ["c", "a"]],
        colors=["red", "green", "blue"],
    )
    path = Problem.of(
        "Colour 1-2, 2-3 with 1, 2.",
        "1: 1, 2: 2, 3: 1",
        nodes=["1", "2", "3"],
        edges=[["1", "2"], ["2", "3"]],
        colors=["1", "2"],
    )
    return Showcase(
        GraphColoring(),
        (
            Sample(
                triangle,
                (
                    r"\boxed{a: red, b: green, c: blue}",
                    '```json\n{"a": "blue", "b": "red", "c": "green"}\n```',
                    "<answer>a is green and b is red and c is blue</answer>",
                ),
                (
                    r"\boxed{a: red, b: green, c: red}",
                    r"\boxed{a: red, b: green}",
                    r"\boxed{a: red, b: green, c: yellow}",
                    r"\boxed{a: red, a: green, b: blue, c: red}",
                    '<answer>{"a": "blue", "a": "red", "b": "red", "c": "green"}</answer>',
                ),
            ),
            Sample(
                path,
                (r"\boxed{1=2, 2=1, 3=2}",),
                (r"\boxed{1=2, 2=1, 3=1}", r"\boxed{1=1}", r"\boxed{2=1, 3=2}"),
            ),
        ),
        pieces=("a", "b", "c", ":", "=", "red", "green", "blue", ",", "\n", " is ", " and ", "->"),
        options=("a: red", "b: red", "c: red"),
    )
