"""Showcase of `majority`."""

from verigrad.core.types import Problem
from verigrad.verifiers.compose import Majority
from verigrad.verifiers.showcases import Sample, Showcase

_MEMBERS = [
    {"kind": "math"},
    {"kind": "exact"},
    {"kind": "pattern", "at": "shape", "answer_in": "boxed"},
]


def _problem(question: str, answer: str) -> Problem:
    return Problem.of(question, answer, shape=answer.replace(".", r"[.]"))


def showcase() -> Showcase:
    """Two of value, text and pattern: 54.0 has the value only, 4,5 has none."""
    return Showcase(
        Majority(members=_MEMBERS),
        (
            Sample(
                _problem("Six times nine?", "54"),
                (r"\boxed{54}", r"It is \boxed{ 54 }"),
                (r"\boxed{54.0}", r"\boxed{45}", r"\boxed{54 or 45}", r"\boxed{54}\boxed{45}"),
            ),
            Sample(
                _problem("A half of nine?", "4.5"),
                (r"\boxed{4.5}",),
                (r"\boxed{\frac92}", r"\boxed{4,5}", r"\boxed{45}"),
            ),
        ),
        pieces=(r"\boxed{", "}", "54", "4.5", "."),
    )
