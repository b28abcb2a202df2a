"""A generator as a source: so many problems of each split."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from verigrad.core.types import Problem
from verigrad.tasks.generators.base import Generator
from verigrad.tasks.prompts import PromptTemplate
from verigrad.tasks.source import at_least_one
from verigrad.tasks.splits import Split


@dataclass(frozen=True, slots=True)
class GeneratedSource:
    """`num_train` and `num_held_out` problems of a family, drawn anew at every call."""

    generator: Generator
    num_train: int
    num_held_out: int
    seed: int
    task: str = ""
    template: PromptTemplate = field(default_factory=PromptTemplate)

    def problems(self, split: Split | str) -> Sequence[Problem]:
        """The first problems of the family's stream; DataError where there are not as many."""
        split = Split(split)
        wanted = self.num_train if split is Split.TRAIN else self.num_held_out
        drawn = self.generator.problems(split, wanted, seed=self.seed)
        task = self.task or self.generator.name
        problems = tuple(self.template.dress(problem, task=task) for problem in drawn)
        return at_least_one(problems, split=split, where=self.describe())

    def describe(self) -> str:
        """Family, options and counts."""
        options = ", ".join(f"{k}={v}" for k, v in self.generator.options.model_dump().items())
        counts = f"{self.num_train} train and {self.num_held_out} held-out problems"
        return f"{self.generator.name}({options}), seed {self.seed}: {counts}"
