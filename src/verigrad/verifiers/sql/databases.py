"""Random databases that fit a schema: small, full of repeats, NULLs and the query's constants.

Two queries that differ should differ on one of them: so values come from small pools (joins meet,
groups fill, ties happen), straddle every constant of the reference, parents without children and
empty tables occur, and reals are multiples of 1/4, whose sums are exact in any order.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from verigrad.core import seeds
from verigrad.verifiers.sql.schema import Column, Table

SIZES = (0, 1, 3, 6, 10, 15, 22, 30, 40, 60)
_REPEATED_SHARE = 0.35
_NULL_SHARE = 0.2
_WORDS = ("ada", "bob", "Bob", "cy", "", "a b", "zed")
_DATES = ("2023-12-31", "2024-01-01", "2024-02-29", "2024-06-15", "2025-01-01")

Rows = dict[str, list[list[Any]]]


def databases(
    tables: Sequence[Table], constants: Sequence[int | float | str], *, count: int, name: str
) -> list[Rows]:
    """`count` databases, addressed by `name`: equal names give equal data.

    Sizes grow from an empty database on; rows may break a CHECK, and are then left out on insert.
    """
    return [
        _database(
            tables,
            constants,
            SIZES[index % len(SIZES)],
            seeds.stream("verifiers.sql", name=name, index=index),
        )
        for index in range(count)
    ]


@dataclass(frozen=True, slots=True)
class _Draw:
    """What a column's values are drawn from."""

    tables: Sequence[Table]
    constants: Sequence[int | float | str]
    rows: Rows  # of the tables that are done
    rng: random.Random


def _database(
    tables: Sequence[Table], constants: Sequence[int | float | str], size: int, rng: random.Random
) -> Rows:
    draw = _Draw(tables, constants, {}, rng)
    for table in tables:
        # a table's own size varies around the database's, so that parents lack children
        count = 0 if size == 0 else max(1, round(size * rng.choice([0.3, 0.6, 1.0, 1.3])))
        columns = [_values(column, table, count, draw) for column in table.columns]
        rows = [list(row) for row in zip(*columns, strict=True)]
        _repeat(table, rows, draw.rng)
        draw.rows[table.name] = _unique_rows(table, rows)
    return draw.rows


def _repeat(table: Table, rows: list[list[Any]], rng: random.Random) -> None:
    """Make some rows copies of earlier ones in all but keys and, half the time, one more column."""
    free = [at for at, column in enumerate(table.columns) if not column.unique]
    for index in range(1, len(rows)):
        if rng.random() < _REPEATED_SHARE:
            kept = rng.choice(free) if free and rng.random() < 0.5 else None
            earlier = rows[rng.randrange(index)]
            for at in free:
                if at != kept:
                    rows[index][at] = earlier[at]


def _values(column: Column, table: Table, count: int, draw: _Draw) -> list[Any]:
    """One column's values. A unique column has no value twice."""
    rng, pool = draw.rng, _pool(column, draw.constants)
    if column.parent is not None and column.parent[0] != table.name:
        pool = _parent_values(column.parent, draw) or [None]
    elif column.unique:
        pool = _many(column, pool, count)
    if column.unique:
        chosen = rng.sample(pool, k=min(count, len(pool)))
        return chosen + [None] * (count - len(chosen))
    few = rng.sample(pool, k=min(len(pool), rng.choice([2, 3, 5, 8, 99])))
    # whatever else is left out, the values a comparison turns on are there
    near = [value for value in pool if value in _turning_points(column, draw.constants)]
    few += rng.sample(near, k=min(len(near), 3))
    share = _NULL_SHARE if column.nullable else 0.0
    return [None if rng.random() < share else rng.choice(few) for _ in range(count)]


def _parent_values(parent: tuple[str, str], draw: _Draw) -> list[Any]:
    table = next((t for t in draw.tables if t.name == parent[0]), None)
    if table is None or parent[0] not in draw.rows:
        return []
    at = next((i for i, c in enumerate(table.columns) if c.name == parent[1]), 0)
    return [row[at] for row in draw.rows[parent[0]] if row[at] is not None]


def _pool(column: Column, constants: Sequence[int | float | str]) -> list[Any]:
    numbers = [c for c in constants if not isinstance(c, str)]
    texts = [c for c in constants if isinstance(c, str)]
    if column.kind == "integer":
        near = [int(n) + step for n in numbers for step in (-9, -2, -1, 0, 1, 2, 9)]
        return sorted({0, 1, 2, 3, -1, *near})
    if column.kind == "real":
        near = [
            round(float(n) * 4 + step) / 4 for n in numbers for step in (-30, -4, -1, 0, 1, 4, 30)
        ]
        return sorted({0.0, 0.25, 0.5, 1.5, -2.0, *near})
    if column.kind == "boolean":
        return [False, True]
    if column.kind in ("date", "timestamp"):
        dates = [t for t in texts if len(t) >= 10 and t[4:5] == "-" and t[7:8] == "-"]
        tail = " 00:00:00" if column.kind == "timestamp" else ""
        return sorted({*(d + tail for d in _DATES), *dates})
    return sorted({*_WORDS, *(v for text in texts for v in _near_texts(text))})


def _turning_points(column: Column, constants: Sequence[int | float | str]) -> set[Any]:
    numbers = [c for c in constants if not isinstance(c, str)]
    if column.kind == "integer":
        return {int(n) + step for n in numbers for step in (-1, 0, 1)}
    if column.kind == "real":
        return {round(float(n) * 4 + step) / 4 for n in numbers for step in (-1, 0, 1)}
    return {c for c in constants if isinstance(c, str)}


def _near_texts(text: str) -> list[str]:
    """A text constant, what a LIKE pattern of it meets and misses, and other cases of it."""
    plain = text.replace("%", "").replace("_", "q")
    longer = text.replace("%", "xy").replace("_", "q")
    return [plain, longer, plain.upper(), plain.lower(), plain + "z", "z" + plain, plain[:-1]]


def _many(column: Column, pool: list[Any], count: int) -> list[Any]:
    if column.kind == "integer":
        return sorted({*pool, *range(1, count + 3)})
    if column.kind == "real":
        return sorted({*pool, *(i / 4 for i in range(count + 3))})
    if column.kind == "text":
        return sorted({*pool, *(f"k{i}" for i in range(count + 3))})
    return pool


def _unique_rows(table: Table, rows: list[list[Any]]) -> list[list[Any]]:
    """Rows without those that would break a key or leave a required column empty."""
    names = [column.name for column in table.columns]
    groups = [[names.index(part) for part in key if part in names] for key in table.keys]
    required = [i for i, column in enumerate(table.columns) if not column.nullable]
    seen: set[tuple[Any, ...]] = set()
    kept = []
    for row in rows:
        marks = [(at, *(row[i] for i in group)) for at, group in enumerate(groups)]
        if any(row[i] is None for i in required) or any(mark in seen for mark in marks):
            continue
        seen.update(marks)
        kept.append(row)
    return kept
