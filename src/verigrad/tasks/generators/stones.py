"""Generating games of stones in a row: positions in which a stated opponent can be beaten.

The games' rules are written here once more, apart from the verifiers', so that each checks the
other in the tests.
"""

from __future__ import annotations

import random
from dataclasses import dataclass

from verigrad.tasks.generators.base import Draft, boxed

RULE = (
    "The opponent completes a line if it can, else blocks a line you could complete, else plays "
    "the lowest number it may."
)


Cell = tuple[int, int]
Stones = dict[Cell, int]  # (row, column), row 0 at the top -> side 0 or 1


@dataclass(frozen=True)
class StoneGame:
    """A board of `rows` by `columns`; stones fall down columns, or are put on numbered cells."""

    rows: int
    columns: int
    length: int
    falls: bool

    @property
    def moves(self) -> range:
        """Every move."""
        return range(1, (self.columns if self.falls else self.rows * self.columns) + 1)

    def cell(self, stones: Stones, move: int) -> Cell | None:
        """Where the stone comes to lie; None where there is no room."""
        if not self.falls:
            cell = divmod(move - 1, self.columns)
            return None if cell in stones else cell
        rows = [row for row in range(self.rows) if (row, move - 1) not in stones]
        return (rows[-1], move - 1) if rows else None

    def free(self, stones: Stones) -> list[int]:
        """Moves that may be made."""
        return [move for move in self.moves if self.cell(stones, move) is not None]

    def put(self, stones: Stones, move: int, side: int) -> Stones:
        """The stones after a free move."""
        cell = self.cell(stones, move)
        assert cell is not None
        return {**stones, cell: side}

    def has_won(self, stones: Stones, side: int) -> bool:
        """Whether the stone put down last, which is this side's, is part of a line."""
        cell = next(reversed(stones))
        runs = (
            1 + _run(stones, cell, (down, right), side) + _run(stones, cell, (-down, -right), side)
            for down, right in ((0, 1), (1, 0), (1, 1), (1, -1))
        )
        return any(run >= self.length for run in runs)

    def reply(self, stones: Stones, side: int) -> int:
        """The opponent's move."""
        free = self.free(stones)
        for wanted in (side, 1 - side):
            for move in free:
                if self.has_won(self.put(stones, move, wanted), wanted):
                    return move
        return free[0]


def _run(stones: Stones, cell: Cell, step: Cell, side: int) -> int:
    """Stones of a side in a row from a cell in one direction."""
    length = 0
    row, column = cell[0] + step[0], cell[1] + step[1]
    while stones.get((row, column)) == side:
        length += 1
        row, column = row + step[0], column + step[1]
    return length


def winning_lines(game: StoneGame, stones: Stones, side: int, num_moves: int) -> list[list[int]]:
    """Every row of `num_moves` own moves that wins with its last."""
    found: list[list[int]] = []
    for move in game.free(stones):
        mine = game.put(stones, move, side)
        if game.has_won(mine, side):
            if num_moves == 1:
                found.append([move])
            continue
        if num_moves == 1 or not game.free(mine):
            continue
        theirs = game.put(mine, game.reply(mine, 1 - side), 1 - side)
        if not game.has_won(theirs, 1 - side):
            rest = winning_lines(game, theirs, side, num_moves - 1)
            found += [[move, *line] for line in rest]
    return found


def _random_game(source: random.Random, game: StoneGame, longest: int) -> tuple[list[int], Stones]:
    """Legal moves of both sides, none of which wins, and the stones they leave."""
    history: list[int] = []
    stones: Stones = {}
    for number in range(source.randrange(longest + 1)):
        move = source.choice(game.free(stones))
        after = game.put(stones, move, number % 2)
        if game.has_won(after, number % 2):
            break
        history.append(move)
        stones = after
    return history, stones


def draw_game(
    source: random.Random, game: StoneGame, *, name: str, num_moves: int, longest: int
) -> Draft:
    """A random legal history after which the fewest own moves that win are `num_moves`."""
    lines: list[list[int]] = []
    history: list[int] = []
    stones: Stones = {}
    while not lines:
        history, stones = _random_game(source, game, longest)
        side = len(history) % 2
        shorter = any(winning_lines(game, stones, side, fewer) for fewer in range(1, num_moves))
        lines = [] if shorter else winning_lines(game, stones, side, num_moves)
    side = len(history) % 2
    rows = [
        "".join(".XO"[stones.get((row, column), -1) + 1] for column in range(game.columns))
        for row in range(game.rows)
    ]
    answer = " ".join(map(str, source.choice(lines)))
    what = "columns 1 to 7" if game.falls else "cells 1 to 9, row by row"
    return Draft(
        key=[rows, side],
        question=(
            f"{name} ({what}), you are {'XO'[side]} and move:\n" + "\n".join(rows) + f"\n{RULE} "
            "Win the game.\nAnswer with your own moves in order, like this: 5 4 7"
        ),
        answer=answer,
        solution=boxed(answer),
        info={"moves": history},
    )
