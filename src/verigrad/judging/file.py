"""A file of pairs -> a file of verdicts, in order, and a summary by reason."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

from verigrad.core.errors import DataError
from verigrad.core.statistics import wilson
from verigrad.core.types import Message, Problem
from verigrad.records.atomic import new_file
from verigrad.tasks.fields import Row, get_field
from verigrad.tasks.rows import iter_rows
from verigrad.verifiers.base import Verifier

_ROWS_AT_ONCE = 512
_PROMPT_FIELDS = ("prompt", "question", "problem", "input")


@dataclass(frozen=True, slots=True)
class Summary:
    """How many rows got which verdict."""

    rows: int
    by_reason: dict[str, int]
    by_status: dict[str, int]
    verifier: str
    digest: str
    out: str | None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return {name: getattr(self, name) for name in Summary.__dataclass_fields__}

    def text(self) -> str:
        """For people."""
        scored = self.by_status.get("scored", 0)
        lines = [f"{self.rows} rows judged by {self.verifier} ({self.digest})"]
        if scored:
            lines.append(f"correct: {wilson(self.by_reason.get('correct', 0), scored)} of scored")
        lines += [f"  {reason:<16} {count:>8}" for reason, count in self.by_reason.items()]
        return "\n".join([*lines, *([f"verdicts: {self.out}"] if self.out else [])])


def judge_file(
    verifier: Verifier, path: Path, *, response_field: str, answer_field: str, out: Path | None
) -> Summary:
    """Judge every row of a JSONL or Parquet file; `out` is written whole or not at all.

    DataError for a missing file or field, or where there are no rows.
    """
    reasons: Counter[str] = Counter()
    statuses: Counter[str] = Counter()
    pairs = _pairs(path, response_field=response_field, answer_field=answer_field)
    with new_file(out) if out else nullcontext() as stream:
        while batch := list(islice(pairs, _ROWS_AT_ONCE)):
            for verdict in verifier.verify_batch(batch):
                reasons[str(verdict.reason)] += 1
                statuses[str(verdict.status)] += 1
                if stream is not None:
                    line = json.dumps(verdict.to_json(), ensure_ascii=True, default=str)
                    stream.write(line.encode() + b"\n")
        if not reasons:
            raise DataError("there are no rows to judge", where=str(path))
    return Summary(
        rows=reasons.total(),
        by_reason=dict(reasons.most_common()),
        by_status=dict(statuses.most_common()),
        verifier=f"{verifier.name} {verifier.version}",
        digest=verifier.digest,
        out=str(out) if out else None,
    )


def _prompt(row: Row) -> tuple[Message, ...]:
    """The row's question, if it has one by a usual name: some verifiers read it."""
    text = next((row[name] for name in _PROMPT_FIELDS if isinstance(row.get(name), str)), None)
    return () if text is None else (Message("user", text),)


def _pairs(path: Path, *, response_field: str, answer_field: str) -> Iterator[tuple[Problem, str]]:
    for number, row in enumerate(iter_rows(path), start=1):
        where = f"{path}, row {number}"
        response = get_field(row, response_field, where=where)
        answer = get_field(row, answer_field, where=where)
        yield (
            Problem(prompt=_prompt(row), answer=answer, id=str(number)),
            response if isinstance(response, str) else json.dumps(response),
        )
