"""Graph colouring: every node has a colour, no edge joins two of one colour.

`info`: `nodes` (names), `edges` (pairs of names), `colors` (names).
"""

from __future__ import annotations

from typing import ClassVar, Self

from pydantic import Field, model_validator

from verigrad.verifiers.puzzles.base import Puzzle, PuzzleVerifier
from verigrad.verifiers.puzzles.reading import malformed, read_assignment


class ColoringPuzzle(Puzzle):
    """A graph and the colours there are."""

    nodes: tuple[str, ...] = Field(min_length=2, max_length=500)
    edges: tuple[tuple[str, str], ...] = Field(min_length=1, max_length=10_000)
    colors: tuple[str, ...] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        names = set(self.nodes)
        if len(names) != len(self.nodes) or len(set(self.colors)) != len(self.colors):
            raise ValueError("a name comes twice")
        if any(one == two or not {one, two} <= names for one, two in self.edges):
            raise ValueError("an edge to itself or to an unknown node")
        return self


class GraphColoring(PuzzleVerifier):
    r"""A colour for every node, ends of an edge differing.

    >>> from verigrad.core.types import Problem
    >>> graph = {"nodes": ["a", "b"], "edges": [["a", "b"]], "colors": ["red", "blue"]}
    >>> problem = Problem.of("?", None, **graph)
    >>> GraphColoring().verify(problem, r"\boxed{a: red, b: blue}").is_correct
    True
    """

    name: ClassVar[str] = "graph_coloring"
    version: ClassVar[str] = "1"
    puzzle_type: ClassVar[type[Puzzle]] = ColoringPuzzle
    proves: ClassVar[str] = "every node has one of the colours, no edge has two ends of one colour"
    cannot: ClassVar[str] = "tell whether fewer colours would do"

    def unfit(self, puzzle: ColoringPuzzle) -> str | None:
        """With one colour, the edges there are cannot be coloured."""
        return "one colour cannot do for an edge" if len(puzzle.colors) == 1 else None

    def read_solution(self, text: str, puzzle: ColoringPuzzle) -> dict[str, str]:
        """Node -> colour, for every node."""
        known = {color.casefold(): color for color in puzzle.colors}

        def color(said: str) -> str:
            if said.casefold() not in known:
                raise malformed(f"{said[:40]!r} is none of the colours")
            return known[said.casefold()]

        return read_assignment(text, puzzle.nodes, color)

    def first_fault(self, puzzle: ColoringPuzzle, solution: dict[str, str]) -> str | None:
        """The first edge with ends of one colour."""
        for one, two in puzzle.edges:
            if solution[one] == solution[two]:
                return f"{one} and {two} are both {solution[one]}"
        return None

    def show(self, solution: dict[str, str]) -> str:
        """Nodes in the puzzle's order."""
        return ", ".join(f"{node}: {color}" for node, color in solution.items())
