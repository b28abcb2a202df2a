"""Response -> verdict. One family per file or folder; `TABLE` names every one that ships."""

from verigrad.core.registry import Registry
from verigrad.verifiers.base import Policy, Verifier

TABLE = Registry(
    "verifier",
    {
        "choice": "verigrad.verifiers.choice:Choice",
        "code": "verigrad.verifiers.code:Code",
        "constraints": "verigrad.verifiers.constraints:Constraints",
        "countdown": "verigrad.verifiers.countdown:Countdown",
        "exact": "verigrad.verifiers.exact:Exact",
        "graph_coloring": "verigrad.verifiers.puzzles.graph_coloring:GraphColoring",
        "knights_knaves": "verigrad.verifiers.puzzles.knights_knaves:KnightsKnaves",
        "math": "verigrad.verifiers.math:Math",
        "maze": "verigrad.verifiers.puzzles.maze:Maze",
        "metamath": "verigrad.verifiers.proofs.metamath:Metamath",
        "n_queens": "verigrad.verifiers.puzzles.n_queens:NQueens",
        "planning": "verigrad.verifiers.puzzles.planning:Planning",
        "sat": "verigrad.verifiers.puzzles.sat:Sat",
        "scheduling": "verigrad.verifiers.puzzles.scheduling:Scheduling",
        "shortest_path": "verigrad.verifiers.puzzles.shortest_path:ShortestPath",
        "sql": "verigrad.verifiers.sql:Sql",
        "sudoku": "verigrad.verifiers.puzzles.sudoku:Sudoku",
        "tower_of_hanoi": "verigrad.verifiers.puzzles.tower_of_hanoi:TowerOfHanoi",
        "unsat": "verigrad.verifiers.proofs.unsat:Unsat",
        "zebra": "verigrad.verifiers.puzzles.zebra:Zebra",
    },
)

__all__ = ["TABLE", "Policy", "Verifier"]
