"""What a constraint is: an id, arguments that are all required, and a check that may not know."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from verigrad.verifiers.constraints.language import LANGUAGES

Check = Callable[..., bool | None]
RELATIONS = ("less than", "at least", "at most", "more than", "exactly")


class ArgumentError(Exception):
    """A constraint whose arguments cannot be checked: the problem's fault."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One kind of constraint.

    check: (text, **arguments) -> True, False, or None where it cannot be told (which never pays).
    arguments: name -> what its value must be; none is optional, none has a default.
    alters: whether following it means repeating the prompt (an echo is then no fault).
    """

    check: Check
    arguments: Mapping[str, Callable[[Any], bool]]
    repeats_prompt: bool = False

    def bind(self, given: Mapping[str, Any]) -> dict[str, Any]:
        """The arguments, checked; None stands for "not given", as in published data."""
        kept = {name: value for name, value in given.items() if value is not None}
        if missing := sorted(set(self.arguments) - set(kept)):
            raise ArgumentError(f"missing {', '.join(missing)}")
        if unknown := sorted(set(kept) - set(self.arguments)):
            raise ArgumentError(f"unknown {', '.join(unknown)}")
        for name, value in kept.items():
            if not self.arguments[name](value):
                raise ArgumentError(f"{name} = {value!r:.60}")
        return kept


def compare(count: int, relation: str, number: int) -> bool:
    """`compare(2, "at least", 2)` is True; so are the other relations of `RELATIONS`."""
    return {
        "less than": count < number,
        "at least": count >= number,
        "at most": count <= number,
        "more than": count > number,
        "exactly": count == number,
    }[relation]


def number(value: Any) -> bool:
    """A whole number that is not negative."""
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def positive(value: Any) -> bool:
    """A whole number from 1 on."""
    return number(value) and value > 0


def text(value: Any) -> bool:
    """Text with something in it."""
    return isinstance(value, str) and bool(value.strip()) and len(value) <= 100_000


def texts(value: Any) -> bool:
    """A list of such texts, not empty."""
    return isinstance(value, list | tuple) and 0 < len(value) <= 1_000 and all(map(text, value))


def letter(value: Any) -> bool:
    """One character that is not white space."""
    return isinstance(value, str) and len(value.strip()) == 1


def relation(value: Any) -> bool:
    """A name of `RELATIONS`."""
    return isinstance(value, str) and value in RELATIONS


def language(value: Any) -> bool:
    """A language this package can tell."""
    return isinstance(value, str) and value in LANGUAGES


def percent(value: Any) -> bool:
    """0 to 100."""
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 <= value <= 100
