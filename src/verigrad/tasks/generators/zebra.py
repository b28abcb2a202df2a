r"""Zebra puzzles: clues that leave exactly one street, none of which could be spared.

`... The red house is directly left of Ann's. ...` -> `\boxed{1: red, Bo / 2: green, Ann / ...}`.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Mapping
from typing import Any, ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed

_VALUES = {
    "colour": ("red", "green", "blue", "white", "yellow", "black"),
    "name": ("Ann", "Bo", "Cy", "Di", "Ed", "Flo"),
    "pet": ("cat", "dog", "fish", "horse", "parrot", "zebra"),
    "drink": ("tea", "milk", "water", "coffee", "juice", "cocoa"),
    "sport": ("chess", "golf", "judo", "polo", "rugby", "tennis"),
}
_WORDS = {
    "same": "{a} and {b} are in the same house.",
    "different": "{a} and {b} are in different houses.",
    "next": "{a} is next to {b}.",
    "left": "{a} is directly left of {b}.",
    "before": "{a} is somewhere left of {b}.",
    "at": "{a} is in house {b}.",
    "not_at": "{a} is not in house {b}.",
}
Clue = list[Any]


class ZebraOptions(Options):
    """So many `houses` in a row, each with so many `attributes`."""

    houses: int = Field(default=3, ge=2, le=6)
    attributes: int = Field(default=3, ge=2, le=5)


class Zebra(Generator):
    """A random street; true clues are added until no other fits, then spared where possible."""

    name: ClassVar[str] = "zebra"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "zebra"
    dial: ClassVar[str] = "houses"
    options_type: ClassVar[type[Options]] = ZebraOptions

    def draw(self, source: random.Random) -> Draft:
        """Clues that say much are as likely as those that say little."""
        houses = self.options.houses
        attributes = {
            kind: list(values[:houses])
            for kind, values in list(_VALUES.items())[: self.options.attributes]
        }
        street = {
            value: house
            for values in attributes.values()
            for house, value in enumerate(source.sample(values, houses), start=1)
        }
        clues = _needed(source, attributes, street, houses)
        rows = [
            [value for value in street if street[value] == house] for house in range(1, houses + 1)
        ]
        answer = " / ".join(f"{n}: {', '.join(row)}" for n, row in enumerate(rows, start=1))
        told = " ".join(_WORDS[kind].format(a=one, b=other) for kind, one, other in clues)
        kinds = "; ".join(f"{kind}: {', '.join(values)}" for kind, values in attributes.items())
        return Draft(
            key=[houses, attributes, sorted(clues, key=str)],
            question=(
                f"{houses} houses in a row, from left to right 1 to {houses}, each with one of "
                f"every kind ({kinds}). {told}\nAnswer with the houses in order: 1: ... / 2: ..."
            ),
            answer=answer,
            solution=boxed(answer),
            info={"num_houses": houses, "attributes": attributes, "clues": clues},
        )


def _needed(
    source: random.Random, attributes: Mapping[str, list[str]], street: dict[str, int], houses: int
) -> list[Clue]:
    pool = list(_true_clues(attributes, street, houses))
    source.shuffle(pool)
    clues: list[Clue] = []
    while pool and _count(attributes, clues, houses) > 1:
        clues += [pool.pop() for _ in range(min(2, len(pool)))]
    for clue in list(clues):
        fewer = [other for other in clues if other is not clue]
        if fewer and _count(attributes, fewer, houses) == 1:
            clues = fewer
    return clues


def _true_clues(
    attributes: Mapping[str, list[str]], street: dict[str, int], houses: int
) -> Iterator[Clue]:
    """Every clue that holds; houses are named seldom, as they tell too much."""
    values = list(street)
    kind_of = {value: kind for kind, some in attributes.items() for value in some}
    for one in values:
        if street[one] in (1, (houses + 1) // 2):
            yield ["at", one, street[one]]
        yield ["not_at", one, street[one] % houses + 1]
        for other in values:
            if kind_of[one] == kind_of[other]:
                continue
            gap = street[other] - street[one]
            if gap == 0 and one < other:
                yield ["same", one, other]
            if abs(gap) == 1 and one < other:
                yield ["next", one, other]
            if gap == 1:
                yield ["left", one, other]
            if gap > 0:
                yield ["before", one, other]
            if gap and one < other:
                yield ["different", one, other]


def _count(attributes: Mapping[str, list[str]], clues: list[Clue], houses: int) -> int:
    """How many streets fit, counting no further than two.

    Every value has a set of houses, as bits: clues and "no house twice" shrink the sets until
    nothing changes, then the smallest set is split.
    """
    everywhere = (1 << houses) - 1
    start = dict.fromkeys((value for some in attributes.values() for value in some), everywhere)
    stack, found = [start], 0
    while stack and found < 2:
        places = stack.pop()
        if not _shrink(places, attributes, clues, everywhere):
            continue
        open_values = [value for value, bits in places.items() if bits & (bits - 1)]
        if not open_values:
            found += 1
            continue
        value = min(open_values, key=lambda each: places[each].bit_count())
        stack += [
            {**places, value: 1 << house} for house in range(houses) if places[value] >> house & 1
        ]
    return found


def _shrink(
    places: dict[str, int], attributes: Mapping[str, list[str]], clues: list[Clue], everywhere: int
) -> bool:
    """Shrink the sets until nothing changes; False where one is empty."""
    changed = True
    while changed:
        before = list(places.values())
        for kind, one, other in clues:
            if kind in ("at", "not_at"):
                bit = 1 << (other - 1)
                places[one] &= bit if kind == "at" else ~bit
            else:
                here, there = places[one], places[other]
                places[one] &= _REACH[kind][0](there) & everywhere
                places[other] &= _REACH[kind][1](here) & everywhere
        for values in attributes.values():
            for value in values:
                bits = places[value]
                if bits and not bits & (bits - 1):
                    for other in values:
                        if other != value:
                            places[other] &= ~bits
        if not all(places.values()):
            return False
        changed = before != list(places.values())
    return True


def _beside(bits: int) -> int:
    return bits << 1 | bits >> 1


def _elsewhere(bits: int) -> int:
    return -1 if bits & (bits - 1) else ~bits


# clue -> where the first may be, given the houses of the second; and the other way round
_REACH: dict[str, tuple[Callable[[int], int], Callable[[int], int]]] = {
    "same": (lambda bits: bits, lambda bits: bits),
    "different": (_elsewhere, _elsewhere),
    "next": (_beside, _beside),
    "left": (lambda bits: bits >> 1, lambda bits: bits << 1),
    "before": (
        lambda bits: (1 << max(bits.bit_length() - 1, 0)) - 1,  # below the highest
        lambda bits: ~((bits & -bits) * 2 - 1),  # above the lowest
    ),
}
