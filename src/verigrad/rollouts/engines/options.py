"""The switches of the engines that compute here, as a recipe writes them."""

from __future__ import annotations

from pydantic import Field

from verigrad.core.config import Strict


class TorchOptions(Strict):
    """Of the `torch` engine: memory for keys and values, and a context below the checkpoint's.

    `cuda_graphs`: on an NVIDIA GPU a step is captured once and replayed.
    """

    cache_bytes: int = Field(default=2 << 30, ge=1)
    max_context: int | None = Field(default=None, ge=2)
    cuda_graphs: bool = True


class TransformersOptions(Strict):
    """Of the `transformers` engine."""

    max_context: int | None = Field(default=None, ge=2)
