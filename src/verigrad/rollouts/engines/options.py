"""The switches of the engines that compute here, as a recipe writes them."""

from __future__ import annotations

from pydantic import Field

from verigrad.core.config import Strict


class TorchOptions(Strict):
    """Of the `torch` engine: memory for keys and values, and a context below the checkpoint's."""

    cache_bytes: int = Field(default=2 << 30, ge=1)
    max_context: int | None = Field(default=None, ge=2)


class TransformersOptions(Strict):
    """Of the `transformers` engine."""

    max_context: int | None = Field(default=None, ge=2)
