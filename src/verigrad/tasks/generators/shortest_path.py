r"""Shortest paths in a weighted graph. `\boxed{A -> C -> D}`."""

from __future__ import annotations

import random
import string
from itertools import combinations, pairwise
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed

Costs = dict[tuple[str, str], int]


class PathOptions(Options):
    """So many `nodes`; edges cost 1 to `largest_cost`."""

    nodes: int = Field(default=6, ge=4, le=26)
    largest_cost: int = Field(default=9, ge=1, le=1_000)
    density: float = Field(default=0.4, ge=0.0, le=1.0)


class ShortestPath(Generator):
    """A random tree and some more edges; start and goal are two or more steps apart."""

    name: ClassVar[str] = "shortest_path"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "shortest_path"
    dial: ClassVar[str] = "nodes"
    options_type: ClassVar[type[Options]] = PathOptions

    def draw(self, source: random.Random) -> Draft:
        """Draws until one pair has a shortest path of two steps or more."""
        nodes = list(string.ascii_uppercase[: self.options.nodes])
        pairs: list[list[str]] = []
        costs: Costs = {}
        while not pairs:
            costs = self._edges(source, nodes)
            shortest = _all_shortest(nodes, costs)
            pairs = [path for path in shortest.values() if len(path) > 2]
        path = source.choice(pairs)
        total = sum(costs[min(step), max(step)] for step in pairwise(path))
        edges = [[one, two, cost] for (one, two), cost in sorted(costs.items())]
        shown = " ".join(f"{one}-{two}:{cost}" for one, two, cost in edges)
        answer = " -> ".join(path)
        return Draft(
            key=[edges, sorted((path[0], path[-1]))],
            question=(
                f"Edges and their costs: {shown}\nWhat is a cheapest path from {path[0]} to "
                f"{path[-1]}? Answer like this: A -> B -> C"
            ),
            answer=answer,
            solution=f"cost {total};{boxed(answer)}",
            info={"edges": edges, "start": path[0], "goal": path[-1]},
        )

    def _edges(self, source: random.Random, nodes: list[str]) -> Costs:
        order = source.sample(nodes, len(nodes))
        tree = {
            tuple(sorted((node, source.choice(order[:i])))) for i, node in enumerate(order) if i
        }
        more = [p for p in combinations(nodes, 2) if source.random() < self.options.density]
        pairs = sorted({*((one, two) for one, two in tree), *more})
        return {pair: source.randint(1, self.options.largest_cost) for pair in pairs}


def _all_shortest(nodes: list[str], costs: Costs) -> dict[tuple[str, str], list[str]]:
    """A cheapest path of every ordered pair (Floyd 1962, Warshall 1962)."""
    best: dict[tuple[str, str], tuple[int, list[str]]] = {}
    for (one, two), cost in costs.items():
        best[one, two] = cost, [one, two]
        best[two, one] = cost, [two, one]
    for middle in nodes:
        for one in nodes:
            for two in nodes:
                first, second = best.get((one, middle)), best.get((middle, two))
                if one == two or first is None or second is None:
                    continue
                cost = first[0] + second[0]
                if (one, two) not in best or cost < best[one, two][0]:
                    best[one, two] = cost, [*first[1], *second[1][1:]]
    return {pair: path for pair, (_, path) in best.items()}
