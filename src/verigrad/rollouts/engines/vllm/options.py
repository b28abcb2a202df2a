"""The switches of the `vllm` engine, as a recipe writes them."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from verigrad.core.config import Strict


class VllmOptions(Strict):
    """How vLLM runs.

    With `url` a server on this machine is asked, else vLLM runs in this process. `dtype` is what
    it computes in ("auto": the checkpoint's). `cache_gib` is the memory for keys and values on a
    processor, `memory_share` that of a GPU which vLLM may take. `folder` is where weights are
    handed over to a server; a memory file system by default.
    """

    url: str | None = None
    model: str | None = None  # the name a server knows it by
    dtype: Literal["auto", "float32", "bfloat16", "float16"] = "auto"
    max_context: int | None = Field(default=None, ge=2)
    cache_gib: int = Field(default=1, ge=1)
    memory_share: float = Field(default=0.4, gt=0.0, le=1.0)
    tensor_parallel: int = Field(default=1, ge=1)
    enforce_eager: bool = False  # no CUDA graphs, no compilation: starts faster, samples slower
    concurrency: int = Field(default=64, ge=1)
    folder: str | None = None
