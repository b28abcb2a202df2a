"""Where problems come from: sources, generators, prompts, mixtures, splits, lint."""

from verigrad.core.registry import Registry
from verigrad.tasks.splits import Split

GENERATORS = Registry(
    "generator",
    {
        "addition": "verigrad.tasks.generators.addition:Addition",
    },
)

__all__ = ["GENERATORS", "Split"]
