"""A SQL problem, as data: what stands in a problem's `answer`.

{"schema": "CREATE TABLE t (a INTEGER)", "query": "SELECT a FROM t", "dialect": "sqlite"}
"""

from __future__ import annotations

import json
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from verigrad.core.errors import DataError


class Question(BaseModel):
    """Schema and reference query.

    schema: CREATE TABLE statements. query: the reference, one SELECT. ordered: whether the order
    of rows matters; None means where the reference says ORDER BY at its top.
    databases: rows given instead of generated ones, each table -> rows in column order.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, protected_namespaces=())

    schema_: str = Field(alias="schema", min_length=1, max_length=1 << 17)
    query: str = Field(min_length=1, max_length=1 << 16)
    dialect: Literal["sqlite", "duckdb"] = "sqlite"
    ordered: bool | None = None
    databases: list[dict[str, list[list[Any]]]] | None = None


def read_question(answer: Any) -> Question:
    """A problem's `answer` as a question; DataError that says what is wrong with it."""
    if isinstance(answer, str):
        try:
            answer = json.loads(answer)
        except (ValueError, RecursionError) as error:
            raise DataError("the SQL question is not JSON", cause=str(error)) from None
    try:
        return Question.model_validate(answer)
    except ValidationError as error:
        said = "; ".join(f"{'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors()[:5])
        raise DataError("the SQL question is not in the known form", cause=said) from None
