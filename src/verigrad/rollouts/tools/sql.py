"""SQL over the problem's database: read only, in the sandbox, by the SQL verifier's own runner."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Self

from pydantic import Field, ValidationError

from verigrad.core.errors import DataError, SetupError
from verigrad.rollouts.tools.base import Arguments, Tool, ToolError, ToolOptions
from verigrad.sandbox import Level, Status, shared_sandbox
from verigrad.verifiers.code.child.codec import decode
from verigrad.verifiers.sql.policy import SqlPolicy
from verigrad.verifiers.sql.question import Question
from verigrad.verifiers.sql.running import run_queries


class SqlArguments(Arguments):
    """One query."""

    query: str = Field(min_length=1, description="one SELECT statement")


class SqlOptions(ToolOptions):
    """`database_in` names the entry of `info`: {"schema": ..., "rows": {table: [[...], ...]}}."""

    database_in: str = "database"
    max_rows: int = Field(default=20, ge=1)
    time_limit_s: float = Field(default=5.0, gt=0, le=60)
    minimum_level: Level = Level.SECCOMP


class SqlQuery(Tool):
    """Rows of one SELECT over a SQLite database that is made from the problem."""

    name: ClassVar[str] = "sql"
    description: ClassVar[str] = "Runs one SELECT statement (SQLite) and returns its rows."
    arguments: ClassVar[type[Arguments]] = SqlArguments
    options_type: ClassVar[type[ToolOptions]] = SqlOptions

    _question: Question | None = None

    def begin(self, info: Mapping[str, Any]) -> Self:
        """With the problem's database."""
        own = type(self)(self.options)
        own._question = _database(info.get(self.options.database_in), self.options.database_in)
        return own

    def call(self, arguments: SqlArguments) -> str:
        """A line of column values for each row, the first `max_rows` of them."""
        question, options = self._question, self.options
        assert question is not None
        assert question.databases is not None
        policy = SqlPolicy(time_limit_s=options.time_limit_s, minimum_level=options.minimum_level)
        answers = run_queries(
            [arguments.query],
            question,
            question.databases,
            sandbox=shared_sandbox(),
            policy=policy,
            time_limit_s=options.time_limit_s,
        )
        if answers.result.status is Status.FAILED:
            raise SetupError("the sandbox could not run a query", where=answers.result.why)
        if not answers.replies:
            raise ToolError(f"the query ended by {answers.result.status.value}")
        ((kind, *said),) = answers.replies[0]
        if kind != "rows":
            raise ToolError(": ".join(map(str, said)))
        rows = [[_shown(cell) for cell in row] for row in said[0]]
        more = f"\n... {len(rows) - options.max_rows} more" if len(rows) > options.max_rows else ""
        lines = [" | ".join(row) for row in rows[: options.max_rows]]
        return ("\n".join(lines) + more) if lines else "(no rows)"


def _shown(cell: Any) -> str:
    """One value of the runner's typed tree, for people."""
    value = decode(cell)
    return "NULL" if value is None else str(value)


def _database(value: Any, name: str) -> Question:
    try:
        if not isinstance(value, Mapping):
            raise DataError("none")
        return Question.model_validate(
            {
                "schema": value.get("schema"),
                "query": "SELECT 1",
                "databases": [value.get("rows")],
            }
        )
    except (ValidationError, DataError) as error:
        raise DataError(
            f'a problem has no database in info["{name}"]',
            cause=str(error).splitlines()[0],
            remedy='give it {"schema": "CREATE TABLE ...", "rows": {table: [[...], ...]}}',
        ) from None
