"""Games: the response's moves are replayed from the start against a known opponent.

Win, draw and loss are the score: 1 (`correct`), 0.5 (`partial`) and 0 (`wrong`). An illegal move
is a `violation`, a game that is not over is `wrong`. What the response says of the position, of
its moves being good or of having won is not read.
"""
