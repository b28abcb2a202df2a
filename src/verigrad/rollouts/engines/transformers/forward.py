"""A causal model's forward pass with its cache, under the names its own signature uses."""

from __future__ import annotations

import inspect
from typing import Any

from torch import Tensor

from verigrad.core.errors import SetupError

_CACHES = ("past_key_values", "cache_params")  # attention's name and recurrent models' name


class CachedForward:
    """Feeds tokens and keeps what was seen: `start`, then `step`, with `select` between."""

    def __init__(self, model: Any) -> None:
        self._model = model
        known = inspect.signature(model.forward).parameters
        self._cache_name = next((name for name in _CACHES if name in known), None)
        self._only_last = {"logits_to_keep": 1} if "logits_to_keep" in known else {}
        self._cache: Any = None
        if self._cache_name is None:
            raise SetupError(
                f'"{model.config.model_type}" keeps nothing from one token to the next',
                where=f"{type(model).__name__}.forward",
                cause="a model without a cache argument",
                remedy="use a causal language model of transformers",
            )

    @property
    def device(self) -> Any:
        """Where the model lies."""
        return self._model.device

    def start(self, ids_BT: Tensor) -> Tensor:
        """Logits (B x V, float32) after texts of equal length."""
        self._cache = None
        return self._run(ids_BT)

    def step(self, tokens_B: Tensor) -> Tensor:
        """Logits after one more token for each row."""
        return self._run(tokens_B[:, None])

    def select(self, rows: Tensor) -> None:
        """Go on with these rows of the cache, in this order; a row may be taken several times."""
        self._cache.reorder_cache(rows)

    def end(self) -> None:
        """Let go of the cache."""
        self._cache = None

    def _run(self, ids_BT: Tensor) -> Tensor:
        assert self._cache_name is not None
        given = {self._cache_name: self._cache} if self._cache is not None else {}
        out = self._model(input_ids=ids_BT, use_cache=True, **given, **self._only_last)
        self._cache = getattr(out, self._cache_name)
        return out.logits[:, -1].float()
