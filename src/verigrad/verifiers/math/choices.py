"""Multiple choice: one letter, first and alone."""

from __future__ import annotations

import re

from verigrad.verifiers.math.nodes import Choice, Symbol
from verigrad.verifiers.math.reading import Reading
from verigrad.verifiers.math.scalar import Decision
from verigrad.verifiers.math.wording import plain, read_choice

_LETTERS = frozenset("ABCDEFGHIJ")
_HEDGE = re.compile(r"\b(?:or|and|either|maybe)\b|[,;/&]")
_LETTER = re.compile(r"\b[A-J]\b")
_OTHER = re.compile(r"\([A-J]\)|\b[A-J]\)")  # a second option that is marked like the first


def reference_choice(reference: Reading) -> Choice | None:
    """The letter a reference names: `B`, `(B)`, `(B) 17`."""
    if (
        reference.node is not None
        and isinstance(reference.node, Symbol)
        and reference.node.name in _LETTERS
    ):
        return Choice(reference.node.name)
    bare = plain(reference.text)
    if not bare.startswith(("(", "[")) or bare[2:3] not in (")", "]"):
        return None
    choice = read_choice(reference.text)
    return choice if choice is not None and choice.letter in _LETTERS else None


def compare_choice(reference: Choice, response: Reading) -> Decision:
    """The same letter; if both give the option's text, the same text."""
    choice = read_choice(response.text)
    if choice is None:
        hedged = len(re.findall(r"\b[A-J]\b", plain(response.text))) > 1
        return Decision(
            equal=False, method="no single letter", certainty="structural", ambiguous=hedged
        )
    if choice.option.startswith(("or ", "and ", *"+-*/^=_<>!|")):
        return Decision(equal=False, method="no single letter", certainty="structural")
    if _OTHER.search(choice.option) or (
        _LETTER.search(choice.option) and _HEDGE.search(choice.option)
    ):
        return Decision(
            equal=False, method="several letters", certainty="structural", ambiguous=True
        )
    same = choice.letter == reference.letter
    if same and reference.option and choice.option:
        same = _text(choice.option) == _text(reference.option)
    return Decision(equal=same, method="same choice", certainty="exact")


def _text(option: str) -> str:
    return "".join(option.casefold().split())
