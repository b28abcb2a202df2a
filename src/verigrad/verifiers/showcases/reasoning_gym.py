"""Showcase of `reasoning_gym`: entries of three datasets whose own scorers pay for garbage."""

from verigrad.core.types import Problem
from verigrad.verifiers.reasoning_gym import ReasoningGym
from verigrad.verifiers.showcases import Sample, Showcase


def showcase() -> Showcase:
    """A countdown, a board of queens, and a yes or no that theirs gives to any word."""
    countdown = Problem.of(
        "Calculate 22 using 3, 5 and 7.",
        "3*5 + 7",
        dataset="countdown",
        config={},
        metadata={"numbers": [3, 5, 7], "target": 22},
    )
    board = [["_", "Q", "_", "_"], *[["_"] * 4 for _ in range(3)]]
    queens = Problem.of(
        "Complete this board: _ Q _ _ ...",
        "_ Q _ _\n_ _ _ Q\nQ _ _ _\n_ _ Q _",
        dataset="n_queens",
        config={},
        metadata={"puzzle": board},
    )
    halting = Problem.of(
        "Does this game of life halt? True or False.",
        "True",
        dataset="game_of_life_halting",
        config={},
        metadata={},
    )
    return Showcase(
        ReasoningGym(),
        (
            Sample(
                countdown,
                (r"\boxed{3*5 + 7}", "<answer>7 + 5*3</answer>"),
                (r"\boxed{22}", r"\boxed{3*5+6}", r"\boxed{3*7+1}", r"\boxed{[3*5+7]}"),
            ),
            Sample(
                queens,
                ("```\n_ Q _ _\n_ _ _ Q\nQ _ _ _\n_ _ Q _\n```",),
                (
                    "```\n_ _ Q _\nQ _ _ _\n_ _ _ Q\n_ Q _ _\n```",  # ignores the placed queen
                    "```\n_ Q _ _\n_ _ _ Q\nQ _ _ _\n_ _ _ Q\n```",
                ),
            ),
            Sample(
                halting,
                (r"\boxed{True}",),
                (r"\boxed{False}", r"\boxed{banana}", r"\boxed{Truth}"),
            ),
        ),
        pieces=("3", "5", "7", "*", "+", "_ Q _ _", "\n", "Fal", "se", "(", ")", "Q"),
        options=("False", "3+5+7"),
    )
