r"""Tic-tac-toe positions that can be won against a stated rule. `\boxed{5 4 7}`."""

from __future__ import annotations

import random
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options
from verigrad.tasks.generators.stones import StoneGame, draw_game

GAME = StoneGame(rows=3, columns=3, length=3, falls=False)


class TicTacToeOptions(Options):
    """How many own `moves` it takes."""

    moves: int = Field(default=2, ge=1, le=3)


class TicTacToe(Generator):
    """Random games, stopped early."""

    name: ClassVar[str] = "tic_tac_toe"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "tic_tac_toe"
    dial: ClassVar[str] = "moves"
    options_type: ClassVar[type[Options]] = TicTacToeOptions

    def draw(self, source: random.Random) -> Draft:
        """Up to six stones are on the board."""
        num_moves = self.options.moves
        return draw_game(
            source, GAME, name="Tic-tac-toe", num_moves=num_moves, longest=9 - 2 * num_moves + 1
        )
