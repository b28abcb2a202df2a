"""Showcase of `process`."""

from verigrad.core.types import Problem
from verigrad.verifiers.process import Process
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """Two word problems whose solutions show their sums."""
    return Showcase(
        Process(),
        (
            Sample(
                Problem.of("3 bags of 4 apples and 1 more: how many?", "13"),
                ("3*4=12\n12+1=13\n\\boxed{13}", "3 \u00d7 4 = 12, so 12 + 1 = 13.\n\\boxed{13}"),
                (
                    "3*4=11\n11+1=12\n\\boxed{13}",
                    "3*4=12\n12+1=13\n\\boxed{12}",
                    "\\boxed{13}",
                    "3 + 4 = 12 and 12+1=13\n\\boxed{13}",
                ),
            ),
            Sample(
                Problem.of("Half of 48 clips were sold twice over. How many?", "48"),
                ("48/2 = <<48/2=24>>24\n24*2 = <<24*2=48>>48\n\\boxed{48}",),
                ("48/2 = <<48/2=25>>25\n\\boxed{48}", "48/2 = 24\n24+2 = 48\n\\boxed{48}"),
            ),
        ),
        pieces=("3*4=", "12", "+1", "=13", "\n", "\\boxed{13}", "<<", ">>", "x", "(", ")", "/0="),
    )
