"""Paths in a weighted graph: from start to goal along edges, and no longer than need be.

`info`: `edges` ([from, to, cost], cost a whole number of at least 0), `start`, `goal`, `directed`
(false), `shortest` (true: the cost must be the least there is, found by Dijkstra's algorithm).
The answer names the nodes in order.
"""

from __future__ import annotations

import heapq
from functools import lru_cache
from itertools import pairwise
from typing import Annotated, ClassVar

from pydantic import Field

from verigrad.verifiers.puzzles.base import Puzzle, PuzzleVerifier
from verigrad.verifiers.puzzles.reading import read_path


class PathPuzzle(Puzzle):
    """A graph and two of its nodes."""

    edges: tuple[tuple[str, str, Annotated[int, Field(ge=0, le=10**9)]], ...] = Field(
        min_length=1, max_length=20_000
    )
    start: str
    goal: str
    directed: bool = False
    shortest: bool = True


class ShortestPath(PuzzleVerifier):
    r"""A walk along edges from start to goal, of least cost where the puzzle asks for it.

    >>> from verigrad.core.types import Problem
    >>> edges = [["A", "B", 1], ["B", "C", 1], ["A", "C", 3]]
    >>> problem = Problem.of("?", None, edges=edges, start="A", goal="C")
    >>> ShortestPath().verify(problem, r"\boxed{A -> B -> C}").is_correct
    True
    """

    name: ClassVar[str] = "shortest_path"
    version: ClassVar[str] = "1"
    puzzle_type: ClassVar[type[Puzzle]] = PathPuzzle
    proves: ClassVar[str] = "the path follows edges from start to goal, and none costs less"
    cannot: ClassVar[str] = "judge a graph in which the goal is out of reach"

    def unfit(self, puzzle: PathPuzzle) -> str | None:
        """There must be a way, and one of at least one step."""
        if puzzle.start == puzzle.goal:
            return "start and goal are one node"
        return "the goal is out of reach" if _least(puzzle) is None else None

    def read_solution(self, text: str, puzzle: PathPuzzle) -> tuple[str, ...]:  # noqa: ARG002
        """Nodes in order."""
        return tuple(read_path(text))

    def first_fault(self, puzzle: PathPuzzle, solution: tuple[str, ...]) -> str | None:
        """Ends, then steps, then cost."""
        if solution[0] != puzzle.start or solution[-1] != puzzle.goal:
            return f"it must lead from {puzzle.start} to {puzzle.goal}"
        costs = _costs(puzzle.edges, directed=puzzle.directed)
        total = 0
        for here, there in pairwise(solution):
            if there not in costs.get(here, {}):
                return f"no edge leads from {here[:40]} to {there[:40]}"
            total += costs[here][there]
        least = _least(puzzle)
        if puzzle.shortest and total != least:
            return f"it costs {total}, and there is one for {least}"
        return None

    def show(self, solution: tuple[str, ...]) -> str:
        """With arrows."""
        return " -> ".join(solution)


Edges = tuple[tuple[str, str, int], ...]


def _least(puzzle: PathPuzzle) -> int | None:
    return least_cost(puzzle.edges, puzzle.start, puzzle.goal, directed=puzzle.directed)


@lru_cache(maxsize=256)
def _costs(edges: Edges, *, directed: bool) -> dict[str, dict[str, int]]:
    """From -> to -> cost of the cheapest edge between them."""
    costs: dict[str, dict[str, int]] = {}
    for one, two, cost in edges:
        for here, there in [(one, two)] if directed else [(one, two), (two, one)]:
            row = costs.setdefault(here, {})
            row[there] = min(cost, row.get(there, cost))
    return costs


@lru_cache(maxsize=256)
def least_cost(edges: Edges, start: str, goal: str, *, directed: bool) -> int | None:
    """Cost of the cheapest path (Dijkstra 1959); None where there is none."""
    costs = _costs(edges, directed=directed)
    done: set[str] = set()
    heap = [(0, start)]
    while heap:
        cost, here = heapq.heappop(heap)
        if here == goal:
            return cost
        if here not in done:
            done.add(here)
            for there, step in costs.get(here, {}).items():
                heapq.heappush(heap, (cost + step, there))
    return None
