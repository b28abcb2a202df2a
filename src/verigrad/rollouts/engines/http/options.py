"""The switches of the `http` engine, as a recipe writes them."""

from __future__ import annotations

from pathlib import Path
from typing import Literal

from pydantic import Field

from verigrad.core.config import Strict


class HttpOptions(Strict):
    """Which server, how hard it may be asked, and what an answer costs.

    `dialect = "vllm"` adds what vLLM and our own server understand beside OpenAI's fields:
    `top_k`, `stop_token_ids`, exact token ids, log-probabilities of given texts. `logps` says which
    log-probabilities that server returns: of the tempered distribution, of the raw one (these are
    then good at temperature 1 only), or none. The key is read from the environment variable named
    by `api_key_env`; a recipe never holds one. Prices are for a million tokens, in any currency.
    """

    url: str
    model: str
    api: Literal["completions", "chat"] = "completions"
    dialect: Literal["openai", "vllm"] = "openai"
    tokenizer: str | None = None
    logps: Literal["none", "raw", "tempered"] = "none"
    is_addressed: bool = False  # the server's samples are decided by the seed alone
    max_context: int | None = Field(default=None, ge=2)
    api_key_env: str | None = None
    concurrency: int = Field(default=16, ge=1, le=512)
    samples_per_call: int = Field(default=1, ge=1)
    timeout_s: float = Field(default=600.0, gt=0.0)
    connect_timeout_s: float = Field(default=10.0, gt=0.0)
    max_tries: int = Field(default=8, ge=1)
    first_wait_s: float = Field(default=0.5, ge=0.0)
    longest_wait_s: float = Field(default=60.0, gt=0.0)
    requests_per_minute: float | None = Field(default=None, gt=0.0)
    tokens_per_minute: float | None = Field(default=None, gt=0.0)
    cache: Path | None = None
    input_price: float = Field(default=0.0, ge=0.0)
    output_price: float = Field(default=0.0, ge=0.0)
    on_failure: Literal["raise", "record"] = "raise"  # record: the completion's stop is "error"
