"""An engine behind `/v1/completions` and `/v1/chat/completions`: OpenAI's protocol, token-exact.

Understands of vLLM's additions `top_k`, `stop_token_ids`, `return_token_ids` and
`prompt_logprobs`. Log-probabilities are the engine's: of the tempered distribution.
"""

from __future__ import annotations

import asyncio
import secrets
import time
import uuid
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.requests import Request as HttpRequest
from starlette.responses import JSONResponse
from starlette.routing import Route

from verigrad.core.errors import DataError, VerigradError
from verigrad.core.types import Completion
from verigrad.rollouts.engines.base import Engine
from verigrad.rollouts.engines.checks import check_requests
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import GivenText, Request
from verigrad.server.batcher import Batcher
from verigrad.server.protocol import Asked, AskedChat, AskedCompletions, finish, usage

_DEFAULT_ROOM = 1 << 12  # where neither the request nor the engine sets a limit
AskedType = TypeVar("AskedType", bound=Asked)
Handler = Callable[[HttpRequest], Coroutine[Any, Any, JSONResponse]]


def completions_app(
    engine: Engine, tokenizer: Any, *, model: str, renderer: Renderer | None = None
) -> Starlette:
    """The application. Chat needs a `renderer` (a tokenizer with a chat template)."""
    service = _Service(Batcher(engine), tokenizer, model, renderer)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        yield
        service.batcher.close()

    return Starlette(
        routes=[
            Route("/health", service.health),
            Route("/v1/models", service.models),
            Route("/v1/completions", _answering(service.completions), methods=["POST"]),
            Route("/v1/chat/completions", _answering(service.chat), methods=["POST"]),
        ],
        lifespan=lifespan,
    )


class _Service:
    """The handlers of one application."""

    def __init__(
        self, batcher: Batcher, tokenizer: Any, model: str, renderer: Renderer | None
    ) -> None:
        self.batcher, self.tokenizer, self.model = batcher, tokenizer, model
        self.renderer = renderer
        self.max_context = batcher.engine.capabilities.max_context

    async def health(self, request: HttpRequest) -> JSONResponse:
        """Alive."""
        del request
        return JSONResponse({"status": "ok"})

    async def models(self, request: HttpRequest) -> JSONResponse:
        """The one model served."""
        del request
        card = {"id": self.model, "object": "model", "owned_by": "verigrad"}
        return JSONResponse(
            {"object": "list", "data": [{**card, "max_model_len": self.max_context}]}
        )

    async def completions(self, request: HttpRequest) -> JSONResponse:
        """Prompts as text or token ids."""
        asked = await self._read(request, AskedCompletions)
        prompts = asked.prompts(self.tokenizer)
        done = await self._generate(asked, prompts)
        scores = await self._scores(asked, prompts)
        choices = [
            {
                **self._choice(asked, completion, index=index),
                "text": completion.text,
                "prompt_logprobs": scores[index // asked.n] if scores else None,
                "logprobs": {"token_logprobs": completion.logps}
                if asked.logprobs is not None
                else None,
            }
            for index, completion in enumerate(done)
        ]
        return self._answer("text_completion", choices, prompts, done)

    async def chat(self, request: HttpRequest) -> JSONResponse:
        """Messages, through the tokenizer's chat template."""
        asked = await self._read(request, AskedChat)
        if self.renderer is None:
            raise DataError("this model has no chat template", remedy="use /v1/completions")
        if asked.max_completion_tokens is not None:
            asked = asked.model_copy(update={"max_tokens": asked.max_completion_tokens})
        prompts = [self.renderer.prompt(asked.conversation())]
        done = await self._generate(asked, prompts)
        choices = [
            {
                **self._choice(asked, completion, index=index),
                "message": {"role": "assistant", "content": completion.text},
                "logprobs": {"content": self._token_logps(completion)} if asked.logprobs else None,
            }
            for index, completion in enumerate(done)
        ]
        return self._answer("chat.completion", choices, prompts, done)

    async def _read(self, request: HttpRequest, kind: type[AskedType]) -> AskedType:
        asked = kind.model_validate_json(await request.body())
        if asked.model != self.model:
            raise _UnknownModelError(f'no model "{asked.model}" here; there is "{self.model}"')
        return asked

    async def _generate(self, asked: Asked, prompts: list[tuple[int, ...]]) -> list[Completion]:
        seed = asked.seed if asked.seed is not None else secrets.randbits(31)
        longest = max(map(len, prompts), default=0)
        room = self.max_context - longest if self.max_context else _DEFAULT_ROOM
        sampling = asked.sampling(max(1, room))
        requests = [
            Request(ids, asked.n, sampling, seed + index) for index, ids in enumerate(prompts)
        ]
        check_requests(requests, max_context=self.max_context, vocab_size=None)
        groups = await asyncio.wrap_future(self.batcher.generate(requests))
        return [completion for group in groups for completion in group]

    async def _scores(self, asked: AskedCompletions, prompts: list[tuple[int, ...]]) -> list[Any]:
        """For each prompt one entry a token, the first of them None, as vLLM answers."""
        if asked.prompt_logprobs is None:
            return []
        texts = [GivenText(ids[:1], ids[1:], asked.temperature or 1.0) for ids in prompts]
        scores = await asyncio.wrap_future(self.batcher.score(texts))
        return [
            [None, *({str(t): {"logprob": p}} for t, p in zip(ids[1:], own, strict=True))]
            for ids, own in zip(prompts, scores, strict=True)
        ]

    def _choice(self, asked: Asked, completion: Completion, *, index: int) -> dict[str, Any]:
        ids = {"token_ids": completion.token_ids} if asked.return_token_ids else {}
        return {"index": index, **finish(completion, asked.sampling(1)), **ids}

    def _token_logps(self, completion: Completion) -> list[dict[str, Any]]:
        pairs = zip(completion.token_ids, completion.logps, strict=True)
        return [{"token": self.tokenizer.decode([t]), "logprob": p} for t, p in pairs]

    def _answer(
        self, kind: str, choices: list[Any], prompts: list[tuple[int, ...]], done: list[Completion]
    ) -> JSONResponse:
        return JSONResponse(
            {
                "id": f"cmpl-{uuid.uuid4().hex}",
                "object": kind,
                "created": int(time.time()),
                "model": self.model,
                "choices": choices,
                "usage": usage(sum(map(len, prompts)), done),
            }
        )


class _UnknownModelError(Exception):
    """Another model than the one served."""


def _answering(handler: Handler) -> Handler:
    """`handler`, with errors as OpenAI words them: 400 for the request's, 404, 500 for ours."""

    async def answer(request: HttpRequest) -> JSONResponse:
        try:
            return await handler(request)
        except _UnknownModelError as error:
            return _error(404, str(error))
        except ValidationError as error:
            first = error.errors()[0]
            place = ".".join(str(part) for part in first["loc"])
            return _error(400, f"{place}: {first['msg']}" if place else first["msg"])
        except VerigradError as error:
            is_theirs = error.exit_code in (3, 4)  # settings and data
            return _error(400 if is_theirs else 500, f"{error.what} {error.where}".strip())

    return answer


def _error(status: int, message: str) -> JSONResponse:
    kind = "server_error" if status >= 500 else "invalid_request_error"
    return JSONResponse({"error": {"message": message, "type": kind}}, status_code=status)
