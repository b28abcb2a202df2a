"""Response -> verdict. One family per file or folder; `TABLE` names every one that ships."""

from verigrad.core.registry import Registry
from verigrad.verifiers.base import Policy, Verifier

TABLE = Registry(
    "verifier",
    {
        "choice": "verigrad.verifiers.choice:Choice",
        "code": "verigrad.verifiers.code:Code",
        "constraints": "verigrad.verifiers.constraints:Constraints",
        "coq": "verigrad.verifiers.proofs.coq:Coq",
        "countdown": "verigrad.verifiers.countdown:Countdown",
        "csv": "verigrad.verifiers.structure.tables:Csv",
        "exact": "verigrad.verifiers.exact:Exact",
        "graph_coloring": "verigrad.verifiers.puzzles.graph_coloring:GraphColoring",
        "json": "verigrad.verifiers.structure.documents:Json",
        "knights_knaves": "verigrad.verifiers.puzzles.knights_knaves:KnightsKnaves",
        "layout": "verigrad.verifiers.structure.layout:Layout",
        "math": "verigrad.verifiers.math:Math",
        "maze": "verigrad.verifiers.puzzles.maze:Maze",
        "metamath": "verigrad.verifiers.proofs.metamath:Metamath",
        "n_queens": "verigrad.verifiers.puzzles.n_queens:NQueens",
        "pattern": "verigrad.verifiers.structure.pattern:Matching",
        "planning": "verigrad.verifiers.puzzles.planning:Planning",
        "records": "verigrad.verifiers.records:Records",
        "sat": "verigrad.verifiers.puzzles.sat:Sat",
        "scheduling": "verigrad.verifiers.puzzles.scheduling:Scheduling",
        "shortest_path": "verigrad.verifiers.puzzles.shortest_path:ShortestPath",
        "process": "verigrad.verifiers.process:Process",
        "sql": "verigrad.verifiers.sql:Sql",
        "sudoku": "verigrad.verifiers.puzzles.sudoku:Sudoku",
        "tool_calls": "verigrad.verifiers.structure.tool_calls:ToolCalls",
        "tower_of_hanoi": "verigrad.verifiers.puzzles.tower_of_hanoi:TowerOfHanoi",
        "unsat": "verigrad.verifiers.proofs.unsat:Unsat",
        "xml": "verigrad.verifiers.structure.xml_document:Xml",
        "yaml": "verigrad.verifiers.structure.documents:Yaml",
        "zebra": "verigrad.verifiers.puzzles.zebra:Zebra",
    },
)

__all__ = ["TABLE", "Policy", "Verifier"]
