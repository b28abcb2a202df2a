"""Prompts of a file, and the Parquet parts that answers to them are written in."""

from __future__ import annotations

from array import array
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, overload

import pyarrow as pa
import pyarrow.parquet as pq

from verigrad.core.errors import DataError
from verigrad.core.types import Completion, Message, Problem
from verigrad.core.verdict import Verdict
from verigrad.records.atomic import new_file
from verigrad.records.plain import finite, store_json, store_text
from verigrad.tasks.fields import Row, get_field, has_field
from verigrad.tasks.prompts import PromptTemplate, read_messages
from verigrad.tasks.rows import open_rows

SCHEMA_NAME = "verigrad.samples/1"
_PROMPT_NAMES = ("prompt", "messages", "question", "problem", "input")
_MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
SCHEMA = pa.schema(
    {
        "row": pa.int64(),  # of the input, from 0
        "sample": pa.int32(),
        "prompt": _MESSAGES,
        "response": pa.string(),
        "stop": pa.string(),
        "prompt_ids": pa.list_(pa.int32()),
        "response_ids": pa.list_(pa.int32()),
        "logps": pa.list_(pa.float32()),
        "answer_json": pa.string(),
        "status": pa.string(),  # from here on null without a verifier
        "reason": pa.string(),
        "score": pa.float64(),
        "extracted": pa.string(),
        "evidence_json": pa.string(),
        "verifier": pa.string(),
        "verifier_digest": pa.string(),
    },
    metadata={"schema": SCHEMA_NAME},
)


@dataclass(frozen=True, slots=True)
class Sampled:
    """One completion of one row, judged or not."""

    row: int
    sample: int
    problem: Problem
    prompt_ids: tuple[int, ...]
    completion: Completion
    verdict: Verdict | None


class TextRows(Sequence[Row]):
    """A text file: every line that is not blank is a prompt. Only where lines start is held."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._starts = array("Q")
        with path.open("rb") as stream:
            start = 0
            for line in stream:
                if line.strip():
                    self._starts.append(start)
                start += len(line)

    def __len__(self) -> int:
        return len(self._starts)

    @overload
    def __getitem__(self, index: int) -> Row: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Row]: ...
    def __getitem__(self, index: int | slice) -> Row | Sequence[Row]:
        if isinstance(index, slice):
            return [self._row(start) for start in self._starts[index]]
        return self._row(self._starts[index])

    def _row(self, start: int) -> Row:
        with self.path.open("rb") as stream:
            stream.seek(start)
            return {"prompt": stream.readline().decode("utf-8", "replace").strip()}


def open_prompts(path: Path) -> Sequence[Row]:
    """The rows of a JSONL, Parquet or text file; DataError where there is nothing in it."""
    if path.suffix.lower() not in (".txt", ".text"):
        return open_rows(path)
    if not path.is_file():
        raise DataError("the file does not exist", where=str(path), cause="a misspelt path")
    rows = TextRows(path)
    if not len(rows):
        raise DataError("the file has no prompts", where=str(path))
    return rows


def read_problem(
    row: Row,
    *,
    prompt_field: str | None,
    answer_field: str | None,
    template: PromptTemplate,
    where: str,
) -> Problem:
    """The question of a row (a text, or messages), its reference, and the row as `info`."""
    name = prompt_field or next((n for n in _PROMPT_NAMES if has_field(row, n)), None)
    if name is None:
        raise DataError(
            "this row has no prompt",
            where=where,
            cause=f"none of the usual names: {', '.join(_PROMPT_NAMES)}",
            remedy="name the field with --prompt-field",
        )
    value = get_field(row, name, where=where)
    messages: list[Message] = (
        template.render(value)
        if isinstance(value, str)
        else template.apply(read_messages(value, where=where))
    )
    answer = None if answer_field is None else get_field(row, answer_field, where=where)
    info = {key: item for key, item in row.items() if key not in (name, answer_field)}
    return Problem(prompt=tuple(messages), answer=answer, info=info, id=where)


def write_part(path: Path, rows: Iterable[Sampled]) -> None:
    """One part, whole or not at all."""
    table = pa.Table.from_pylist([_row(sampled) for sampled in rows], schema=SCHEMA)
    with new_file(path) as stream:
        pq.write_table(table, stream, compression="zstd")


def _row(sampled: Sampled) -> dict[str, Any]:
    completion, problem = sampled.completion, sampled.problem
    return {
        "row": sampled.row,
        "sample": sampled.sample,
        "prompt": [{"role": m.role, "content": store_text(m.content)} for m in problem.prompt],
        "response": store_text(completion.text),
        "stop": str(completion.stop),
        "prompt_ids": sampled.prompt_ids,
        "response_ids": completion.token_ids,
        "logps": completion.logps,
        "answer_json": None if problem.answer is None else store_json(problem.answer),
        **_verdict(sampled.verdict),
    }


def _verdict(verdict: Verdict | None) -> dict[str, Any]:
    if verdict is None:
        return {}
    found = verdict.extracted
    return {
        "status": str(verdict.status),
        "reason": str(verdict.reason),
        "score": verdict.score,
        "extracted": store_text(found.text) if found else None,
        "evidence_json": store_json(finite(verdict.evidence)),
        "verifier": f"{verdict.verifier} {verdict.version}",
        "verifier_digest": verdict.digest,
    }
