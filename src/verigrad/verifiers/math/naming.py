"""Names that are more than a letter: subscripts, bars, hats, vectors, labels."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verigrad.verifiers.math.labels import MAX_LABEL_DIGITS, label
from verigrad.verifiers.math.nodes import Call, Node, Symbol
from verigrad.verifiers.math.tokens import UnreadableError

if TYPE_CHECKING:
    from verigrad.verifiers.math.expressions import Expressions

_UNIT_VECTORS = frozenset("ijk")


def subscript(parser: Expressions) -> str:
    """The text of a subscript: a group of simple tokens, or one token."""
    if not parser.accept("{"):
        return parser.take().text.lstrip("\\")
    pieces: list[str] = []
    while not parser.accept("}"):
        token = parser.take()
        if token.kind not in ("number", "letters", "word", "command") and token.text not in ",+-":
            raise UnreadableError("subscript")
        pieces.append(token.text.lstrip("\\"))
        if len(pieces) > 8:
            raise UnreadableError("long subscript")
    return "".join(pieces)


def labelled(parser: Expressions) -> Node:
    """The name that stands for a left side (`labels.py`)."""
    parser.expect("{")
    digits = parser.take().text
    parser.expect("}")
    if not digits.isdigit() or len(digits) > MAX_LABEL_DIGITS:
        raise UnreadableError("label")
    return Symbol(f"[{label(int(digits))}]")


def unit_vector(parser: Expressions) -> Node:
    r"""`\hat{i}`, `\hat{\imath}`, `\hat k`."""
    braced = parser.accept("{")
    letter = parser.take().text.lstrip("\\").removesuffix("math")
    if braced:
        parser.expect("}")
    if letter not in _UNIT_VECTORS:
        raise UnreadableError("a hat")
    return Symbol(f"[{letter}]")


def overlined(parser: Expressions) -> Node:
    """Letters are a segment's name; anything else is conjugated."""
    inside = parser.tokens[parser.at + 1 : parser.at + 10]
    letters = [token.text for token in inside if token.kind == "letters"]
    if parser.token.text == "{" and "i" in letters and len(letters) == 1:
        return Call("conj", (parser.primary(),))
    return decorated(parser)


def decorated(parser: Expressions) -> Node:
    """A segment or a vector by its letters."""
    parser.expect("{")
    return Symbol(f"[{subscript_rest(parser)}]")


def subscript_rest(parser: Expressions) -> str:
    """Letters up to the closing brace."""
    pieces: list[str] = []
    while not parser.accept("}"):
        token = parser.take()
        if token.kind != "letters" or len(pieces) > 8:
            raise UnreadableError("name under a bar")
        pieces.append(token.text)
    return "".join(pieces)
