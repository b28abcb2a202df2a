"""The words of a showcase: a verifier, and samples of what it must pay for and must not."""

from __future__ import annotations

from dataclasses import dataclass

from verigrad.core.types import Problem
from verigrad.verifiers.base import Verifier


@dataclass(frozen=True, slots=True)
class Sample:
    """One problem. Each of `right` must get a full score, none of `near` may get one.

    Near misses are wrong by as little as possible: one number, one clause, one step. Write at
    least two of each, by hand or from a rule that does not come from the verifier.
    """

    problem: Problem
    right: tuple[str, ...]
    near: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Showcase:
    """What one verifier shows.

    pieces: fragments of the family's own language, from which the fuzzer builds responses.
    options: every answer a policy could list at once ("all options" is a null policy).
    paid_above: a null policy is paid where it gets more than this; above 0 only for scores that
        are graded by nature (a similarity), never for right-or-wrong ones.
    max_fuzz: where one judgement costs a process or a model call, how many inputs are enough.
    missing: why the trial cannot run on this machine (a prover not installed), "" where it can.
    """

    verifier: Verifier
    samples: tuple[Sample, ...]
    pieces: tuple[str, ...] = ()
    options: tuple[str, ...] = ()
    paid_above: float = 0.0
    max_fuzz: int | None = None
    missing: str = ""
