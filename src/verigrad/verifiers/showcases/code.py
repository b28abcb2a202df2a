"""Showcase of `code`."""

from verigrad.core.types import Problem
from verigrad.verifiers.code import Code
from verigrad.verifiers.showcases import Sample, Showcase

_CASES = [{"args": [1, 2], "expected": 3}, {"args": [-4, 4], "expected": 0, "hidden": True},
          {"args": [10**20, 1], "expected": 10**20 + 1, "hidden": True}]  # fmt: skip
_TABLE = "def add(a, b):\n    return {(1, 2): 3, (-4, 4): 0}.get((a, b), 0)"
_LIAR = (
    "class Yes(int):\n    def __eq__(self, other):\n        return True\n"
    "def add(a, b):\n    return Yes(0)"
)


def showcase() -> Showcase:
    """A function by calls, a program by its output."""
    square = {"cases": [{"stdin": "3\n", "stdout": "9\n"}, {"stdin": "-4\n", "stdout": "16\n"}]}
    return Showcase(
        Code(),
        (
            Sample(
                Problem.of("Write add(a, b).", {"entry_point": "add", "cases": _CASES}),
                ("```python\ndef add(a, b):\n    return a + b\n```", "def add(a, b): return b + a"),
                (f"```python\n{_TABLE}\n```", f"```python\n{_LIAR}\n```",
                 "def add(a, b): return float(a) + b", "def add(a, b): return a - b"),
            ),
            Sample(
                Problem.of("Read a number, print its square.", square),
                ("```python\nprint(int(input()) ** 2)\n```",),
                ("print(9)", "print(abs(int(input())) * 3)", "import os; os._exit(0)"),
            ),
        ),
        pieces=("def add(a, b):", " return ", "a", "+", "b", "print(", "input()", ")", "\n    ",
                "import os", "os._exit(0)", "exit()", "while True: pass"),
        max_fuzz=100_000,
    )  # fmt: skip
