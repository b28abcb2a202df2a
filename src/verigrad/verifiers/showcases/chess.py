"""Showcase of `chess`."""

from importlib.util import find_spec

from verigrad.core.types import Problem
from verigrad.verifiers.games.chess import Chess
from verigrad.verifiers.showcases import Sample, Showcase

MORPHY = "kbK5/pp6/1P6/8/8/8/8/R7 w - - 0 1"


def showcase() -> Showcase:
    """A back rank mate, Morphy's problem (Ra6, about 1849), and fool's mate played out."""
    back_rank = Problem.of(
        "White: Ke1 Ra1. Black: Kg8 f7 g7 h7. Mate in 1?", "Ra8",
        fen="6k1/5ppp/8/8/8/8/8/R3K3 w - - 0 1",
        mate_in=1,
    )  # fmt: skip
    morphy = Problem.of(
        "White: Kc8 Ra1 b6. Black: Ka8 Bb8 a7 b7. Mate in 2?", "Ra6", fen=MORPHY, mate_in=2
    )
    fool = Problem.of("1. f3 e5 2. g4, black moves.", "Qh4#", moves=["f2f3", "e7e5", "g2g4"])
    return Showcase(
        Chess(),
        (
            Sample(
                back_rank,
                (r"\boxed{Ra8#}", r"\boxed{a1a8}", "Answer: Ra8"),
                (
                    r"\boxed{Ra7}",
                    r"\boxed{Rb8}",
                    r"\boxed{O-O-O}",
                    r"\boxed{--}",
                    r"\boxed{Ra8 Kf8}",
                ),
            ),
            Sample(
                morphy,
                (r"\boxed{Ra6}", r"\boxed{a1a6}"),
                (r"\boxed{bxa7}", r"\boxed{Rxa7}", r"\boxed{Ra5}", r"\boxed{Kd7}"),
            ),
            Sample(
                fool,
                (r"\boxed{2... Qh4#}", r"\boxed{d8h4}"),
                (r"\boxed{Qg5}", r"\boxed{Qh5#}", r"\boxed{d7d5}", r"\boxed{Qh4# Kf2}"),
            ),
        ),
        pieces=(
            "Ra8",
            "a1a8",
            "Ra6",
            "Qh4",
            "O-O",
            "--",
            "0000",
            "e4",
            "#",
            "1.",
            "...",
            " ",
            "N@e4",
        ),
        options=("Ra8", "Ra7", "Rb1"),
        missing="" if find_spec("chess") else "the package `chess` is not installed",
    )
