r"""reasoning-gym as a generator: `{ generator = "reasoning_gym", dataset = "zebra_puzzles" }`.

All its datasets; `config` holds a dataset's own settings (not `seed` and `size`). Entries are drawn
in a worker with a fixed hash seed, because some datasets depend on it. The answer is the
dataset's oracle where it has one, else its example, else empty. `info` holds what scoring takes;
the verifier is `reasoning_gym`. Needs the extra `gym` (reasoning-gym, Stojanovski et al. 2025).
"""

from __future__ import annotations

import random
from typing import Any, ClassVar, Self

from pydantic import Field, model_validator

from verigrad.core.errors import ConfigError, SetupError
from verigrad.sandbox.workers import WorkerError, WorkerLimits, Workers, WorkerTimeoutError
from verigrad.tasks.generators.base import Draft, Generator, Options, boxed

_WORKERS = Workers(
    "verigrad.tasks.reasoning_gym_child", WorkerLimits(cpu_s=120, wall_s=600.0), most=2
)


class ReasoningGymOptions(Options):
    """The `dataset` and its `config`."""

    dataset: str = Field(min_length=1)
    config: dict[str, Any] = Field(default={})

    @model_validator(mode="after")
    def _no_seed(self) -> Self:
        if taken := sorted({"seed", "size"} & set(self.config)):
            raise ValueError(f"{taken[0]} is not the dataset's to set here")
        return self


class ReasoningGym(Generator):
    """One dataset of reasoning-gym."""

    name: ClassVar[str] = "reasoning_gym"
    version: ClassVar[str] = "1"
    verifier: ClassVar[str] = "reasoning_gym"
    dial: ClassVar[str] = "config"
    options_type: ClassVar[type[Options]] = ReasoningGymOptions

    def __init__(self, options: Options | None = None, **switches: Any) -> None:
        super().__init__(options, **switches)
        name = self.options.dataset
        if name not in (known := dataset_names()):
            raise ConfigError(
                f'reasoning-gym has no dataset "{name}"', remedy=f"known: {', '.join(known)}"
            )
        try:
            _ask({"do": "check", "dataset": name, "config": self.options.config})
        except WorkerError as error:
            raise ConfigError(f"reasoning-gym refuses the config of {name}: {error}") from None

    def draw(self, source: random.Random) -> Draft:
        """An entry at an index of 31 random bits."""
        request = {"do": "draw", "dataset": self.options.dataset, "config": self.options.config}
        entry = _ask({**request, "index": source.getrandbits(31)})
        names = ("dataset", "config", "metadata")
        return Draft(
            key=[self.options.dataset, entry["question"]],
            question=entry["question"],
            answer=entry["answer"],
            solution=boxed(entry["answer"]),
            info={name: entry[name] for name in names},
        )


def dataset_names() -> list[str]:
    """Every dataset of the installed reasoning-gym; SetupError where it is not installed."""
    try:
        return _ask({"do": "names"})
    except WorkerError as error:
        raise SetupError(
            f"reasoning-gym cannot be used: {error}",
            cause="it is not installed",
            remedy="pip install 'verigrad[gym]'",
        ) from None


def _ask(request: dict[str, Any]) -> Any:
    try:
        return _WORKERS.call(request)
    except WorkerTimeoutError as error:
        raise SetupError(
            f"reasoning-gym did not answer: {error}", cause="a configuration too hard to draw from"
        ) from None
