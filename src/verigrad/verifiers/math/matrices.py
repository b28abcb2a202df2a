"""Matrices, and the products and sums of them that are written out in an answer."""

from __future__ import annotations

from verigrad.verifiers.math.limits import MAX_CELLS, RefusedError
from verigrad.verifiers.math.nodes import Add, Bracket, Div, Matrix, Mul, Node, contains


def as_matrix(node: Node) -> Matrix | None:
    """A matrix, a multiple, a sum, `[[1, 2], [3, 4]]`; None for anything else."""
    match node:
        case Matrix():
            return node
        case Mul(factors) if contains(node, (Matrix,)):
            return _scaled(factors)
        case Div(over, under) if contains(over, (Matrix,)) and not contains(under, (Matrix,)):
            matrix = as_matrix(over)
            return None if matrix is None else _each(matrix, lambda cell: Div(cell, under))
        case Add(terms) if contains(node, (Matrix,)):
            return _sum(terms)
        case Bracket("[" | "(", _, rows) if all(isinstance(row, Bracket) for row in rows):
            return _nested(rows)
    return None


def _each(matrix: Matrix, change) -> Matrix:
    return Matrix(tuple(tuple(change(cell) for cell in row) for row in matrix.rows))


def _scaled(factors: tuple[Node, ...]) -> Matrix | None:
    matrices = [factor for factor in factors if contains(factor, (Matrix,))]
    others = tuple(factor for factor in factors if not contains(factor, (Matrix,)))
    matrix = as_matrix(matrices[0])
    for factor in matrices[1:]:
        right = as_matrix(factor)
        matrix = None if matrix is None or right is None else _product(matrix, right)
    if matrix is None or not others:
        return matrix
    return _each(matrix, lambda cell: Mul((*others, cell)))


def _product(a: Matrix, b: Matrix) -> Matrix | None:
    if len(a.rows[0]) != len(b.rows):
        return None
    if len(a.rows) * len(b.rows) * len(b.rows[0]) > MAX_CELLS * 4:
        raise RefusedError("matrix product too large")
    columns = list(zip(*b.rows, strict=True))
    rows = [tuple(_dot(row, column) for column in columns) for row in a.rows]
    return Matrix(tuple(rows))


def _dot(row: tuple[Node, ...], column: tuple[Node, ...]) -> Node:
    products = tuple(Mul((p, q)) for p, q in zip(row, column, strict=True))
    return products[0] if len(products) == 1 else Add(products)


def _sum(terms: tuple[Node, ...]) -> Matrix | None:
    matrices = [as_matrix(term) for term in terms]
    shapes = {(len(m.rows), len(m.rows[0])) for m in matrices if m is not None}
    if any(m is None for m in matrices) or len(shapes) != 1:
        return None
    known = [m for m in matrices if m is not None]
    rows = zip(*(m.rows for m in known), strict=True)
    return Matrix(tuple(tuple(Add(cells) for cells in zip(*row, strict=True)) for row in rows))


def _nested(rows: tuple[Node, ...]) -> Matrix | None:
    brackets = [row for row in rows if isinstance(row, Bracket)]
    if len({(row.opener, row.closer, len(row.items)) for row in brackets}) != 1:
        return None
    if brackets[0].opener != "[" or brackets[0].closer != "]":
        return None
    return Matrix(tuple(row.items for row in brackets))
