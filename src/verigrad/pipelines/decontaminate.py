"""Rows against evaluation files, and against each other: a report, and what is left."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.core.errors import DataError
from verigrad.curriculum.decontamination import (
    KnownTexts,
    Match,
    Rules,
    counts,
    find_contaminated,
    find_duplicates,
)
from verigrad.records.atomic import write_text
from verigrad.tasks.columns import PROMPT_NAMES, Columns, choose_column
from verigrad.tasks.dataset import ProblemReader
from verigrad.tasks.prompts import PromptTemplate
from verigrad.tasks.references import ReferenceForm
from verigrad.tasks.rows import open_rows

SCHEMA = "verigrad.decontamination/1"
_SHOWN = 3  # matches of each kind in the text


@dataclass(frozen=True, slots=True)
class Found:
    """Matches of `rows` rows with `evaluation`, whose questions are `known`, and duplicates."""

    rows: int
    questions: Sequence[str]
    known: Sequence[str]
    contaminated: tuple[Match, ...]
    duplicates: tuple[Match, ...]

    @property
    def dropped(self) -> set[int]:
        """Rows that a clean file leaves out."""
        return {match.row for match in (*self.contaminated, *self.duplicates)}

    def to_json(self) -> dict[str, Any]:
        """Every match, with both texts."""
        return {
            "schema": SCHEMA,
            "rows": self.rows,
            "evaluation": len(self.known),
            "dropped": len(self.dropped),
            "contaminated": [
                {**m.to_json(), "text": self.questions[m.row], "known": self.known[m.place]}
                for m in self.contaminated
            ],
            "duplicates": [
                {**m.to_json(), "text": self.questions[m.row], "known": self.questions[m.place]}
                for m in self.duplicates
            ],
        }

    def text(self) -> str:
        """For people: counts, and the first matches of each kind side by side."""
        lines = [f"{self.rows:,} rows, {len(self.known):,} evaluation texts"]
        for name, matches, others in (
            ("repeat an evaluation text", self.contaminated, self.known),
            ("repeat an earlier row", self.duplicates, self.questions),
        ):
            told = ", ".join(f"{kind} {count:,}" for kind, count in counts(matches).items())
            lines.append(f"{len(matches):,} {name} ({told})")
            for kind in counts(matches):
                for match in [m for m in matches if m.kind == kind][:_SHOWN]:
                    lines += [
                        f"  {match.kind} {match.score:.2f}  row {match.row + 1:,}: "
                        f"{_short(self.questions[match.row])}",
                        f"{'':>{len(match.kind) + 7}}  row {match.place + 1:,} there: "
                        f"{_short(others[match.place])}",
                    ]
        return "\n".join([*lines, f"{self.rows - len(self.dropped):,} rows are left"])


def decontaminate(
    path: Path,
    against: Sequence[Path],
    rules: Rules,
    *,
    column: str | None = None,
    without_duplicates: bool = False,
    out: Path | None = None,
) -> Found:
    """Compare the questions of `path` with those of `against`; `out` gets the rows that are left.

    `column` holds the questions in all files, if it has none of the usual names. DataError for a
    file without one.
    """
    questions = list(read_questions(path, column))
    known = [text for one in against for text in read_questions(one, column)]
    contaminated = tuple(find_contaminated(questions, KnownTexts(known, rules)))
    duplicates = tuple(find_duplicates(questions, rules)) if without_duplicates else ()
    found = Found(len(questions), questions, known, contaminated, duplicates)
    if out is not None:
        kept = (row for at, row in enumerate(open_rows(path)) if at not in found.dropped)
        write_text(out, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in kept))
    return found


def read_questions(path: Path, column: str | None) -> Iterator[str]:
    """The question of every row: its text, or the last user message."""
    rows = open_rows(path)
    name = choose_column(rows[0], column, PROMPT_NAMES, role="prompt", where=str(path))
    reader = ProblemReader(Columns(name, "", None, ReferenceForm.PLAIN), PromptTemplate(), "")
    for number, row in enumerate(rows, 1):
        text = reader.question(row, where=f"{path}:{number}")
        if not isinstance(text, str):
            raise DataError(
                "a question is no text",
                where=f"{path}:{number}",
                cause="another column",
                remedy="say which with --column",
            )
        yield text


def _short(text: str) -> str:
    return text if len(text) <= 90 else f"{text[:87]}..."
