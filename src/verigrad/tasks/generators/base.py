"""The generator contract: draw a problem; this base class splits, removes repeats and streams.

The canonical content of a problem (its `key`) decides its split, so train and held-out are
disjoint whatever the seeds, the counts and the difficulties; and no key comes twice in a slice.
"""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count, islice
from typing import Any, ClassVar, Self

from pydantic import BaseModel, ConfigDict

from verigrad.core import seeds
from verigrad.core.errors import DataError
from verigrad.core.types import Message, Problem
from verigrad.tasks.splits import Split, content_hash, split_of

_PATIENCE = 10_000  # draws in a row without a new problem before a family counts as used up


class Options(BaseModel):
    """What a family can be told. Frozen; unknown names are errors."""

    model_config = ConfigDict(frozen=True, extra="forbid")


@dataclass(frozen=True, slots=True)
class Draft:
    """One drawn problem. `key` is equal for two drafts exactly if they ask the same thing."""

    key: Any  # a JSON value
    question: str
    answer: str
    solution: str  # short steps, the answer in \boxed{} at the end
    info: Mapping[str, Any] = field(default_factory=dict)


class Generator(ABC):
    r"""A seeded family of problems.

    A family sets `name`, `version` (raised when the same seed gives other problems), `verifier`
    (the kind that judges it), `dial` (the option that sets the difficulty) and writes `draw`.

    >>> from verigrad.tasks import GENERATORS
    >>> [p.question for p in GENERATORS.load("addition")(digits=1).problems("train", 2, seed=0)]
    ['7+3=', '3+2=']
    """

    name: ClassVar[str]
    version: ClassVar[str]
    verifier: ClassVar[str]
    dial: ClassVar[str]
    options_type: ClassVar[type[Options]]

    def __init__(self, options: Options | None = None, **switches: Any) -> None:
        if options is not None and switches:
            raise TypeError("give options or switches, not both")
        self.options: Any = options if options is not None else self.options_type(**switches)

    @classmethod
    def at(cls, difficulty: int) -> Self:
        """The family with its dial at `difficulty` and everything else at its default."""
        return cls(cls.options_type.model_validate({cls.dial: difficulty}))

    @abstractmethod
    def draw(self, source: random.Random) -> Draft:
        """One problem of either split, from the randomness of `source` alone."""

    def stream(self, split: Split | str, *, seed: int) -> Iterator[Problem]:
        """Problems without end: none comes twice until the family is used up, then a new pass."""
        for pass_number in count():
            found = 0
            for problem in self._one_pass(Split(split), seed=seed, pass_number=pass_number):
                found += 1
                yield problem
            if not found:
                raise self._used_up(Split(split), found=0, wanted=1)

    def problems(self, split: Split | str, num_problems: int, *, seed: int) -> tuple[Problem, ...]:
        """The first `num_problems` of the stream, all different; DataError if there are fewer."""
        first_pass = self._one_pass(Split(split), seed=seed, pass_number=0)
        found = tuple(islice(first_pass, num_problems))
        if len(found) < num_problems:
            raise self._used_up(Split(split), found=len(found), wanted=num_problems)
        return found

    def _one_pass(self, split: Split, *, seed: int, pass_number: int) -> Iterator[Problem]:
        address = {"family": self.name, "version": self.version, "split": str(split)}
        source = seeds.stream("generator", seed=seed, pass_number=pass_number, **address)
        seen: set[int] = set()
        fruitless = 0
        while fruitless < _PATIENCE:
            draft = self.draw(source)
            content = content_hash(self.name, draft.key)
            fruitless += 1
            if content in seen or split_of(content) is not split:
                continue
            seen.add(content)
            fruitless = 0
            yield self._problem(draft)

    def _problem(self, draft: Draft) -> Problem:
        return Problem(
            prompt=(Message("user", draft.question),),
            answer=draft.answer,
            info=draft.info,
            solution=draft.solution,
            task=self.name,
        )

    def _used_up(self, split: Split, *, found: int, wanted: int) -> DataError:
        return DataError(
            f"{self.name} has {found} different {split} problems here, {wanted} were asked for",
            where=f"{type(self).__name__}({self.options!r})",
            cause=f"{_PATIENCE:,} draws in a row brought nothing new: the family is used up",
            remedy=f"ask for fewer, or raise `{self.dial}`",
        )


def boxed(answer: str) -> str:
    r"""The last step of every worked solution.

    >>> print(boxed("18"))
    \boxed{18}
    """
    return f"\\boxed{{{answer}}}"
