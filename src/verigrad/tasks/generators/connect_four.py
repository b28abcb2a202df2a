r"""Connect-4 positions that can be won against a stated rule. `\boxed{5 6}`."""

from __future__ import annotations

import random
from typing import ClassVar

from pydantic import Field

from verigrad.tasks.generators.base import Draft, Generator, Options
from verigrad.tasks.generators.stones import StoneGame, draw_game

GAME = StoneGame(rows=6, columns=7, length=4, falls=True)


class ConnectFourOptions(Options):
    """How many own `moves` it takes; up to `stones` are on the board."""

    moves: int = Field(default=2, ge=1, le=3)
    stones: int = Field(default=14, ge=6, le=30)


class ConnectFour(Generator):
    """Random games, stopped early."""

    name: ClassVar[str] = "connect_four"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "connect_four"
    dial: ClassVar[str] = "moves"
    options_type: ClassVar[type[Options]] = ConnectFourOptions

    def draw(self, source: random.Random) -> Draft:
        """Seven columns, six high."""
        options = self.options
        return draw_game(
            source, GAME, name="Connect-4", num_moves=options.moves, longest=options.stones
        )
