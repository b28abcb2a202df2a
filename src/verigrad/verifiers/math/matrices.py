"""Matrices, and the products and sums of them that are written out in an answer."""

from __future__ import annotations

import math

from verigrad.verifiers.math.limits import MAX_CELLS, RefusedError
from verigrad.verifiers.math.nodes import (
    Add,
    Bracket,
    Div,
    Matrix,
    Mul,
    Node,
    Number,
    Pow,
    children,
    contains,
    negative,
)

MAX_NODES = 4_000  # of all the cells of one matrix, written out
MAX_DETERMINANT = 5
MAX_INVERSE = 3
MAX_POWER = 3


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
        case Pow(base, Number(exponent, None)) if contains(base, (Matrix,)):
            matrix = as_matrix(base)
            whole = exponent.q == 1 and abs(exponent.p) <= MAX_POWER
            return None if matrix is None or not whole else _power(matrix, int(exponent.p))
        case Add(terms) if contains(node, (Matrix,)):
            return _sum(terms)
        case Bracket("[" | "(", _, rows) if all(isinstance(row, Bracket) for row in rows):
            return _nested(rows)
    return None


def determinant(matrix: Matrix) -> Node:
    """The determinant of a square matrix of at most five rows, along the first row."""
    rows = matrix.rows
    if len(rows) != len(rows[0]) or len(rows) > MAX_DETERMINANT:
        raise RefusedError("determinant")
    if len(rows) == 1:
        return rows[0][0]
    _check_size(matrix, math.factorial(len(rows) - 1))
    terms: list[Node] = []
    for column, cell in enumerate(rows[0]):
        minor = tuple((*row[:column], *row[column + 1 :]) for row in rows[1:])
        term = Mul((cell, determinant(Matrix(minor))))
        terms.append(term if column % 2 == 0 else negative(term))
    return Add(tuple(terms))


def _inverse(matrix: Matrix) -> Matrix | None:
    """Cofactors over the determinant."""
    size = len(matrix.rows)
    if size != len(matrix.rows[0]) or not 2 <= size <= MAX_INVERSE:
        return None
    _check_size(matrix, size * size * size)
    below = determinant(matrix)

    def cofactor(row: int, column: int) -> Node:
        minor = tuple(
            (*cells[:column], *cells[column + 1 :])
            for i, cells in enumerate(matrix.rows)
            if i != row
        )
        value = determinant(Matrix(minor))
        return Div(value if (row + column) % 2 == 0 else negative(value), below)

    return Matrix(tuple(tuple(cofactor(j, i) for j in range(size)) for i in range(size)))


def _power(matrix: Matrix, exponent: int) -> Matrix | None:
    """Products of the matrix with itself, or its inverse."""
    if exponent == -1:
        return _inverse(matrix)
    if not 1 <= exponent <= MAX_POWER:
        return None
    power: Matrix | None = matrix
    for _ in range(exponent - 1):
        power = None if power is None else _product(power, matrix)
    return power


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
    _check_size(a, len(b.rows[0]))
    _check_size(b, len(a.rows))
    columns = list(zip(*b.rows, strict=True))
    rows = [tuple(_dot(row, column) for column in columns) for row in a.rows]
    return Matrix(tuple(rows))


def _check_size(matrix: Matrix, times: int) -> None:
    """Refuse to write the cells out `times` times where that would be too much to read."""
    sizes: dict[int, int] = {}

    def size(node: Node) -> int:
        known = sizes.get(id(node))
        if known is None:
            known = sizes[id(node)] = 1 + sum(map(size, children(node)))
        return known

    if times * sum(size(cell) for row in matrix.rows for cell in row) > MAX_NODES:
        raise RefusedError("matrices too large")


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
