r"""N queens with some already placed: `8 queens ... row 3: column 5` -> `\boxed{1 5 8 6 ...}`."""

from __future__ import annotations

import random
from typing import ClassVar, Self

from pydantic import Field, model_validator

from verigrad.tasks.generators.base import Draft, Generator, Options, boxed


class QueensOptions(Options):
    """`size` of the board and how many queens are `placed`; at least one is left to place."""

    size: int = Field(default=8, ge=4, le=20)
    placed: int = Field(default=3, ge=0, le=19)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.placed >= self.size:
            raise ValueError(f"placed = {self.placed} leaves nothing of size = {self.size}")
        return self


class NQueens(Generator):
    """A random solution of which some queens are shown."""

    name: ClassVar[str] = "n_queens"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "n_queens"
    dial: ClassVar[str] = "size"
    options_type: ClassVar[type[Options]] = QueensOptions

    def draw(self, source: random.Random) -> Draft:
        """Row by row, columns in random order, until a board is full."""
        size = self.options.size
        columns = _place(source, size, [])
        assert columns is not None
        placed = sorted(
            (row, columns[row]) for row in source.sample(range(size), self.options.placed)
        )
        shown = ", ".join(f"row {row + 1} in column {column + 1}" for row, column in placed)
        given = f" Placed already: {shown}." if placed else ""
        answer = " ".join(str(column + 1) for column in columns)
        return Draft(
            key=[size, placed],
            question=(
                f"Place {size} queens on a board of {size} by {size}, one in every row, so that "
                f"none attacks another.{given}\nAnswer with the column of every row's queen."
            ),
            answer=answer,
            solution=boxed(answer),
            info={"size": size, "placed": [list(queen) for queen in placed]},
        )


def _place(source: random.Random, size: int, columns: list[int]) -> list[int] | None:
    row = len(columns)
    if row == size:
        return columns
    for column in source.sample(range(size), size):
        if all(c != column and abs(c - column) != row - r for r, c in enumerate(columns)):
            found = _place(source, size, [*columns, column])
            if found is not None:
                return found
    return None
