"""Intervals with turned brackets: `]2, 5[` is `(2, 5)`."""

from __future__ import annotations

from verigrad.verifiers.math.building import RELATIONS, SET_OPERATIONS
from verigrad.verifiers.math.tokens import END, Token

_BEFORE_OPENER = frozenset({"", "(", ",", ";", "=", *RELATIONS, *SET_OPERATIONS})
_AFTER_CLOSER = frozenset({"", ")", ",", ";", *SET_OPERATIONS})


def turned(tokens: list[Token]) -> list[Token]:
    """The tokens with `]` as an opener and `[` as a closer made round.

    Told by the neighbours: an opener follows nothing, a comma or a set sign, a closer is followed
    by one. `2[x+1]` and `[1, 2]` stay as they are.
    """
    out: list[Token] = []
    for at, token in enumerate(tokens):
        kept = token
        if token.text == "]" and _text(tokens, at - 1) in _BEFORE_OPENER:
            kept = token._replace(text="(")
        elif token.text == "[" and at and _is_end(tokens, at + 1):
            kept = token._replace(text=")")
        out.append(kept)
    return out


def _text(tokens: list[Token], at: int) -> str:
    return tokens[at].text if at >= 0 else ""


def _is_end(tokens: list[Token], at: int) -> bool:
    token = tokens[at] if at < len(tokens) else END
    return token.text in _AFTER_CLOSER or token.kind in ("joiner", "end")
