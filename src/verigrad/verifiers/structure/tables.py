"""`csv`: a table with the columns, types and numbers of rows that a problem asks for.

The problem's `answer`:

    {"columns": [{"name": "id", "type": "integer", "unique": true},
                 {"name": "city", "values": ["Rome", "Oslo"]}],
     "least_rows": 2, "most_rows": 10, "delimiter": ","}
"""

from __future__ import annotations

import csv
import io
import re
from decimal import Decimal
from typing import Annotated, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.verifiers.base import Policy, Verifier, abstained, correct, rejected
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.structure.patterns import PatternError, compile_pattern
from verigrad.verifiers.structure.payload import PayloadPolicy, find_payload

MAX_ROWS = 10_000
_INTEGER = re.compile(r"[-+]?[0-9]{1,300}", re.ASCII)
_NUMBER = re.compile(r"[-+]?(?:[0-9]{1,300}(?:\.[0-9]{1,300})?|\.[0-9]{1,300})", re.ASCII)
_DATE = re.compile(r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])", re.ASCII)


class _Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Column(_Strict):
    """What one column must hold. `values`, `pattern`, `least` and `most` narrow the type."""

    name: Annotated[str, Field(min_length=1)]
    type: Literal["text", "integer", "number", "date"] = "text"
    values: tuple[str, ...] | None = None
    pattern: str | None = None
    least: float | None = None
    most: float | None = None
    unique: bool = False

    def fault(self, cell: str) -> str | None:
        """Why a cell does not belong here; None where it does."""
        kinds = {"integer": _INTEGER, "number": _NUMBER, "date": _DATE}
        if not cell.strip():
            return "is empty"
        if self.type != "text" and not kinds[self.type].fullmatch(cell):
            return f"is no {self.type}: {cell!r:.40}"
        if self.values is not None and cell not in self.values:
            return f"is not among the values: {cell!r:.40}"
        if self.pattern is not None and not compile_pattern(self.pattern).fullmatch(cell):
            return f"does not match: {cell!r:.40}"
        if self.type in ("integer", "number"):
            number = Decimal(cell)
            low = self.least is not None and number < Decimal(str(self.least))
            if low or (self.most is not None and number > Decimal(str(self.most))):
                return f"is out of range: {cell!r:.40}"
        return None


class Table(_Strict):
    """A problem's table."""

    columns: Annotated[tuple[Column, ...], Field(min_length=1, max_length=200)]
    least_rows: Annotated[int, Field(ge=1)] = 1
    most_rows: Annotated[int, Field(ge=1, le=MAX_ROWS)] = MAX_ROWS
    delimiter: Annotated[str, Field(min_length=1, max_length=1)] = ","

    @model_validator(mode="after")
    def _is_sound(self) -> Self:
        if len({column.name for column in self.columns}) != len(self.columns):
            raise ValueError("a column is named twice")
        for column in self.columns:
            if column.pattern is not None:
                compile_pattern(column.pattern)
        return self


class Csv(Verifier):
    r"""The payload is a table with its heading row.

    >>> table = {"columns": [{"name": "n", "type": "integer"}], "least_rows": 2}
    >>> Csv().verify(Problem.of("?", table), "n\n1\n2").is_correct
    True
    """

    name: ClassVar[str] = "csv"
    version: ClassVar[str] = "1"
    policy_type: ClassVar[type[Policy]] = PayloadPolicy
    proves: ClassVar[str] = "the table has the asked columns, types, values and number of rows"
    cannot: ClassVar[str] = "that its values are true"
    assurance: ClassVar[str] = "exact"
    cost: ClassVar[str] = "about 1 ms"

    def judge(self, problem: Problem, response: str) -> Verdict:
        """The wanted table first, then the payload's rows, then cell by cell."""
        try:
            wanted = Table.model_validate(problem.answer)
        except (ValidationError, PatternError) as error:
            return abstained(Reason.BAD_REFERENCE, str(error)[:300])
        try:
            found = find_payload(response, self.policy)
            rows = _rows(found.text, wanted.delimiter)
            _check(rows, wanted)
        except UnreadableError as error:
            return rejected(error.reason, evidence={"why": error.why})
        return correct(extracted=found, method="cells", certainty="exact")


def _rows(text: str, delimiter: str) -> list[list[str]]:
    if "\0" in text:
        raise UnreadableError(Reason.MALFORMED, "a NUL character")
    try:
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True))
    except csv.Error as error:
        raise UnreadableError(Reason.MALFORMED, f"no table: {error}") from None
    return [row for row in rows if row]


def _check(rows: list[list[str]], wanted: Table) -> None:
    names = [column.name for column in wanted.columns]
    if not rows or [cell.strip() for cell in rows[0]] != names:
        raise UnreadableError(Reason.WRONG, f"the heading is not {','.join(names)[:100]!r}")
    body = rows[1:]
    if not wanted.least_rows <= len(body) <= wanted.most_rows:
        raise UnreadableError(Reason.WRONG, f"{len(body)} rows")
    for number, row in enumerate(body, 1):
        if len(row) != len(names):
            raise UnreadableError(Reason.MALFORMED, f"row {number} has {len(row)} cells")
        for column, cell in zip(wanted.columns, row, strict=True):
            if why := column.fault(cell.strip()):
                raise UnreadableError(Reason.WRONG, f"row {number}, {column.name}: {why}")
    for index, column in enumerate(wanted.columns):
        cells = [row[index].strip() for row in body]
        if column.unique and len(set(cells)) != len(cells):
            raise UnreadableError(Reason.WRONG, f"{column.name}: a value stands twice")
