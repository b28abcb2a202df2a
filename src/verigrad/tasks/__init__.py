"""Where problems come from: sources, generators, prompts, mixtures, splits, lint."""

from verigrad.core.registry import Registry
from verigrad.tasks.splits import Split

GENERATORS = Registry(
    "generator",
    {
        "addition": "verigrad.tasks.generators.addition:Addition",
        "countdown": "verigrad.tasks.generators.countdown:Countdown",
        "counting": "verigrad.tasks.generators.counting:Counting",
        "equations": "verigrad.tasks.generators.equations:Equations",
        "modular": "verigrad.tasks.generators.modular:Modular",
        "multiplication": "verigrad.tasks.generators.multiplication:Multiplication",
        "sorting": "verigrad.tasks.generators.sorting:Sorting",
        "subtraction": "verigrad.tasks.generators.subtraction:Subtraction",
        "word_arithmetic": "verigrad.tasks.generators.word_arithmetic:WordArithmetic",
    },
)

__all__ = ["GENERATORS", "Split"]
