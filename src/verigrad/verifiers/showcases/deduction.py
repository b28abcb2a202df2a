"""Showcase of `deduction`."""

from verigrad.core.types import Problem
from verigrad.verifiers.proofs.deduction import Deduction
from verigrad.verifiers.showcases import Sample, Showcase

_CHAIN = """1. p -> q premise
2. q -> r premise
3. | p assumption
4. | q ->E 1 3
5. | r ->E 2 4
6. p -> r ->I 3-5"""
_TWICE = "1. | ~~p assumption\n2. | p DNE 1\n3. ~~p -> p ->I 1-2"


def showcase() -> Showcase:
    """A chain of implications, and a double negation."""
    chain = {"statement": "p -> r", "premises": ["p -> q", "q -> r"]}
    return Showcase(
        Deduction(),
        (
            Sample(
                Problem.of("From p -> q and q -> r derive p -> r.", chain),
                (_CHAIN, f"```deduction\n{_CHAIN}\n```"),
                (
                    _CHAIN.replace("->E 1 3", "->E 1 2"),
                    _CHAIN.replace("3-5", "3-4"),
                    _CHAIN.replace("3. | p assumption", "3. | r assumption"),
                    "1. p -> r premise",
                    _CHAIN.rsplit("\n", 1)[0],
                ),
            ),
            Sample(
                Problem.of("Derive ~~p -> p.", {"statement": "~~p -> p"}),
                (_TWICE, "1. p \\/ ~p LEM\n" + _TWICE.replace("3.", "4.").replace("2.", "3.")
                 .replace("1.", "2.").replace("DNE 1", "DNE 2").replace("1-2", "2-3")
                 .replace("2. p \\/", "1. p \\/")),
                ("1. ~~p -> p assumption", "1. ~~p -> p premise", _TWICE.replace("~~p -> p", "p")),
            ),
        ),
        pieces=("1. ", "2. ", "| ", "p ", "-> ", "q ", "premise\n", "assumption\n", "->E 1 2\n",
                "->I 1-2\n", "~", "R 1\n", "_|_ "),
    )  # fmt: skip
