"""Replaying a game: the response gives its own side's moves, a stated rule plays the other."""

from __future__ import annotations

from abc import abstractmethod
from dataclasses import dataclass
from enum import Enum
from typing import Any, Protocol

from verigrad.core.verdict import Extracted, Reason, Verdict
from verigrad.verifiers.base import correct, partial, rejected
from verigrad.verifiers.final_answer import UnreadableError
from verigrad.verifiers.puzzles.base import PuzzleVerifier
from verigrad.verifiers.puzzles.reading import malformed, read_words

MAX_MOVES = 200
_MAX_MOVE_CHARS = 12


class Outcome(Enum):
    """How a game ended, for the side that the response plays; the value is its score."""

    WIN = 1.0
    DRAW = 0.5
    LOSS = 0.0


class IllegalMoveError(Exception):
    """A move that the rules forbid, or a text that names none; says why."""


class Game(Protocol):
    """A position that knows its rules. The side to move is the response's, then the rule's."""

    def play(self, move: str) -> None:
        """Make a move of the side to move; IllegalMoveError for one that may not be made."""
        ...

    def reply(self) -> str:
        """Make the opponent's move, by its rule, and return it."""
        ...

    def outcome(self) -> Outcome | None:
        """How it ended for the side that the response plays; None while it is not over."""
        ...


@dataclass(frozen=True, slots=True)
class Replay:
    """What came of the moves: `outcome` is None where the game is not over or a move not legal."""

    outcome: Outcome | None
    why: str
    record: str  # the moves, the opponent's in parentheses
    is_legal: bool = True


class GameVerifier(PuzzleVerifier):
    """Judges moves by playing them out."""

    @abstractmethod
    def start(self, puzzle: Any) -> Game:
        """The position of the problem; IllegalMoveError where its history breaks the rules."""

    def unfit(self, puzzle: Any) -> str | None:
        """The history must be legal and the game not over."""
        try:
            game = self.start(puzzle)
        except IllegalMoveError as error:
            return str(error)
        return None if game.outcome() is None else "the game is over already"

    def read_solution(self, text: str, puzzle: Any) -> tuple[str, ...]:  # noqa: ARG002
        """The moves."""
        words = [word for written in read_words(text) if (word := self.plain_move(written))]
        if not words:
            raise UnreadableError(Reason.NO_ANSWER, "no move")
        if len(words) > MAX_MOVES:
            raise UnreadableError(Reason.OVER_LIMIT, f"over {MAX_MOVES} moves")
        if long := [word for word in words if len(word) > _MAX_MOVE_CHARS]:
            raise malformed(f"{long[0][:40]!r} is no move")
        return tuple(words)

    def plain_move(self, written: str) -> str:
        """A move as the game takes it; empty for what is only a move number."""
        return written

    def first_fault(self, puzzle: Any, solution: tuple[str, ...]) -> str | None:
        """How it went, where it is not a win."""
        replay = self.replay(puzzle, solution)
        return None if replay.outcome is Outcome.WIN else replay.why

    def compare(self, reference: Any, answer: tuple[str, ...], *, extracted: Extracted) -> Verdict:
        """The score of the replay."""
        replay = self.replay(reference, answer)
        facts: dict[str, Any] = {
            "extracted": extracted,
            "canonical_response": replay.record,
            "method": "replay",
            "certainty": "exact",
            "evidence": {"why": replay.why},
        }
        if replay.outcome is Outcome.WIN:
            return correct(**facts)
        if replay.outcome is Outcome.DRAW:
            return partial(Outcome.DRAW.value, **facts)
        return rejected(Reason.WRONG if replay.is_legal else Reason.VIOLATION, **facts)

    def replay(self, puzzle: Any, moves: tuple[str, ...]) -> Replay:
        """Play the moves out, the opponent by its rule."""
        game = self.start(puzzle)
        record: list[str] = []
        for number, move in enumerate(moves, start=1):
            try:
                if game.outcome() is not None:
                    raise IllegalMoveError("the game is over")
                game.play(move)
            except IllegalMoveError as error:
                why = f"move {number} is not legal: {error}"
                return Replay(None, why, " ".join(record), is_legal=False)
            record.append(move)
            if game.outcome() is None:
                record.append(f"({game.reply()})")
        outcome = game.outcome()
        why = "the game is not over" if outcome is None else outcome.name.lower()
        return Replay(outcome, why, " ".join(record))
