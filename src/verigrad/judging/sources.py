"""A task's problems, addressed by step: from a generator without end, or from rows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field

from verigrad.core.seeds import derive
from verigrad.core.types import Problem
from verigrad.tasks.generators.base import Generator
from verigrad.tasks.prompts import PromptTemplate


@dataclass(frozen=True)
class GeneratedProblems:
    """Fresh problems in every step; the generator keeps its splits apart."""

    generator: Generator
    task: str
    template: PromptTemplate = field(default_factory=PromptTemplate)

    def train(self, num_problems: int, *, step: int, seed: int) -> Sequence[Problem]:
        """`num_problems` different training problems, decided by seed and step."""
        address = derive("step", seed=seed, task=self.task, step=step)
        return self._dressed(self.generator.problems("train", num_problems, seed=address))

    def held_out(self, num_problems: int, *, seed: int) -> Sequence[Problem]:
        """The first `num_problems` held-out problems of the seed."""
        return self._dressed(self.generator.problems("held_out", num_problems, seed=seed))

    def _dressed(self, problems: Sequence[Problem]) -> Sequence[Problem]:
        return [self.template.dress(problem, task=self.task) for problem in problems]


@dataclass(frozen=True)
class FixedProblems:
    """A finite set: each pass over the training problems is shuffled anew."""

    train_problems: Sequence[Problem]
    held_out_problems: Sequence[Problem]

    def train(self, num_problems: int, *, step: int, seed: int) -> Sequence[Problem]:
        """Problems `(step - 1) * num_problems ...` of the passes laid end to end."""
        total = len(self.train_problems)
        first = (step - 1) * num_problems
        orders: dict[int, list[int]] = {}
        drawn = []
        for place in range(first, first + num_problems):
            epoch, index = divmod(place, total)
            if epoch not in orders:
                order = list(range(total))
                random.Random(derive("epoch", seed=seed, epoch=epoch)).shuffle(order)
                orders[epoch] = order
            drawn.append(self.train_problems[orders[epoch][index]])
        return drawn

    def held_out(self, num_problems: int, *, seed: int) -> Sequence[Problem]:
        """At most `num_problems`, the same ones for the same seed."""
        order = list(range(len(self.held_out_problems)))
        random.Random(derive("held_out", seed=seed)).shuffle(order)
        return [self.held_out_problems[index] for index in order[:num_problems]]
