"""vLLM as a server on this machine: asked over HTTP, its weights replaced in place.

The server must run with `VLLM_SERVER_DEV_MODE=1` (its call for replacing weights is served only
then) and `--logprobs-mode processed_logprobs`, and see the same file system:

    VLLM_SERVER_DEV_MODE=1 vllm serve MODEL --logprobs-mode processed_logprobs
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from verigrad.core.errors import SetupError
from verigrad.core.types import Completion
from verigrad.rollouts.engines.base import Capabilities
from verigrad.rollouts.engines.http.engine import HttpEngine
from verigrad.rollouts.engines.http.options import HttpOptions
from verigrad.rollouts.engines.vllm.options import VllmOptions
from verigrad.rollouts.sampling import GivenText, Request

_MEMORY = Path("/dev/shm")  # noqa: S108 (a memory file system; the folder in it is private)
_LOAD_S = 600.0


class VllmServerEngine:
    """The `http` engine on a vLLM server, and `load`."""

    def __init__(
        self, options: VllmOptions, tokenizer: Any, *, end_token_ids: Sequence[int]
    ) -> None:
        if options.url is None or options.model is None:
            raise SetupError(
                "a vLLM server needs `url` and `model`",
                remedy='rollouts.engine = { kind = "vllm", url = "...", model = "..." }',
            )
        self._options = options
        self._ends = tuple(end_token_ids)
        self._http = HttpEngine(
            HttpOptions(
                url=options.url,
                model=options.model,
                dialect="vllm",
                logps="tempered",
                is_addressed=True,
                max_context=options.max_context,
                concurrency=options.concurrency,
            ),
            tokenizer,
        )

    @property
    def capabilities(self) -> Capabilities:
        """Those of the server, and weights."""
        return replace(
            self._http.capabilities, takes_weights=True, shares_prefix=True, keeps_prefix=True
        )

    def generate(self, requests: Sequence[Request]) -> list[list[Completion]]:
        """One list of completions for each request, in order."""
        from verigrad.rollouts.engines.vllm.engine import refuse_truncation

        for request in requests:
            refuse_truncation(request)
        return self._http.generate(requests)

    def score(self, texts: Sequence[GivenText]) -> list[tuple[float, ...]]:
        """Log-probabilities of given responses."""
        return self._http.score(texts)

    def load(self, weights: Mapping[str, Any]) -> None:
        """Hand the weights over in a folder that the server reads, and drop its kept prefixes."""
        from safetensors.torch import save_file

        parent = self._options.folder or (str(_MEMORY) if _MEMORY.is_dir() else None)
        folder = tempfile.mkdtemp(prefix="verigrad-weights-", dir=parent)
        try:
            distinct = {n: t.detach().cpu().contiguous().clone() for n, t in weights.items()}
            save_file(distinct, f"{folder}/model.safetensors", metadata={"format": "pt"})
            arguments = {"weights_path": folder}
            self._post("/collective_rpc", {"method": "reload_weights", "kwargs": arguments})
            self._post("/reset_prefix_cache", None)
        finally:
            shutil.rmtree(folder, ignore_errors=True)

    def close(self) -> None:
        """Give up connections."""
        self._http.close()

    def _post(self, path: str, payload: Any) -> None:
        import httpx2

        assert self._options.url is not None
        place = f"{self._options.url.rstrip('/').removesuffix('/v1')}{path}"
        try:
            response = httpx2.post(place, json=payload, timeout=_LOAD_S)
            response.raise_for_status()
        except httpx2.HTTPError as error:
            raise SetupError(
                "the vLLM server did not take the weights",
                where=f"{place}: {error}",
                cause="a server without VLLM_SERVER_DEV_MODE=1, or on another machine",
                remedy="start it with that variable set, on this machine",
            ) from error
