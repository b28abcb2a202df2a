"""Satisfying assignments: every clause of a CNF holds under the answer.

`info`: `num_variables`, `clauses` (lists of non-zero whole numbers, as in DIMACS: -3 is "not
x3"). The answer gives every variable once: `1 -2 3`, or `x1 = true, x2 = false, x3 = true`.
"""

from __future__ import annotations

import re
from typing import ClassVar, Self

from pydantic import Field, model_validator

from verigrad.core.verdict import Reason
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.puzzles.base import Puzzle, PuzzleVerifier
from verigrad.verifiers.puzzles.reading import malformed, plain_lines, read_assignment, read_words

_LITERAL = re.compile(r"([-¬~!])?x?([0-9]{1,6})", re.IGNORECASE)
_VALUES = {"true": "1", "t": "1", "1": "1", "false": "0", "f": "0", "0": "0"}


class Formula(Puzzle):
    """A formula in conjunctive normal form."""

    num_variables: int = Field(ge=1, le=2_000)
    clauses: tuple[tuple[int, ...], ...] = Field(min_length=1, max_length=20_000)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        for clause in self.clauses:
            if not clause:
                raise ValueError("an empty clause can never hold")
            if any(not 1 <= abs(literal) <= self.num_variables for literal in clause):
                raise ValueError(f"a variable that is not 1 to {self.num_variables}")
        return self


class Sat(PuzzleVerifier):
    r"""An assignment under which every clause has a true literal.

    >>> from verigrad.core.types import Problem
    >>> problem = Problem.of("?", None, num_variables=2, clauses=[[1, 2], [-1, 2], [1, -2]])
    >>> Sat().verify(problem, r"\boxed{1 2}").is_correct
    True
    """

    name: ClassVar[str] = "sat"
    version: ClassVar[str] = "1"
    puzzle_type: ClassVar[type[Puzzle]] = Formula
    proves: ClassVar[str] = "every clause holds under the assignment"
    cannot: ClassVar[str] = "judge the claim that there is no assignment (that takes a proof)"

    def unfit(self, puzzle: Formula) -> str | None:
        """One clause at least must be able to fail."""
        is_trivial = all(any(-literal in clause for literal in clause) for clause in puzzle.clauses)
        return "every assignment satisfies it" if is_trivial else None

    def read_solution(self, text: str, puzzle: Formula) -> tuple[bool, ...]:
        """The value of every variable in order."""
        text = plain_lines(text)
        if re.search(r"[=:{]|\bis\b", text):
            names = [f"x{number}" for number in range(1, puzzle.num_variables + 1)]
            return tuple(v == "1" for v in read_assignment(text, names, _value).values())
        values: dict[int, bool] = {}
        for word in read_words(text):
            match = _LITERAL.fullmatch(word)
            if match is None or not 1 <= int(match[2]) <= puzzle.num_variables:
                raise malformed(f"{word[:40]!r} is no literal of the formula")
            number, value = int(match[2]), match[1] is None
            if values.setdefault(number, value) is not value:
                raise UnreadableError(Reason.AMBIGUOUS, f"{number} is true and false")
        if len(values) < puzzle.num_variables:
            raise malformed(f"{len(values)} of {puzzle.num_variables} variables have a value")
        return tuple(values[number] for number in range(1, puzzle.num_variables + 1))

    def first_fault(self, puzzle: Formula, solution: tuple[bool, ...]) -> str | None:
        """The first clause without a true literal."""
        for number, clause in enumerate(puzzle.clauses, start=1):
            if not any(solution[abs(literal) - 1] is (literal > 0) for literal in clause):
                return f"clause {number} does not hold: {' '.join(map(str, clause))[:80]}"
        return None

    def show(self, solution: tuple[bool, ...]) -> str:
        """Literals as in DIMACS."""
        return " ".join(str(n if value else -n) for n, value in enumerate(solution, start=1))


def _value(said: str) -> str:
    if said.casefold() not in _VALUES:
        raise malformed(f"{said[:40]!r} is neither true nor false")
    return _VALUES[said.casefold()]
