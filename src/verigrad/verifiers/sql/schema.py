"""Read trusted SQL with sqlglot: tables, and what a reference query compares with.

A response's text never comes here: it is parsed by the database, inside the sandbox.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Literal

from verigrad.core.errors import DataError, SetupError

Kind = Literal["integer", "real", "text", "boolean", "date", "timestamp"]
_KINDS: dict[str, Kind] = {
    "BOOLEAN": "boolean",
    "DATE": "date",
    "DATETIME": "timestamp",
    "TIMESTAMP": "timestamp",
    "FLOAT": "real",
    "DOUBLE": "real",
    "DECIMAL": "real",
    "REAL": "real",
    "NUMERIC": "real",
}


@dataclass(frozen=True, slots=True)
class Column:
    """One column. `parent` is the (table, column) it refers to."""

    name: str
    kind: Kind
    nullable: bool
    unique: bool
    parent: tuple[str, str] | None


@dataclass(frozen=True, slots=True)
class Table:
    """One table; `keys` are the column groups that must be unique together."""

    name: str
    columns: tuple[Column, ...]
    keys: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class OrderKeys:
    """How a reference orders its rows.

    query: the reference, with further columns at the end where a key is none of its own.
    width: how many columns are the answer's. keys: indices of the columns that order the rows;
    None where they cannot be told, so that every position counts.
    """

    query: str
    width: int | None
    keys: tuple[int, ...] | None


def sqlglot_module() -> Any:
    """The parser, imported where it is first needed; SetupError without the extra."""
    try:
        import sqlglot
    except ImportError:
        raise SetupError(
            "judging SQL needs sqlglot",
            cause="the extra `sql` is not installed",
            remedy="pip install 'verigrad[sql]'",
        ) from None
    return sqlglot


def _parse(text: str, dialect: str) -> list[Any]:
    sqlglot = sqlglot_module()
    try:
        return [tree for tree in sqlglot.parse(text, read=dialect) if tree is not None]
    except (sqlglot.errors.SqlglotError, RecursionError) as error:
        raise DataError("the problem's SQL does not parse", cause=str(error)[:300]) from None


@lru_cache(maxsize=512)
def read_schema(text: str, *, dialect: str) -> tuple[Table, ...]:
    """The tables of CREATE TABLE statements, parents before children; DataError for others.

    >>> read_schema("CREATE TABLE t (a INT PRIMARY KEY)", dialect="sqlite")[0].columns[0].unique
    True
    """
    exp = sqlglot_module().exp
    tables = []
    for tree in _parse(text, dialect):
        if not isinstance(tree, exp.Create) or not isinstance(tree.this, exp.Schema):
            raise DataError("a schema holds CREATE TABLE statements only", cause=tree.sql()[:200])
        tables.append(_table(tree.this, exp))
    if not tables:
        raise DataError("the schema holds no table")
    return tuple(_parents_first(tables))


def _table(schema: Any, exp: Any) -> Table:
    keys = [tuple(part.name for part in key) for key in _table_keys(schema, exp)]
    parents = dict(_table_parents(schema, exp))
    columns = []
    for definition in schema.expressions:
        if isinstance(definition, exp.ColumnDef):
            column = _column(definition, exp, parents)
            single = (column.name,) in keys
            columns.append(
                Column(
                    column.name,
                    column.kind,
                    column.nullable,
                    column.unique or single,
                    column.parent,
                )
            )
    together = tuple(key for key in keys if len(key) > 1)
    return Table(schema.this.name, tuple(columns), together)


def _table_keys(schema: Any, exp: Any) -> Iterator[list[Any]]:
    for part in schema.expressions:
        inner = part.find(exp.PrimaryKey) if not isinstance(part, exp.ColumnDef) else None
        if inner is not None:
            yield inner.expressions
        if isinstance(part, exp.UniqueColumnConstraint) and isinstance(part.this, exp.Schema):
            yield part.this.expressions


def _table_parents(schema: Any, exp: Any) -> Iterator[tuple[str, tuple[str, str]]]:
    for key in schema.find_all(exp.ForeignKey):
        reference = key.args["reference"].this
        for own, other in zip(key.expressions, reference.expressions, strict=False):
            yield own.name, (reference.this.name, other.name)


def _column(definition: Any, exp: Any, parents: dict[str, tuple[str, str]]) -> Column:
    constraints = [c.kind for c in definition.constraints]
    unique = any(
        isinstance(c, (exp.PrimaryKeyColumnConstraint, exp.UniqueColumnConstraint))
        for c in constraints
    )
    primary = any(isinstance(c, exp.PrimaryKeyColumnConstraint) for c in constraints)
    filled = any(
        isinstance(c, exp.NotNullColumnConstraint) and not c.args.get("allow_null")
        for c in constraints
    )
    parent = parents.get(definition.name)
    for constraint in constraints:
        if isinstance(constraint, exp.Reference) and isinstance(constraint.this, exp.Schema):
            parent = (constraint.this.this.name, constraint.this.expressions[0].name)
    return Column(definition.name, _kind(definition, exp), not (primary or filled), unique, parent)


def _kind(definition: Any, exp: Any) -> Kind:
    kind = definition.kind
    if kind is None or kind.this in exp.DataType.TEXT_TYPES:
        return "text"
    if kind.this in exp.DataType.INTEGER_TYPES:
        return "integer"
    return _KINDS.get(kind.this.value, "text")


def _parents_first(tables: list[Table]) -> list[Table]:
    done: list[Table] = []
    waiting = list(tables)
    while waiting:
        names = {table.name for table in done}
        ready = [t for t in waiting if _needs(t) <= names | {t.name}] or waiting[:1]
        done += ready
        waiting = [table for table in waiting if table not in ready]
    return done


def _needs(table: Table) -> set[str]:
    return {column.parent[0] for column in table.columns if column.parent}


@lru_cache(maxsize=512)
def literals(query: str, *, dialect: str) -> tuple[int | float | str, ...]:
    """The constants a query mentions, which its data should straddle.

    >>> literals("SELECT 1 FROM t WHERE a > 2.5 AND b = 'x'", dialect="sqlite")
    (1, 2.5, 'x')
    """
    exp = sqlglot_module().exp
    found: list[int | float | str] = []
    for tree in _parse(query, dialect):
        for node in sorted(tree.find_all(exp.Literal), key=lambda n: n.sql()):
            if node.is_string:
                found.append(node.name)
            else:
                found.append(int(node.name) if node.name.isdigit() else float(node.name))
    return tuple(found)


def parse_query(query: str, dialect: str) -> Any:
    """The reference's tree; DataError where it is not one SELECT or a set operation of several."""
    trees = _parse(query, dialect)
    if len(trees) != 1 or not isinstance(trees[0], sqlglot_module().exp.Query):
        raise DataError("the reference must be one SELECT", cause=query[:200])
    return trees[0]


@lru_cache(maxsize=512)
def order_keys(query: str, *, dialect: str) -> OrderKeys | None:
    """How the reference orders its rows; None where it says no ORDER BY at its top.

    DataError where it has LIMIT or OFFSET without ORDER BY.
    """
    exp = sqlglot_module().exp
    tree = parse_query(query, dialect).copy()
    order = tree.args.get("order")
    if order is None:
        if tree.args.get("limit") is not None or tree.args.get("offset") is not None:
            raise DataError("the reference cuts rows off without saying in which order")
        return None
    names = [projection.alias_or_name for projection in tree.selects]
    if any(isinstance(p, exp.Star) or p.is_star for p in tree.selects):
        return OrderKeys(query, None, None)
    keys: list[int] = []
    for ordered in order.expressions:
        index = _projected(ordered.this, tree, names, exp)
        if index is None:
            if not isinstance(tree, exp.Select) or tree.args.get("distinct"):
                return OrderKeys(query, None, None)
            tree.append("expressions", ordered.this.copy())
            index = len(tree.selects) - 1
        keys.append(index)
    return OrderKeys(tree.sql(dialect=dialect), len(names), tuple(keys))


def _projected(key: Any, tree: Any, names: list[str], exp: Any) -> int | None:
    """The answer's column that a key is: by position, by name or by the same expression."""
    if isinstance(key, exp.Literal) and key.name.isdigit():
        return int(key.name) - 1
    same = [i for i, projection in enumerate(tree.selects) if projection.unalias() == key]
    named = [i for i, name in enumerate(names) if isinstance(key, exp.Column) and name == key.name]
    found = same or (named if not getattr(key, "table", "") else [])
    return found[0] if found else None
