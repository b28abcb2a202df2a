r"""Knights and knaves: what people say of each other fits exactly one world.

`... Ann says: "Bo is a knave." ...` -> `\boxed{Ann: knight, Bo: knave}`.
"""

from __future__ import annotations

import random
from itertools import product
from typing import Any, ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed

NAMES = ("Ann", "Bo", "Cy", "Di", "Ed", "Flo", "Gus", "Hal", "Ivy", "Jo")
_JOINERS = {"and": " and ", "or": " or "}


class KnightsOptions(Options):
    """How many `people`; each says one thing."""

    people: int = Field(default=3, ge=2, le=10)


class KnightsKnaves(Generator):
    """Claims drawn at random until one world is left."""

    name: ClassVar[str] = "knights_knaves"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "knights_knaves"
    dial: ClassVar[str] = "people"
    options_type: ClassVar[type[Options]] = KnightsOptions

    def draw(self, source: random.Random) -> Draft:
        """Everybody speaks once, of others and seldom of themselves."""
        people: list[str] = list(NAMES[: self.options.people])
        while True:
            statements = [[name, _claim(source, name, people)] for name in people]
            worlds = _worlds(people, statements)
            if len(worlds) == 1:
                break
        answer = ", ".join(f"{name}: {_KINDS[worlds[0][name]]}" for name in people)
        said = " ".join(f'{name} says: "{_words(claim)}."' for name, claim in statements)
        return Draft(
            key=statements,
            question=(
                "Knights always tell the truth, knaves always lie. "
                f"{said} Who is what?\nAnswer like this: Ann: knight, Bo: knave."
            ),
            answer=answer,
            solution=boxed(answer),
            info={"people": people, "statements": statements},
        )


_KINDS = {True: "knight", False: "knave"}


def _claim(source: random.Random, speaker: str, people: list[str]) -> list[Any]:
    others = [name for name in people if name != speaker]

    def atom() -> list[Any]:
        name = source.choice(others) if source.random() < 0.85 else speaker
        return [source.choice(["knight", "knave"]), name]

    kind = source.choice(["atom", "atom", "and", "or", "if", "same"])
    if kind == "atom":
        return [source.choice(["knight", "knave"]), source.choice(others)]
    one, two = atom(), atom()
    while two[1] == one[1]:
        two = atom()
    return [kind, one, two]


def _words(claim: list[Any]) -> str:
    """A claim in English."""
    head, *parts = claim
    if head in ("knight", "knave"):
        return f"{parts[0]} is a {head}"
    one, two = map(_words, parts)
    if head == "if":
        return f"If {one}, then {two}"
    if head == "same":
        return f"{one} exactly if {two}"
    return f"{one}{_JOINERS[head]}{two}"


def _worlds(people: list[str], statements: list[list[Any]]) -> list[dict[str, bool]]:
    every = (dict(zip(people, v, strict=True)) for v in product((True, False), repeat=len(people)))
    return [w for w in every if all(_is_true(claim, w) is w[name] for name, claim in statements)]


def _is_true(claim: list[Any], world: dict[str, bool]) -> bool:
    head, *parts = claim
    if head in ("knight", "knave"):
        return world[parts[0]] is (head == "knight")
    one, two = (_is_true(part, world) for part in parts)
    return {"and": one and two, "or": one or two, "if": two or not one, "same": one is two}[head]
