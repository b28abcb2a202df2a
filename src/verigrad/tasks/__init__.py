"""Where problems come from: sources, generators, prompts, mixtures, splits, lint."""

from verigrad.core.registry import Registry
from verigrad.tasks.splits import Split

GENERATORS = Registry(
    "generator",
    {
        "addition": "verigrad.tasks.generators.addition:Addition",
        "blocksworld": "verigrad.tasks.generators.blocksworld:Blocksworld",
        "chess_mate": "verigrad.tasks.generators.chess_mate:ChessMate",
        "connect_four": "verigrad.tasks.generators.connect_four:ConnectFour",
        "countdown": "verigrad.tasks.generators.countdown:Countdown",
        "counting": "verigrad.tasks.generators.counting:Counting",
        "equations": "verigrad.tasks.generators.equations:Equations",
        "expressions": "verigrad.tasks.generators.expressions:Expressions",
        "first_order": "verigrad.tasks.generators.first_order:FirstOrder",
        "graph_coloring": "verigrad.tasks.generators.graph_coloring:GraphColoring",
        "job_shop": "verigrad.tasks.generators.job_shop:JobShop",
        "knights_knaves": "verigrad.tasks.generators.knights_knaves:KnightsKnaves",
        "maze": "verigrad.tasks.generators.maze:Maze",
        "modular": "verigrad.tasks.generators.modular:Modular",
        "multiplication": "verigrad.tasks.generators.multiplication:Multiplication",
        "n_queens": "verigrad.tasks.generators.n_queens:NQueens",
        "normal_forms": "verigrad.tasks.generators.normal_forms:NormalForms",
        "reasoning_gym": "verigrad.tasks.reasoning_gym:ReasoningGym",
        "sat": "verigrad.tasks.generators.sat:Sat",
        "shortest_path": "verigrad.tasks.generators.shortest_path:ShortestPath",
        "sorting": "verigrad.tasks.generators.sorting:Sorting",
        "subtraction": "verigrad.tasks.generators.subtraction:Subtraction",
        "sudoku": "verigrad.tasks.generators.sudoku:Sudoku",
        "tic_tac_toe": "verigrad.tasks.generators.tic_tac_toe:TicTacToe",
        "tower_of_hanoi": "verigrad.tasks.generators.tower_of_hanoi:TowerOfHanoi",
        "twenty_four": "verigrad.tasks.generators.twenty_four:TwentyFour",
        "word_arithmetic": "verigrad.tasks.generators.word_arithmetic:WordArithmetic",
        "zebra": "verigrad.tasks.generators.zebra:Zebra",
    },
)

__all__ = ["GENERATORS", "Split"]
