"""Knights and knaves: knights always tell the truth, knaves always lie; who is what?

`info`: `people` (names) and `statements`, each `[speaker, claim]`. A claim is `["knight", name]`,
`["knave", name]`, `["not", claim]`, `["and", claim, ...]`, `["or", claim, ...]`,
`["if", claim, claim]` or `["same", claim, claim]`. All 2^n worlds are looked at: a problem of
which more or less than one world is true is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import product
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from verigrad.verifiers.puzzles.base import Puzzle, PuzzleVerifier
from verigrad.verifiers.puzzles.reading import malformed, read_assignment

MAX_PEOPLE = 12
MAX_CLAIM_PARTS = 60
_ARITY = {"knight": 1, "knave": 1, "not": 1, "if": 2, "same": 2}
Claim = tuple[Any, ...]
World = Mapping[str, bool]  # True: a knight


class Island(Puzzle):
    """The people and what each of them says."""

    people: tuple[str, ...] = Field(min_length=1, max_length=MAX_PEOPLE)
    statements: tuple[tuple[str, Any], ...] = Field(min_length=1, max_length=100)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if len(set(self.people)) != len(self.people):
            raise ValueError("a name comes twice")
        read = tuple(
            (self._known(speaker), _read_claim(claim, frozenset(self.people), [0]))
            for speaker, claim in self.statements
        )
        object.__setattr__(self, "statements", read)  # nested tuples: the model can be a key
        return self

    def _known(self, name: str) -> str:
        if name not in self.people:
            raise ValueError(f"{name} is none of the people")
        return name


class KnightsKnaves(PuzzleVerifier):
    r"""Who is a knight and who a knave, in the one world in which all statements fit.

    >>> from verigrad.core.types import Problem
    >>> both_lie = [["Ann", ["and", ["knave", "Ann"], ["knave", "Bo"]]]]
    >>> problem = Problem.of("?", None, people=["Ann", "Bo"], statements=both_lie)
    >>> KnightsKnaves().verify(problem, r"\boxed{Ann is a knave, Bo is a knight}").is_correct
    True
    """

    name: ClassVar[str] = "knights_knaves"
    version: ClassVar[str] = "1"
    puzzle_type: ClassVar[type[Puzzle]] = Island
    proves: ClassVar[str] = (
        "of all 2^n worlds, only in this one do the knights tell the truth and the knaves lie"
    )
    cannot: ClassVar[str] = "say whether the world was found by reasoning or by luck (1 in 2^n)"

    def unfit(self, puzzle: Island) -> str | None:
        """There must be one world."""
        number = len(worlds(puzzle.people, puzzle.statements))
        return None if number == 1 else f"{number} worlds fit the statements, not one"

    def read_solution(self, text: str, puzzle: Island) -> dict[str, str]:
        """Name -> knight or knave, for everyone."""
        return read_assignment(text, puzzle.people, _kind)

    def first_fault(self, puzzle: Island, solution: dict[str, str]) -> str | None:
        """The first statement that does not fit its speaker."""
        world = {name: kind == "knight" for name, kind in solution.items()}
        for number, (speaker, claim) in enumerate(puzzle.statements, start=1):
            if holds(claim, world) is not world[speaker]:
                return f"statement {number} does not fit {speaker} as a {solution[speaker]}"
        return None

    def show(self, solution: dict[str, str]) -> str:
        """In the puzzle's order."""
        return ", ".join(f"{name}: {kind}" for name, kind in solution.items())


@lru_cache(maxsize=1024)
def worlds(
    people: tuple[str, ...], statements: tuple[tuple[str, Claim], ...]
) -> tuple[dict[str, bool], ...]:
    """Every world in which all statements fit."""
    every = (
        dict(zip(people, values, strict=True))
        for values in product((True, False), repeat=len(people))
    )
    return tuple(
        world
        for world in every
        if all(holds(claim, world) is world[speaker] for speaker, claim in statements)
    )


def holds(claim: Sequence[Any], world: World) -> bool:
    """Whether a claim is true in a world."""
    head, *parts = claim
    match head:
        case "knight":
            return world[parts[0]]
        case "knave":
            return not world[parts[0]]
        case "not":
            return not holds(parts[0], world)
        case "and":
            return all(holds(part, world) for part in parts)
        case "or":
            return any(holds(part, world) for part in parts)
        case "if":
            return not holds(parts[0], world) or holds(parts[1], world)
        case _:
            return holds(parts[0], world) is holds(parts[1], world)


def _read_claim(claim: Any, people: frozenset[str], count: list[int]) -> Claim:
    count[0] += 1
    if count[0] > MAX_CLAIM_PARTS:
        raise ValueError(f"a claim of over {MAX_CLAIM_PARTS} parts")
    if not isinstance(claim, list | tuple) or not claim or not isinstance(claim[0], str):
        raise ValueError(f"not a claim: {claim!r:.80}")
    head, *parts = claim
    if head in ("and", "or"):
        if len(parts) < 2:
            raise ValueError(f"{head} needs at least two claims")
    elif len(parts) != _ARITY.get(head):
        raise ValueError(f"not a claim: {claim!r:.80}")
    if head in ("knight", "knave"):
        if parts[0] not in people:
            raise ValueError(f"{parts[0]!r:.40} is none of the people")
        return head, parts[0]
    return head, *(_read_claim(part, people, count) for part in parts)


def _kind(said: str) -> str:
    words = said.casefold().split()
    kind = words[-1] if len(words) == 1 or words[:-1] == ["a"] else ""
    if kind not in ("knight", "knave"):
        raise malformed(f"{said[:40]!r} is neither a knight nor a knave")
    return kind
