"""Runs queries on several databases made on the spot; one frame of typed rows for each.

The process holds the query of one response, or trusted queries, never both. A query may only read:
an authorizer refuses everything else, and a step budget ends what does not end by itself.
"""

from __future__ import annotations

import json
import os
from typing import Any

from verigrad.verifiers.code.child.codec import NotPlain, decode, encode

MAX_ROWS = 20_000
_DENIED = frozenset({"random", "randomblob", "load_extension", "zeroblob", "readfile", "writefile"})


class SqliteBase:
    """An in-memory SQLite database."""

    def __init__(self, schema: str, rows: dict[str, list[list[Any]]]) -> None:
        import sqlite3

        self.library = sqlite3
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        self.connection.executescript(schema)
        for table, values in rows.items():
            for row in values:
                marks = ", ".join("?" * len(row))
                insert = f'INSERT OR IGNORE INTO "{table}" VALUES ({marks})'  # noqa: S608 (ours)
                self.connection.execute(insert, row)

    def close_doors(self, steps: int) -> None:
        """Read only from now on, within limits."""
        library, connection = self.library, self.connection
        reading = (library.SQLITE_SELECT, library.SQLITE_READ, library.SQLITE_RECURSIVE)

        def allow(action: int, first: Any, second: Any, *_: Any) -> int:
            if action in reading:
                hidden = action == library.SQLITE_READ and str(first).lower().startswith("sqlite_")
                return library.SQLITE_DENY if hidden else library.SQLITE_OK
            called = action == library.SQLITE_FUNCTION and str(second).lower() not in _DENIED
            return library.SQLITE_OK if called else library.SQLITE_DENY

        connection.setlimit(library.SQLITE_LIMIT_LENGTH, 1_000_000)
        connection.setlimit(library.SQLITE_LIMIT_SQL_LENGTH, 100_000)
        connection.setlimit(library.SQLITE_LIMIT_EXPR_DEPTH, 200)
        connection.setlimit(library.SQLITE_LIMIT_COMPOUND_SELECT, 50)
        connection.setlimit(library.SQLITE_LIMIT_ATTACHED, 0)
        connection.set_authorizer(allow)
        self.steps = steps

    def reverse(self) -> None:
        """Visit rows the other way round wherever the query does not say an order."""
        self.connection.execute("PRAGMA reverse_unordered_selects = 1")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The query's rows, one more than allowed at most."""
        left = [max(1, self.steps // 1000)]

        def tick() -> int:
            left[0] -= 1
            return left[0] < 0

        self.connection.set_progress_handler(tick, 1000)
        return self.connection.execute(query).fetchmany(MAX_ROWS + 1)


class DuckBase:
    """An in-memory DuckDB database."""

    def __init__(self, schema: str, rows: dict[str, list[list[Any]]]) -> None:
        import duckdb

        settings: dict[str, Any] = {
            "threads": "1",
            "memory_limit": "256MB",
            "max_temp_directory_size": "0MB",
        }
        self.connection = duckdb.connect(":memory:", config=settings)
        self.library = duckdb
        self.connection.execute(schema)
        for table, values in rows.items():
            self._insert(table, values)

    def _insert(self, table: str, rows: list[list[Any]]) -> None:
        """All rows at once; one by one where some break a CHECK, without those."""
        if not rows:
            return
        marks = f"({', '.join('?' * len(rows[0]))})"
        insert = f'INSERT OR IGNORE INTO "{table}" VALUES '  # noqa: S608 (a trusted schema's name)
        try:
            every = ", ".join([marks] * len(rows))
            self.connection.execute(insert + every, [value for row in rows for value in row])
        except self.library.ConstraintException:
            for row in rows if len(rows) > 1 else []:
                self._insert(table, [row])

    def reverse(self) -> None:
        """Nothing to do: rows come in the order they are stored, which the caller changes."""

    def close_doors(self, steps: int) -> None:
        """No files, no extensions, no settings; time is the sandbox's to keep."""
        self.steps = steps
        self.connection.execute("SET enable_external_access = false")
        self.connection.execute("SET lock_configuration = true")

    def rows(self, query: str) -> list[tuple[Any, ...]]:
        """The query's rows; only one statement, and only a SELECT."""
        statements = self.connection.extract_statements(query)
        if len(statements) != 1 or statements[0].type != self.library.StatementType.SELECT:
            raise PermissionError("not one SELECT")
        return self.connection.execute(statements[0]).fetchmany(MAX_ROWS + 1)


def typed(value: Any) -> Any:
    """A value's tree; what the codec does not know, as the name of its type and its text."""
    try:
        return encode(value)
    except NotPlain:
        return ["t", type(value).__name__, str(value)]


def answer(base: SqliteBase | DuckBase, query: str) -> list[Any]:
    """`["rows", rows]`, or `["raised", type, text]`."""
    try:
        found = base.rows(query)
        if len(found) > MAX_ROWS:
            return ["raised", "TooManyRows", str(MAX_ROWS)]
        return ["rows", [[typed(value) for value in row] for row in found]]
    except Exception as error:  # noqa: BLE001 (whatever the database says of the query)
        return ["raised", type(error).__name__[:100], str(error)[:300]]


def main(payload: bytes) -> None:
    """Answer every query on each database; one frame each on descriptor 4."""
    request = json.loads(payload)
    kind = {"sqlite": SqliteBase, "duckdb": DuckBase}[request["dialect"]]
    for index, rows in enumerate(request["databases"]):
        base = kind(request["schema"], decode(rows))
        if request["reverse"]:
            base.reverse()
        base.close_doors(request["steps"])
        body = json.dumps([answer(base, query) for query in request["queries"]]).encode()
        frame = f"{request['nonce']} {index} {len(body)}\n".encode() + body
        while frame:
            frame = frame[os.write(4, frame) :]
    os._exit(0)
