r"""Satisfiability: random 3-SAT with a hidden assignment. `\boxed{1 -2 3}`."""

from __future__ import annotations

import random
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed


class SatOptions(Options):
    """So many `variables`, `ratio` clauses for each, every clause of up to `width` variables."""

    variables: int = Field(default=5, ge=2, le=200)
    ratio: float = Field(default=3.0, gt=0.0, le=20.0)
    width: int = Field(default=3, ge=2, le=10)


class Sat(Generator):
    """Random clauses that a hidden assignment satisfies."""

    name: ClassVar[str] = "sat"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "sat"
    dial: ClassVar[str] = "variables"
    options_type: ClassVar[type[Options]] = SatOptions

    def draw(self, source: random.Random) -> Draft:
        """No variable twice in a clause, so that every clause can fail."""
        count = self.options.variables
        hidden = [source.choice([-1, 1]) * variable for variable in range(1, count + 1)]
        clauses: list[list[int]] = []
        while len(clauses) < max(1, round(self.options.ratio * count)):
            variables = source.sample(range(1, count + 1), min(self.options.width, count))
            clause = [source.choice([-1, 1]) * variable for variable in variables]
            if any(hidden[abs(literal) - 1] == literal for literal in clause):
                clauses.append(sorted(clause, key=abs))
        answer = " ".join(map(str, hidden))
        shown = " ".join(f"({' or '.join(map(_literal, clause))})" for clause in clauses)
        return Draft(
            key=[count, sorted(clauses)],
            question=(
                f"Find values of x1 to x{count} for which all of this is true: {shown}\n"
                "Answer with all numbers, with a minus for false, like this: 1 -2 3"
            ),
            answer=answer,
            solution=boxed(answer),
            info={"num_variables": count, "clauses": clauses},
        )


def _literal(literal: int) -> str:
    return f"x{literal}" if literal > 0 else f"not x{-literal}"
