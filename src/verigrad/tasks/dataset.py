"""Rows as a source: files and hub datasets, read when a problem is asked for."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any, Self, overload

from verigrad.core.errors import DataError
from verigrad.core.types import Message, Problem
from verigrad.tasks.columns import Columns, choose_columns
from verigrad.tasks.fields import Row, get_field, has_field
from verigrad.tasks.hub import open_hub
from verigrad.tasks.overlap import normalized
from verigrad.tasks.prompts import PromptTemplate, read_messages
from verigrad.tasks.references import ReferenceForm, split_reference
from verigrad.tasks.rows import open_rows
from verigrad.tasks.source import at_least_one
from verigrad.tasks.splits import Split, content_hash, split_of

_FAMILY = "rows"


@dataclass(frozen=True, slots=True)
class ProblemReader:
    """Row -> problem. `info` names the columns that go along for the verifier."""

    columns: Columns
    template: PromptTemplate
    task: str
    info: tuple[str, ...] = ()

    def read(self, row: Row, *, where: str) -> Problem:
        """The problem a row holds; DataError for a missing column or a broken message."""
        prompt, last_words = self._prompt(row, where=where)
        answer, worked = split_reference(
            get_field(row, self.columns.answer, where=where), self.columns.form
        )
        return Problem(
            prompt=tuple(prompt),
            answer=answer,
            info={name: get_field(row, name, where=where) for name in self.info},
            solution=self._solution(row, answer, worked) or last_words,
            task=self.task,
        )

    def question(self, row: Row, *, where: str) -> str:
        """What decides the split: the last user message as the row has it."""
        value = get_field(row, self.columns.prompt, where=where)
        if isinstance(value, str):
            return value
        messages = _messages(value, where=where)
        return next((m.content for m in reversed(messages) if m.role == "user"), "")

    def _prompt(self, row: Row, *, where: str) -> tuple[list[Message], str | None]:
        """The prompt; and the closing assistant message of a whole conversation, if it is one."""
        value = get_field(row, self.columns.prompt, where=where)
        if isinstance(value, str):
            return self.template.render(value), None
        messages = _messages(value, where=where)
        last_words = None
        if messages and messages[-1].role == "assistant":
            *messages, last = messages
            last_words = last.content
        return self.template.apply(messages), last_words

    def _solution(self, row: Row, answer: Any, worked: str | None) -> str | None:
        name = self.columns.solution
        if name is not None and name != self.columns.answer:
            solution = get_field(row, name) if has_field(row, name) else None
            return solution if isinstance(solution, str) and solution.strip() else None
        if self.columns.form is ReferenceForm.HASH and worked is not None:
            return f"{worked}\n{self.template.closing(answer)}"
        return worked


class ProblemRows(Sequence[Problem]):
    """A view of rows as problems; an index reads one row."""

    def __init__(
        self, rows: Sequence[Row], reader: ProblemReader, *, numbers: Sequence[int], where: str
    ) -> None:
        self.rows = rows
        self.reader = reader
        self.numbers = numbers
        self.where = where

    def __len__(self) -> int:
        return len(self.numbers)

    @overload
    def __getitem__(self, index: int) -> Problem: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[Problem]: ...
    def __getitem__(self, index: int | slice) -> Problem | Sequence[Problem]:
        if isinstance(index, slice):
            numbers = self.numbers[index]
            return ProblemRows(self.rows, self.reader, numbers=numbers, where=self.where)
        number = self.numbers[index]
        return self.reader.read(self.rows[number], where=f"{self.where}, row {number + 1:,}")


@dataclass(frozen=True)
class RowsSource:
    """Rows with their columns chosen.

    Held-out problems come from rows of their own where there are some, else a share of the rows
    is held out by the hash of its normalised question: equal questions are on one side.
    """

    rows: Sequence[Row]
    reader: ProblemReader
    where: str
    held_out_rows: Sequence[Row] | None = None
    held_out_where: str = ""
    held_out_share: float = 0.1
    size: int | None = None  # at most so many training problems

    @classmethod
    def from_file(
        cls,
        path: Path | str,
        *,
        held_out_path: Path | str | None = None,
        **settings: Any,
    ) -> Self:
        """Rows of a file; `settings` are those of `from_rows`."""
        if held_out_path is not None:
            settings["held_out_rows"] = open_rows(held_out_path)
            settings["held_out_where"] = str(held_out_path)
        return cls.from_rows(open_rows(path), where=str(path), **settings)

    @classmethod
    def from_hub(
        cls, name: str, *, split: str = "train", held_out_split: str | None = None, **settings: Any
    ) -> Self:
        """Rows of a hub dataset's `split`; `settings` are those of `from_rows`."""
        if held_out_split is not None:
            settings["held_out_rows"] = open_hub(name, split=held_out_split)
            settings["held_out_where"] = f"{name}:{held_out_split}"
        return cls.from_rows(open_hub(name, split=split), where=f"{name}:{split}", **settings)

    @classmethod
    def from_rows(
        cls,
        rows: Sequence[Row],
        *,
        where: str,
        held_out_rows: Sequence[Row] | None = None,
        held_out_where: str = "",
        held_out_share: float = 0.1,
        size: int | None = None,
        prompt: str | None = None,
        answer: str | None = None,
        solution: str | None = None,
        form: ReferenceForm | None = None,
        info: tuple[str, ...] = (),
        template: PromptTemplate | None = None,
        task: str = "",
    ) -> Self:
        """Any rows; columns that are not named are found by the names people use."""
        columns = choose_columns(
            rows, prompt=prompt, answer=answer, solution=solution, form=form, where=where
        )
        reader = ProblemReader(columns, template or PromptTemplate(), task, info)
        return cls(
            rows,
            reader,
            where,
            held_out_rows=held_out_rows,
            held_out_where=held_out_where,
            held_out_share=held_out_share,
            size=size,
        )

    def problems(self, split: Split | str) -> Sequence[Problem]:
        """A view that reads a row when asked; order as in the file."""
        split = Split(split)
        rows, where = self.rows, self.where
        numbers: Sequence[int] = range(len(rows))
        if self.held_out_rows is None:
            numbers = self._numbers[split]
        elif split is Split.HELD_OUT:
            rows, where = self.held_out_rows, self.held_out_where
            numbers = range(len(rows))
        if split is Split.TRAIN:
            numbers = numbers[: self.size]
        view = ProblemRows(rows, self.reader, numbers=numbers, where=where)
        remedy = "change `held_out_share`, or give held-out rows of their own"
        return at_least_one(view, split=split, where=where, remedy=remedy)

    def describe(self) -> str:
        """Place, number of rows and chosen columns."""
        return f"{self.where}: {len(self.rows):,} rows, {self.reader.columns.describe()}"

    @cached_property
    def _numbers(self) -> Mapping[Split, array[int]]:
        """Row numbers by split; every question is read once for it."""
        numbers = {split: array("Q") for split in Split}
        for number, row in enumerate(self.rows):
            question = self.reader.question(row, where=f"{self.where}, row {number + 1:,}")
            content = content_hash(_FAMILY, normalized(question))
            numbers[split_of(content, held_out_share=self.held_out_share)].append(number)
        return numbers


def _messages(value: Any, *, where: str) -> list[Message]:
    messages = read_messages(value, where=where) if isinstance(value, list) else []
    if not any(message.role == "user" for message in messages):
        raise DataError(
            "the prompt is neither a text nor a list of messages with a user's among them",
            where=where,
            cause=f"the wrong column, or an empty field: {value!r:.80}",
            remedy="name the right column, or remove the row",
        )
    return messages
