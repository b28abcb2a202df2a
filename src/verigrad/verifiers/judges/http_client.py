"""A model behind an OpenAI-compatible server (`/chat/completions`), over HTTP."""

from __future__ import annotations

import os
from typing import Any

from verigrad.core.errors import SetupError
from verigrad.verifiers.judges.client import ModelReply, ModelRequest, ModelServerError

_SAMPLING = {"seed", "temperature", "top_p", "max_completions_tokens", "reasoning_effort"}


class HttpModelClient:
    """Asks `url`. The key is read from an environment variable, never from a recipe."""

    def __init__(self, url: str, *, key_variable: str = "", timeout_s: float = 60.0) -> None:
        try:
            import httpx2
        except ImportError:
            raise SetupError(
                "a model judge needs the package httpx2",
                cause="the base install talks to no server",
                remedy="pip install 'verigrad[http]'",
            ) from None
        key = os.environ.get(key_variable, "") if key_variable else ""
        if key_variable and not key:
            raise SetupError(
                f"the variable {key_variable} is not set", remedy="export the judge's key in it"
            )
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        self._errors: Any = httpx2.HTTPError
        self._client = httpx2.Client(timeout=timeout_s, headers=headers)
        self._url = url.rstrip("/") + "/chat/completions"

    def ask(self, request: ModelRequest) -> ModelReply:
        """The first choice of the reply; ModelServerError for anything but a reply."""
        body: dict[str, Any] = {"model": request.model, "messages": list(request.messages)}
        body |= {k: v for k, v in request.sampling.items() if k in _SAMPLING and v is not None}
        if "max_completions_tokens" in body:  # the graders' spelling of the server's word
            body["max_completion_tokens"] = body.pop("max_completions_tokens")
        if request.schema is not None:
            shape = {"name": "verdict", "strict": True, "schema": request.schema}
            body["response_format"] = {"type": "json_schema", "json_schema": shape}
        try:
            response = self._client.post(self._url, json=body)
            response.raise_for_status()
            said = response.json()
            message = said["choices"][0]["message"]
            tokens = int((said.get("usage") or {}).get("total_tokens", 0))
        except (self._errors, ValueError, KeyError, IndexError, TypeError) as error:
            raise ModelServerError(f"{type(error).__name__}: {error}"[:300]) from None
        refusal = message.get("refusal")
        text = str(refusal if refusal else message.get("content") or "")
        return ModelReply(text, is_refusal=bool(refusal), num_tokens=tokens)
