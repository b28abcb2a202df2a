"""Checkers of steps: which steps of a solution can be judged, and which of those hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason
from verigrad.verifiers.math import Math
from verigrad.verifiers.process.arithmetic import Equation, equations
from verigrad.verifiers.process.segments import Segment

_CALCULATOR = ("<<", ">>")
_SIGNS = ("=", "<", ">", "+", "-", "*", "/", "^", "\\frac", "\\sqrt")
_MAX_LINE_CHARS = 500
_ALGEBRA = Math(answer_in="whole")


@dataclass(frozen=True, slots=True)
class StepVerdict:
    """What is said of one step: `holds` is None where there is nothing to check in it."""

    segment: Segment
    holds: bool | None
    why: str = ""

    @property
    def score(self) -> float:
        """1 where it holds, else 0."""
        return float(self.holds is True)


StepChecker = Callable[[Sequence[Segment], str], Iterator[StepVerdict]]


def arithmetic(steps: Sequence[Segment], decimals: str) -> Iterator[StepVerdict]:
    """Every `a op b = c` in a step is computed; a step holds where all of them do.

    `decimals = "stated_precision"` lets the right side be rounded at the places it states.
    """
    for step in steps:
        claims = equations_of(step.text)
        false = [
            one
            for one in claims
            if not (one.is_exact or (decimals == "stated_precision" and one.holds_rounded))
        ]
        if not claims:
            yield StepVerdict(step, None)
        elif false:
            one = false[0]
            yield StepVerdict(step, holds=False, why=f"{one.left} is not {one.right}"[:200])
        else:
            yield StepVerdict(step, holds=True)


def equations_of(text: str) -> list[Equation]:
    """The equations of a step; GSM8K's calculator marks `<<...>>` are lines of their own."""
    for mark in _CALCULATOR:
        text = text.replace(mark, "\n")
    return [one for line in text.split("\n") for one in equations(line)]


def algebra(steps: Sequence[Segment], decimals: str) -> Iterator[StepVerdict]:  # noqa: ARG001
    """Each line of mathematics must say the same as the one before: equal, or equivalent.

    The first one is given; lines that cannot be read as mathematics are passed over.
    """
    before: str | None = None
    for step in steps:
        text = _mathematics(step.text)
        itself = _ALGEBRA.verify(Problem.of("", text), text) if text else None
        if itself is None or not itself.is_correct:
            yield StepVerdict(step, None)
            continue
        if before is None:
            yield StepVerdict(step, None, "the first line is given")
        else:
            said = _ALGEBRA.verify(Problem.of("", before), text)
            why = "" if said.is_correct else f"does not follow from {before[:80]}"
            unknown = said.reason is Reason.UNDECIDED
            yield StepVerdict(step, None if unknown else said.is_correct, why)
        before = text


def _mathematics(text: str) -> str:
    """A line without its sign of implication, its list mark and its dollars; '' for prose."""
    for sign in ("\\Rightarrow", "\\implies", "=>", "\u21d2", "\u2192", "-> "):
        if text.startswith(sign):
            text = text[len(sign) :]
    text = text.strip().rstrip(".,;").strip("$").strip()
    is_claim = any(sign in text for sign in _SIGNS) and "\\boxed" not in text
    return text if is_claim and len(text) <= _MAX_LINE_CHARS else ""


CHECKERS: dict[str, StepChecker] = {"arithmetic": arithmetic, "algebra": algebra}
