r"""Graph colouring: a graph with a hidden colouring. `\boxed{a: red, b: green, ...}`."""

from __future__ import annotations

import random
import string
from itertools import combinations
from typing import ClassVar, Self

from pydantic import Field, model_validator

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed

COLORS = ("red", "green", "blue", "yellow", "white", "black")


class ColoringOptions(Options):
    """So many `nodes` and `colors`; `density` is the share of possible edges that are drawn."""

    nodes: int = Field(default=6, ge=3, le=26)
    colors: int = Field(default=3, ge=2, le=6)
    density: float = Field(default=0.7, gt=0.0, le=1.0)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.colors > self.nodes:
            raise ValueError(f"colors = {self.colors} for nodes = {self.nodes}")
        return self


class GraphColoring(Generator):
    """Colours are given at random, every colour at least once; edges join different ones."""

    name: ClassVar[str] = "graph_coloring"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "graph_coloring"
    dial: ClassVar[str] = "nodes"
    options_type: ClassVar[type[Options]] = ColoringOptions

    def draw(self, source: random.Random) -> Draft:
        """Draws until there is an edge."""
        nodes = list(string.ascii_lowercase[: self.options.nodes])
        colors = list(COLORS[: self.options.colors])
        chosen = [*colors, *source.choices(colors, k=len(nodes) - len(colors))]
        source.shuffle(chosen)
        color = dict(zip(nodes, chosen, strict=True))
        edges: list[list[str]] = []
        while not edges:
            edges = [
                [one, two]
                for one, two in combinations(nodes, 2)
                if color[one] != color[two] and source.random() < self.options.density
            ]
        answer = ", ".join(f"{node}: {color[node]}" for node in nodes)
        return Draft(
            key=[nodes, edges, colors],
            question=(
                f"Colour the nodes {' '.join(nodes)} with {', '.join(colors)} so that no edge has "
                f"two ends of one colour. Edges: {' '.join('-'.join(edge) for edge in edges)}\n"
                "Answer like this: a: red, b: green, ..."
            ),
            answer=answer,
            solution=boxed(answer),
            info={"nodes": nodes, "edges": edges, "colors": colors},
        )
