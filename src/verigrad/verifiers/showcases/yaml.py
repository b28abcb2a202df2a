# ruff: noqa: E501 (samples)
"""Showcase of `yaml`."""

from verigrad.core.types import Problem
from verigrad.verifiers.showcases import Sample, Showcase
from verigrad.verifiers.showcases.json import PERSON, TREE
from verigrad.verifiers.structure.documents import Yaml

_ANN = "name: Ann\nage: 30\ntags: [x, y]"


def showcase() -> Showcase:
    """The same record and tree in YAML."""
    return Showcase(
        Yaml(),
        (
            Sample(
                Problem.of("Describe Ann, 30, in YAML.", PERSON),
                (_ANN, f"```yaml\n{_ANN}\nborn: 1990-02-28\n```", "name: Ann\nage: 30\ntags:\n  - x"),
                (
                    _ANN.replace("30", "thirty"),
                    _ANN.replace("[x, y]", "[x, x]"),
                    _ANN + "\nage: 31",
                    "base: &b {age: 30}\n" + _ANN.replace("age: 30", "<<: *b"),
                    _ANN.replace("Ann", "!!python/name:os.system Ann"),
                    f"{_ANN}\n---\n{_ANN}",
                    _ANN.replace("name", " name"),
                ),
            ),
            Sample(
                Problem.of("Write a tree of two nodes.", TREE),
                ("value: 1\nchildren:\n  - value: 2.5",),
                ("value: one", "value: 1\nchildren:\n  - {}", "value: .nan"),
            ),
        ),
        pieces=("name: ", "Ann", "\n", "  ", "- ", "age: 30", "tags:", "[x", "]", "{", "}", "&a ", "*a",
                "!!int ", "|\n", ">\n", "? ", "--- ", "...", "# ", "<<: ", "yes", "~", "0o17", "1_000"),
    )  # fmt: skip
