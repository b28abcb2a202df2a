r"""Chess: positions of few pieces with a mate in one or two. `\boxed{Qh7#}`.

The rules are the package `chess`'s (extra `games`).
"""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, ClassVar

from pydantic import Field

from verigrad.core.errors import SetupError
from verigrad.tasks.generators.base import Draft, Generator, Options, boxed

if TYPE_CHECKING:
    import chess

_WHITE = ("QR", "RR", "QB", "QN", "RB", "RN", "QRN")
_BLACK = ("", "p", "pp", "ppp", "n", "r", "bp")


class ChessMateOptions(Options):
    """Mate in so many of White's moves."""

    mate_in: int = Field(default=1, ge=1, le=2)


class ChessMate(Generator):
    """Pieces are strewn at random until White, to move, mates in exactly `mate_in`."""

    name: ClassVar[str] = "chess_mate"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "chess"
    dial: ClassVar[str] = "mate_in"
    options_type: ClassVar[type[Options]] = ChessMateOptions

    def draw(self, source: random.Random) -> Draft:
        """The question shows the position as FEN and as a board."""
        mates: list[str] = []
        board = None
        while board is None or not mates:
            board = _strewn(source, with_black=self.options.mate_in == 1)
            if board is not None:
                mates = _mates(board, self.options.mate_in)
        answer = source.choice(sorted(mates))
        fen = board.fen()
        moves = self.options.mate_in
        return Draft(
            key=[fen, moves],
            question=(
                f"Chess, White to move: {fen}\n{board}\nWhich move mates in {moves}, whatever "
                "Black does? Answer with the move alone, like this: Qh7"
            ),
            answer=answer,
            solution=boxed(answer),
            info={"fen": fen, "mate_in": moves},
        )


def _strewn(source: random.Random, *, with_black: bool) -> chess.Board | None:
    """A legal position with White to move, Black's king on an edge; None where chance failed."""
    try:
        import chess
    except ImportError as error:
        raise SetupError(
            "the generator chess_mate needs the package `chess`",
            remedy="pip install 'verigrad[games]'",
        ) from error
    board = chess.Board(None)
    white, black = source.choice(_WHITE), source.choice(_BLACK) if with_black else ""
    edge = [square for square in chess.SQUARES if chess.square_rank(square) in (0, 7)]
    king = source.choice(edge)
    squares = source.sample([s for s in chess.SQUARES if s != king], 1 + len(white) + len(black))
    symbols = ["k", "K", *white, *black]
    for symbol, square in zip(symbols, [king, *squares], strict=True):
        board.set_piece_at(square, chess.Piece.from_symbol(symbol))
    return board if board.is_valid() else None


def _mates(board: chess.Board, mate_in: int) -> list[str]:
    """SAN of the moves that mate in exactly `mate_in`; none where fewer do."""
    found = [move for move in board.legal_moves if _is_mate(board, move)]
    if mate_in == 1 or found:
        return [board.san(move) for move in found] if mate_in == 1 else []
    return [board.san(move) for move in board.legal_moves if _forces(board, move)]


def _is_mate(board: chess.Board, move: chess.Move) -> bool:
    board.push(move)
    mate = board.is_checkmate()
    board.pop()
    return mate


def _forces(board: chess.Board, move: chess.Move) -> bool:
    """Whether every reply is answered by mate (and there is a reply)."""
    board.push(move)
    forced = any(board.legal_moves)
    for reply in list(board.legal_moves):
        board.push(reply)
        forced = forced and any(_is_mate(board, after) for after in list(board.legal_moves))
        board.pop()
        if not forced:
            break
    board.pop()
    return forced
