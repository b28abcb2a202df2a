"""The engine a command names, and how it reads prompts."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from verigrad.core.errors import UsageError
from verigrad.core.recipe import ModelSection
from verigrad.core.types import Problem
from verigrad.rollouts.bind import bind_engine
from verigrad.rollouts.engines.base import Engine
from verigrad.rollouts.render import Renderer


@dataclass(frozen=True)
class Prompted:
    """An engine and its tokenizer. Without a renderer prompts are texts to go on from."""

    engine: Engine
    tokenizer: Any
    renderer: Renderer | None

    def encode(self, problem: Problem) -> tuple[int, ...]:
        """The token ids of a problem's prompt."""
        if self.renderer is not None:
            return self.renderer.prompt(problem.prompt)
        text = "\n\n".join(message.content for message in problem.prompt)
        return tuple(self.tokenizer.encode(text))


def open_engine(
    kind: str,
    switches: Mapping[str, Any],
    *,
    model: str | None,
    precision: str,
    max_rows: int,
    is_raw: bool,
) -> Prompted:
    """The engine of this name on a checkpoint, or on the server that its switches name."""
    bound = bind_engine(kind, switches, where="--engine and --set")
    if kind == "http":
        from verigrad.rollouts.engines.http.engine import HttpEngine

        served = HttpEngine.from_options(bound.options)
        renderer = None if is_raw else Renderer(served.tokenizer)
        return Prompted(served, served.tokenizer, renderer)
    if model is None:
        raise UsageError(
            f'the engine "{kind}" needs a model',
            remedy="give --model: a checkpoint folder or a hub id",
        )
    from verigrad.training.policy import make_policy
    from verigrad.training.precision import pick_precision

    policy = make_policy(ModelSection(path=model), seed=0)
    policy.model.to(pick_precision(precision, policy.device))
    renderer = None if is_raw else Renderer(policy.tokenizer)
    ends = renderer.end_token_ids if renderer else ()
    engine = bound.make(policy.model, policy.tokenizer, end_token_ids=ends, max_rows=max_rows)
    return Prompted(engine, policy.tokenizer, renderer)
