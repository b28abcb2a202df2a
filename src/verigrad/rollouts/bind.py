"""The engine that a recipe names, with its own switches checked before anything is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel, ValidationError

from verigrad.core.errors import ConfigError
from verigrad.core.registry import nearest
from verigrad.rollouts import ENGINES
from verigrad.rollouts.engines.base import Engine


@dataclass(frozen=True, slots=True)
class BoundEngine:
    """An engine's class and its checked switches."""

    kind: str
    engine_type: Any
    options: Any

    def make(
        self, model: Any, tokenizer: Any, *, end_token_ids: Sequence[int] = (), max_rows: int
    ) -> Engine:
        """The engine, sampling from `model` where it samples from models at all."""
        return self.engine_type.for_policy(
            model, tokenizer, self.options, end_token_ids=end_token_ids, max_rows=max_rows
        )


def bind_engine(
    kind: str, switches: Mapping[str, Any], *, where: str = "rollouts.engine"
) -> BoundEngine:
    """ConfigError with the nearest names for an unknown engine or switch, all at once."""
    engine_type = ENGINES.load(kind)
    options_type: type[BaseModel] | None = getattr(engine_type, "options_type", None)
    if options_type is None:
        raise ConfigError(
            f'the engine "{kind}" is made in Python, not by a recipe',
            where=where,
            remedy=f"use one of: {', '.join(n for n in ENGINES.names if n != kind)}",
        )
    try:
        options = options_type.model_validate(dict(switches))
    except ValidationError as error:
        known = list(options_type.model_fields)
        lines = [
            f"{kind} knows no `{item['loc'][-1]}`: {nearest(str(item['loc'][-1]), known)}"
            f"known: {', '.join(known) or 'none'}"
            if item["type"] == "extra_forbidden"
            else f"`{'.'.join(map(str, item['loc']))}`: {item['msg']}"
            for item in error.errors()
        ]
        raise ConfigError("; ".join(lines), where=where, remedy="mend these switches") from None
    return BoundEngine(kind, engine_type, options)


def require_trainable(engine: Engine, kind: str) -> None:
    """ConfigError for an engine that a policy cannot be trained on."""
    can = engine.capabilities
    lacks = [
        text
        for text, has in (
            ("gives no log-probabilities", can.has_logps),
            ("takes no weights", can.takes_weights),
            ("does not say which tokens it sampled", can.has_exact_ids),
        )
        if not has
    ]
    if lacks:
        raise ConfigError(
            f'the engine "{kind}" {" and ".join(lacks)}: a policy cannot be trained on it',
            where="rollouts.engine",
            remedy='train with "torch", "transformers" or "vllm"; this one samples and evaluates',
        )
