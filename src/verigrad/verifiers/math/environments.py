"""Matrices, determinants and functions by cases."""

from __future__ import annotations

from typing import TYPE_CHECKING

from verigrad.verifiers.math.limits import MAX_CELLS, MAX_ITEMS, RefusedError
from verigrad.verifiers.math.matrices import determinant
from verigrad.verifiers.math.nodes import Matrix, Node, Pieces
from verigrad.verifiers.math.tokens import UnreadableError

if TYPE_CHECKING:
    from verigrad.verifiers.math.expressions import Expressions

_MATRICES = frozenset(
    ["pmatrix", "bmatrix", "matrix", "array", "smallmatrix", "Bmatrix", "vmatrix", "psmallmatrix"]
)
_CASES = frozenset({"cases", "dcases"})


def environment(parser: Expressions, text: str) -> Node:
    r"""The rest of `\begin{...}`, already taken."""
    name = text[text.index("{") + 1 : text.index("}")].rstrip("*")
    if text.startswith("\\begin") and name in _CASES:
        return _cases(parser)
    if not text.startswith("\\begin") or name not in _MATRICES:
        raise UnreadableError(f"environment {name!r}")
    parser.descend()
    rows: list[list[Node]] = [[]]
    while True:
        rows[-1].append(parser.clause())
        token = parser.take()
        if token.kind == "row":
            if parser.token.kind == "environment":  # a row sign after the last row
                token = parser.take()
            else:
                rows.append([])
                continue
        if token.kind == "environment" and token.text.startswith("\\end"):
            break
        if token.text != "&":
            raise UnreadableError("a matrix that does not close")
        if sum(map(len, rows)) > MAX_CELLS:
            raise RefusedError("too many cells")
    parser.depth -= 1
    if len({len(row) for row in rows}) != 1:
        raise UnreadableError("rows of different length")
    matrix = Matrix(tuple(map(tuple, rows)))
    return determinant(matrix) if name == "vmatrix" else matrix


def _cases(parser: Expressions) -> Node:
    """Rows of a value and its condition."""
    parser.descend()
    rows: list[tuple[Node, Node]] = []
    ends = ("\\\\", "\\end{cases}", "\\end{dcases}")
    while True:
        value = parser.clause()
        parser.accept(",")
        while parser.accept("&"):
            pass
        rows.append((value, parser.statements(closers=ends)))
        if len(rows) > MAX_ITEMS:
            raise RefusedError("too many cases")
        token = parser.take()
        if token.kind == "row" and parser.token.text not in ends[1:]:
            continue
        if token.kind == "row":
            token = parser.take()
        if token.text not in ends[1:]:
            raise UnreadableError("cases that do not close")
        parser.depth -= 1
        return Pieces(tuple(rows))


def read_determinant(parser: Expressions) -> Node:
    r"""The rest of `\det`."""
    matrix = parser.primary()
    if not isinstance(matrix, Matrix):
        raise UnreadableError("determinant of no matrix")
    return determinant(matrix)


def is_matrix(node: Node) -> bool:
    """Whether `node` is a written matrix."""
    return isinstance(node, Matrix)


def transpose(node: Node) -> Node:
    """Rows as columns."""
    assert isinstance(node, Matrix)
    return Matrix(tuple(zip(*node.rows, strict=True)))
