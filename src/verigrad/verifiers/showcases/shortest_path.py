"""Showcase of `shortest_path`."""

from verigrad.core.types import Problem
from verigrad.verifiers.puzzles.shortest_path import ShortestPath
from verigrad.verifiers.showcases import Sample, Showcase

EDGES = [["A", "B", 1], ["B", "C", 1], ["A", "C", 3], ["C", "D", 1], ["B", "D", 2]]


def showcase() -> Showcase:
    """Two paths of cost 3 from A to D; one way only in the directed graph."""
    both = Problem.of("From A to D?", "A -> B -> D", edges=EDGES, start="A", goal="D")
    one_way = Problem.of(
        "From D to A?",
        "D -> A",
        edges=[["D", "A", 9], ["A", "B", 1], ["B", "D", 1]],
        start="D",
        goal="A",
        directed=True,
    )
    return Showcase(
        ShortestPath(),
        (
            Sample(
                both,
                (r"\boxed{A -> B -> D}", r"\boxed{A, B, C, D}", "Answer: A → B → D"),
                (
                    r"\boxed{A -> C -> D}",  # 4, not 3
                    r"\boxed{A -> D}",
                    r"\boxed{A -> B -> C}",
                    r"\boxed{B -> D}",
                    r"\boxed{A -> B -> A -> B -> D}",
                ),
            ),
            Sample(one_way, (r"\boxed{D A}",), (r"\boxed{D B A}", r"\boxed{A D}")),
        ),
        pieces=("A", "B", "C", "D", " -> ", "→", ",", " ", "-", "E", "["),
        options=("A -> B -> D", "A -> C -> D", "A -> D"),
    )
