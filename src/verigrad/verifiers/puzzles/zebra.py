"""Zebra puzzles: who lives where with what, from clues.

`info`: `num_houses` n; `attributes`, name -> n different values (no value in two attributes);
`clues`, each `["same", a, b]` (one house), `["different", a, b]`, `["next", a, b]` (neighbours),
`["left", a, b]` (a directly left of b), `["before", a, b]` (a somewhere left of b),
`["at", a, house]` or `["not_at", a, house]`, houses from 1.

The answer has a row for every house, in order, with the house's values in any order
(`1: red, cat, tea / 2: ...`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from verigrad.core.verdict import Reason
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.puzzles.base import Puzzle, PuzzleVerifier
from verigrad.verifiers.puzzles.reading import malformed, plain_lines

MAX_HOUSES = 12
_HOUSE = re.compile(r"(?:house\s{0,4})?([0-9]{1,2})\s{0,4}[:.)]", re.IGNORECASE)
_PAIR_CLUES = ("same", "different", "next", "left", "before")
_HOUSE_CLUES = ("at", "not_at")


class Street(Puzzle):
    """The houses, the values of every attribute and the clues."""

    num_houses: int = Field(ge=2, le=MAX_HOUSES)
    attributes: dict[str, tuple[str, ...]] = Field(min_length=1, max_length=MAX_HOUSES)
    clues: tuple[tuple[str, str, str | int], ...] = Field(min_length=1, max_length=500)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        values = [value for some in self.attributes.values() for value in some]
        folded = {value.casefold() for value in values}
        if len(folded) != len(values) or len(values) != self.num_houses * len(self.attributes):
            raise ValueError(f"every attribute needs {self.num_houses} values, none twice")
        for kind, one, other in self.clues:
            known = one in values and (
                (kind in _PAIR_CLUES and other in values and other != one)
                or (kind in _HOUSE_CLUES and isinstance(other, int) and self._has_house(other))
            )
            if not known:
                raise ValueError(f"not a clue: {[kind, one, other]!r:.80}")
        return self

    def _has_house(self, house: int) -> bool:
        return 1 <= house <= self.num_houses


class Zebra(PuzzleVerifier):
    r"""A street in which every clue is true.

    >>> from verigrad.core.types import Problem
    >>> facts = {"num_houses": 2, "attributes": {"pet": ["cat", "dog"], "drink": ["tea", "milk"]}}
    >>> clues = [["left", "cat", "dog"], ["different", "cat", "tea"]]
    >>> problem = Problem.of("?", None, **facts, clues=clues)
    >>> Zebra().verify(problem, r"\boxed{1: cat, milk / 2: dog, tea}").is_correct
    True
    """

    name: ClassVar[str] = "zebra"
    version: ClassVar[str] = "1"
    puzzle_type: ClassVar[type[Puzzle]] = Street
    proves: ClassVar[str] = "every house has one value of every attribute and every clue is true"
    cannot: ClassVar[str] = "tell whether the clues leave only one street"

    def read_solution(self, text: str, puzzle: Street) -> dict[str, int]:
        """Value -> house."""
        kinds = {
            value.casefold(): (kind, value)
            for kind, values in puzzle.attributes.items()
            for value in values
        }
        rows = [row for row in re.split(r"\n|/|;", plain_lines(text)) if row.strip()]
        if len(rows) != puzzle.num_houses:
            raise malformed(f"{len(rows)} rows for {puzzle.num_houses} houses")
        found: dict[str, int] = {}
        for house, row in enumerate(rows, start=1):
            seen: dict[str, str] = {}
            for word in _words(row, house):
                if word.casefold() not in kinds:
                    raise malformed(f"{word[:40]!r} is none of the values")
                kind, value = kinds[word.casefold()]
                if seen.setdefault(kind, value) != value:
                    why = f"house {house} has {seen[kind]} and {value}"
                    raise UnreadableError(Reason.AMBIGUOUS, why)
                if found.setdefault(value, house) != house:
                    why = f"{value} is in house {found[value]} and in house {house}"
                    raise UnreadableError(Reason.AMBIGUOUS, why)
            if len(seen) != len(puzzle.attributes):
                raise malformed(f"house {house} lacks an attribute")
        return found

    def first_fault(self, puzzle: Street, solution: dict[str, int]) -> str | None:
        """The first clue that is not true."""
        for number, (kind, one, other) in enumerate(puzzle.clues, start=1):
            if not is_true(kind, one, other, solution):
                return f"clue {number} is not true: {kind} {one} {other}"
        return None

    def show(self, solution: dict[str, int]) -> str:
        """House by house, values sorted."""
        houses = sorted(set(solution.values()))
        return " / ".join(
            f"{house}: {', '.join(sorted(v for v, h in solution.items() if h == house))}"
            for house in houses
        )


def is_true(kind: str, one: str, other: Any, houses: Mapping[str, int]) -> bool:
    """Whether one clue holds."""
    here = houses[one]
    there = other if kind in _HOUSE_CLUES else houses[other]
    match kind:
        case "same" | "at":
            return here == there
        case "different" | "not_at":
            return here != there
        case "next":
            return abs(here - there) == 1
        case "left":
            return here + 1 == there
        case _:
            return here < there


def _words(row: str, house: int) -> list[str]:
    """The values of a row; a number in front of it must be the row's own."""
    row = row.strip(" *|-\t")
    match = _HOUSE.match(row)
    if match is not None:
        if int(match[1]) != house:
            raise malformed(f"house {match[1]} stands in row {house}")
        row = row[match.end() :]
    row = row.replace("|", ",")
    return [word for part in row.split(",") if (word := part.strip(" *`\"'.\t"))]
