"""A queue of responses and the labels that a person gives them, one line appended for each."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.core.errors import DataError
from verigrad.tasks.rows import iter_rows

_NEEDED = ("id", "question", "answer", "response")


@dataclass
class Queue:
    """Rows to label and those that are; `out` is appended to, so that stopping loses nothing."""

    rows: list[dict[str, Any]]
    out: Path
    done: set[str]

    @staticmethod
    def open(path: Path, out: Path | None = None) -> Queue:
        """The queue with the labels that are there already; DataError for rows of another kind."""
        out = out or path.with_name(f"{path.stem}-labelled.jsonl")
        rows = [dict(row) for row in iter_rows(path)]
        for number, row in enumerate(rows, start=1):
            if missing := [name for name in _NEEDED if name not in row]:
                raise DataError(
                    f"a row of the queue has no {', '.join(missing)}",
                    where=f"{path}, row {number}",
                    cause="not a queue that `verigrad audit --second` wrote",
                    remedy="give the queue.jsonl beside the card",
                )
        done = {str(row["id"]) for row in iter_rows(out)} if out.is_file() else set()
        return Queue(rows, out, done)

    @property
    def num_left(self) -> int:
        """Rows without a label."""
        return sum(str(row["id"]) not in self.done for row in self.rows)

    def left(self) -> Iterator[dict[str, Any]]:
        """The rows without a label, in order."""
        return (row for row in self.rows if str(row["id"]) not in self.done)

    def write(self, row: dict[str, Any], *, is_right: bool) -> None:
        """Append the row with its label."""
        line = json.dumps({**row, "label": is_right}, ensure_ascii=True)
        with self.out.open("a", encoding="utf-8") as stream:
            stream.write(line + "\n")
        self.done.add(str(row["id"]))
