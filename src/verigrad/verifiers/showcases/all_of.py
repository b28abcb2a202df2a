# ruff: noqa: E501 (samples)
"""Showcases of the compositions: the same two problems, joined in each way."""

from collections.abc import Callable
from typing import Any

from verigrad.core.types import Problem
from verigrad.verifiers.base import Verifier
from verigrad.verifiers.compose import AllOf
from verigrad.verifiers.showcases import Sample, Showcase

NUMBER: dict[str, Any] = {"kind": "math"}
SHAPE: dict[str, Any] = {"kind": "layout", "at": "layout"}
BRIEF: dict[str, Any] = {"kind": "constraints", "at": "form", "name": "brief", "reasoning": "keep"}


def problem(question: str, answer: str) -> Problem:
    """A number, in tags, in few words."""
    return Problem.of(
        question,
        answer,
        layout=["plan", "answer"],
        form=[{"id": "length:words", "least": 3, "most": 40}],
    )


def response(plan: str, answer: str) -> str:
    """A response that keeps the layout."""
    return f"<plan>{plan}</plan>\n<answer>\\boxed{{{answer}}}</answer>"


LONG = "one two " * 30


def samples(near: Callable[[str, str], tuple[str, ...]]) -> tuple[Sample, ...]:
    """Two problems with right responses, and near misses from (right answer, wrong answer)."""
    return (
        Sample(problem("Six times nine?", "54"), (response("six times nine is it", "54"),), near("54", "45")),
        Sample(problem("A half of nine?", "4.5"), (response("nine over two", r"\frac{9}{2}"),), near("4.5", "5")),
    )  # fmt: skip


def of(verifier: Verifier, near: Callable[[str, str], tuple[str, ...]]) -> Showcase:
    """A composition's showcase."""
    pieces = ("<plan>", "</plan>", "<answer>", "</answer>", r"\boxed{", "}", "54", "4.5", "plan")
    return Showcase(verifier, samples(near), pieces=pieces)


def showcase() -> Showcase:
    """Number, layout and length must all be right."""
    return of(
        AllOf(members=[NUMBER, SHAPE, BRIEF]),
        lambda right, wrong: (
            response("so it must be", wrong),
            f"so it must be \\boxed{{{right}}}",
            response(LONG, right),
        ),
    )
