"""Showcase of `connect_four`."""

from verigrad.core.types import Problem
from verigrad.verifiers.games.connect_four import ConnectFour
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """Four on top of each other; an open three."""
    column = Problem.of("Played: 1 2 1 2 1 3. You move.", "1", moves=[1, 2, 1, 2, 1, 3])
    three = Problem.of("Played: 3 3 4 4. You move.", "5 6", moves=[3, 3, 4, 4])
    return Showcase(
        ConnectFour(),
        (
            Sample(
                column,
                (r"\boxed{1}", "<answer>1</answer>"),
                (r"\boxed{2}", r"\boxed{8}", r"\boxed{1 1}", r"\boxed{one}"),
            ),
            Sample(
                three,
                # 3 4 5 is open at 2 and 6: the opponent blocks the lower, the other wins
                (r"\boxed{5 6}", r"\boxed{2, 5}"),
                (r"\boxed{5 2}", r"\boxed{5}", r"\boxed{6 5}", r"\boxed{5 6 7}"),
            ),
        ),
        pieces=("1", "2", "3", "4", "5", "6", "7", "8", ",", " ", "\n", "["),
        options=tuple("1234567"),
    )
