"""Games, one move a turn: the policy's moves against the opponent of the task's game verifier.

The verifier replays what the environment submits: the policy's legal moves and nothing it said
beside them. So a result cannot be talked into being, and every one can be judged again.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any, ClassVar

from pydantic import Field

from verigrad.core.errors import ConfigError
from verigrad.core.types import Message, Problem
from verigrad.rollouts.environments.base import Observation, Reply, Setting, Turn
from verigrad.rollouts.environments.bind import Context, EnvironmentOptions
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.games.base import Game, GameVerifier, IllegalMoveError


class GameOptions(EnvironmentOptions):
    """`max_faults` illegal moves are told of; the next one loses. `{move}` is the opponent's."""

    max_faults: int = Field(default=0, ge=0)
    instruction: str = "Say your next move only, in \\boxed{}. I answer, and so on."
    reply: str = "I play {move}. Your move?"
    max_turns: int = Field(default=50, ge=1)


class GameTable:
    """Counts the facts `moves` and `illegal_moves`."""

    options_type: ClassVar[type[EnvironmentOptions]] = GameOptions

    def __init__(self, options: GameOptions, verifier: GameVerifier) -> None:
        self.options, self.verifier = options, verifier
        self.moves: list[str] = []
        self.faults = 0

    @classmethod
    def setting(cls, options: GameOptions, context: Context) -> Setting:
        """With the task's game; ConfigError where its verifier plays none."""
        verifier = context.verifier
        if not isinstance(verifier, GameVerifier):
            raise ConfigError(
                f'the environment "game" needs a game verifier, and the task has "{verifier.name}"',
                remedy='choose verifier = { kind = "tic_tac_toe" } or another game',
            )
        return Setting(
            make=lambda: cls(options, verifier),
            budgets=options.budgets(),
            is_quick=True,
            submits=True,
        )

    def reset(self, problem: Problem) -> Observation:
        """The problem's position, and how to play on."""
        self.problem = problem
        self.puzzle: Any = self.verifier.read_reference(problem)
        self.game: Game = self.verifier.start(self.puzzle)
        last = problem.prompt[-1]
        asked = replace(last, content=f"{last.content}\n{self.options.instruction}")
        return (*problem.prompt[:-1], asked)

    def step(self, message: Message) -> Reply:
        """The opponent's move, or the end."""
        try:
            move = self._read(message.content)
            self.game.play(move)
        except (IllegalMoveError, UnreadableError) as error:
            return self._fault(str(error))
        self.moves.append(move)
        if self.game.outcome() is None:
            reply = self.game.reply()
            if self.game.outcome() is None:
                said = Message("user", self.options.reply.replace("{move}", reply))
                return Turn(messages=(said,), facts={"moves": 1})
        return self._over({"moves": 1})

    def _read(self, text: str) -> str:
        """The one move of a message; UnreadableError for none, several, or a long text."""
        found = self.verifier.find(text).candidates
        if not found:
            raise IllegalMoveError("I could not find a move")
        moves = {self.verifier.read_solution(item.text, self.puzzle) for item in found}
        if len(moves) != 1 or len(only := moves.pop()) != 1:
            raise IllegalMoveError("one move at a time")
        return only[0]

    def _fault(self, why: str) -> Reply:
        self.faults += 1
        if self.faults > self.options.max_faults:
            return self._over({"illegal_moves": 1})
        said = Message("user", f"{why}. Your move?")
        return Turn(messages=(said,), facts={"illegal_moves": 1})

    def _over(self, facts: dict[str, float]) -> Turn:
        """The policy's moves, in the place where the verifier looks."""
        played = replace(self.problem, answer=" ".join(self.moves))
        submission = self.verifier.reference_response(played)
        return Turn(is_over=True, submission=submission or "", facts=facts)
