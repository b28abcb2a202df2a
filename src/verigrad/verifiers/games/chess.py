"""Chess: a mate against every defence, or a game played out against a rule.

`info`: `fen` (the usual start where it is missing), `moves` played since (UCI). Then

- with `mate_in` n: the answer is one move that mates within n moves whatever the defence,
  found by searching all replies (at most `MAX_NODES` positions, else the problem is refused);
- without: the answer is the moves of the side to move, and the opponent always plays the legal
  move whose UCI text comes first in the alphabet.

Moves are read in standard (`Qxf7#`) or UCI (`h5f7`) notation. The rules are the package `chess`'s
(extra `games`).
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from verigrad.core.errors import SetupError
from verigrad.verifiers.games.base import Game, GameVerifier, IllegalMoveError, Outcome
from verigrad.verifiers.puzzles.base import Puzzle

if TYPE_CHECKING:
    import chess

MAX_NODES = 50_000
_NUMBER = re.compile(r"[0-9]{1,3}\.{1,3}")
_MAX_MOVES = 600


class ChessStart(Puzzle):
    """A position, and what is asked for."""

    fen: str | None = Field(default=None, max_length=100)
    moves: tuple[str, ...] = Field(default=(), max_length=_MAX_MOVES)
    mate_in: int | None = Field(default=None, ge=1, le=4)


class Chess(GameVerifier):
    r"""A mate in n, or a game won.

    >>> from verigrad.core.types import Problem
    >>> problem = Problem.of("Mate in 1?", None, fen="6k1/5ppp/8/8/8/8/8/R3K3 w - - 0 1", mate_in=1)
    >>> Chess().verify(problem, r"\boxed{Ra8#}").is_correct
    True
    """

    name: ClassVar[str] = "chess"
    version: ClassVar[str] = "1"
    puzzle_type: ClassVar[type[Puzzle]] = ChessStart
    proves: ClassVar[str] = (
        "the move mates in time against every defence; or the moves win the game"
    )
    cannot: ClassVar[str] = "judge a game by strength: without a mate only its end counts"
    cost: ClassVar[str] = "under 1 ms a move; the first time a mate in 2 or more, up to seconds"

    def start(self, puzzle: ChessStart) -> Game:
        """The position after the moves played, as a game or as a search for mate."""
        board = _board(puzzle.fen, puzzle.moves)
        if puzzle.mate_in is None:
            return ChessGame(board)
        return MateSearch(board, _mating(puzzle.fen, puzzle.moves, puzzle.mate_in))

    def plain_move(self, written: str) -> str:
        """Without a move number in front."""
        return _NUMBER.sub("", written, count=1)

    def unfit(self, puzzle: ChessStart) -> str | None:
        """The position must be legal and not over; a mate must exist."""
        if (why := super().unfit(puzzle)) is not None or puzzle.mate_in is None:
            return why
        mating = _mating(puzzle.fen, puzzle.moves, puzzle.mate_in)
        if mating is None:
            return f"the search for a mate in {puzzle.mate_in} takes over {MAX_NODES:,} positions"
        return None if mating else f"there is no mate in {puzzle.mate_in}"


class ChessGame:
    """A game against the first legal move of the alphabet."""

    def __init__(self, board: chess.Board) -> None:
        self.board = board
        self.player = board.turn

    def play(self, move: str) -> None:
        """A legal move in either notation."""
        self.board.push(_read_move(self.board, move))

    def reply(self) -> str:
        """The first of the alphabet."""
        move = min(self.board.legal_moves, key=lambda each: each.uci())
        self.board.push(move)
        return move.uci()

    def outcome(self) -> Outcome | None:
        """Mate, stalemate, dead position, five-fold repetition or 75 moves."""
        end = self.board.outcome()
        if end is None:
            return None
        if end.winner is None:
            return Outcome.DRAW
        return Outcome.WIN if end.winner is self.player else Outcome.LOSS


class MateSearch(ChessGame):
    """One move, which must be among the mating ones."""

    def __init__(self, board: chess.Board, mating: frozenset[str] | None) -> None:
        super().__init__(board)
        self.mating = mating or frozenset()
        self.played: str | None = None

    def play(self, move: str) -> None:
        """Keep the move for the outcome."""
        self.played = _read_move(self.board, move).uci()

    def outcome(self) -> Outcome | None:
        """A win exactly where the move mates against every defence."""
        if self.played is None:
            return super().outcome()
        return Outcome.WIN if self.played in self.mating else Outcome.LOSS


def _board(fen: str | None, moves: tuple[str, ...]) -> chess.Board:
    try:
        import chess
    except ImportError as error:
        raise SetupError(
            "the chess verifier needs the package `chess`", remedy="pip install 'verigrad[games]'"
        ) from error
    try:
        board = chess.Board(fen) if fen else chess.Board()
    except ValueError as error:
        raise IllegalMoveError(f"the FEN does not read: {error}") from None
    if not board.is_valid():
        raise IllegalMoveError("the position cannot occur in a game")
    for move in moves:
        board.push(_read_move(board, move))
    return board


def _read_move(board: chess.Board, text: str) -> chess.Move:
    text = text.strip("!?")
    for read in (board.parse_uci, board.parse_san):
        try:
            move = read(text)
        except ValueError:
            continue
        if move:  # "--" and "0000" read as the null move, which is none
            return move
    raise IllegalMoveError(f"{text} is no legal move here")


@lru_cache(maxsize=4096)
def _mating(fen: str | None, moves: tuple[str, ...], mate_in: int) -> frozenset[str] | None:
    """Every move that mates within `mate_in` against all defences; None beyond the node limit."""
    board = _board(fen, moves)
    budget = [MAX_NODES]
    try:
        return frozenset(
            move.uci() for move in list(board.legal_moves) if _mates(board, move, mate_in, budget)
        )
    except _BudgetError:
        return None


class _BudgetError(Exception):
    pass


def _mates(board: chess.Board, move: chess.Move, mate_in: int, budget: list[int]) -> bool:
    """Whether `move` mates now, or every reply to it allows a mate in one move less."""
    budget[0] -= 1
    if budget[0] < 0:
        raise _BudgetError
    board.push(move)
    try:
        if board.is_checkmate():
            return True
        if mate_in == 1 or not any(board.legal_moves):
            return False
        for reply in list(board.legal_moves):
            board.push(reply)
            try:
                follows = any(
                    _mates(board, after, mate_in - 1, budget) for after in list(board.legal_moves)
                )
            finally:
                board.pop()
            if not follows:
                return False
        return True
    finally:
        board.pop()
