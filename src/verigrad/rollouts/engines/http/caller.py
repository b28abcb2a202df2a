"""One question to the server, asked until it is answered once: retries, pace, cache, cost."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from verigrad.core.errors import DataError, SetupError, VerigradError
from verigrad.rollouts.engines.http.cache import AnswerCache
from verigrad.rollouts.engines.http.options import HttpOptions
from verigrad.rollouts.engines.http.pace import RateLimit, back_off_s, retry_after_s
from verigrad.rollouts.engines.http.usage import Meter

_RETRIED = frozenset({408, 409, 425, 429, 500, 502, 503, 504, 520, 522, 524, 529})
_SHOWN_CHARS = 300
Answer = dict[str, Any]


class Caller:
    """Posts to one server. `check` says what is wrong with an answer, or None.

    An answer that was cut, is no JSON or fails its check is asked for again, as is one refused
    for a passing reason; each question is answered once or raises.
    """

    def __init__(
        self, options: HttpOptions, *, sleep: Callable[[float], None] = time.sleep
    ) -> None:
        import httpx2

        self._httpx = httpx2
        self._options, self._sleep = options, sleep
        self.base = options.url.rstrip("/").removesuffix("/v1")
        self.meter = Meter(options.input_price, options.output_price)
        self._cache = AnswerCache(options.cache) if options.cache else None
        self._requests = RateLimit(options.requests_per_minute, sleep=sleep)
        self._tokens = RateLimit(options.tokens_per_minute, sleep=sleep)
        self._client = httpx2.Client(
            timeout=httpx2.Timeout(options.timeout_s, connect=options.connect_timeout_s),
            limits=httpx2.Limits(max_connections=options.concurrency),
            headers=_headers(options),
        )

    def close(self) -> None:
        """Give up connections and the cache."""
        self._client.close()
        if self._cache is not None:
            self._cache.close()

    def ask(
        self,
        path: str,
        payload: dict[str, Any],
        *,
        num_tokens: int,
        check: Callable[[Answer], str | None],
    ) -> Answer:
        """The answer to `payload`; `num_tokens` is what it may use, for the rate limit."""
        digest = AnswerCache.digest(f"{self.base}{path}", payload)
        if self._cache is not None and (kept := self._cache.get(digest)) is not None:
            self.meter.cached()
            return kept
        answer = self._until_answered(path, payload, digest, num_tokens=num_tokens, check=check)
        self.meter.answered(answer)
        if self._cache is not None:
            self._cache.put(digest, answer)
        return answer

    def _until_answered(
        self,
        path: str,
        payload: dict[str, Any],
        digest: str,
        *,
        num_tokens: int,
        check: Callable[[Answer], str | None],
    ) -> Answer:
        options = self._options
        content = json.dumps(payload, ensure_ascii=True, allow_nan=False)
        fault = ""
        for attempt in range(1, options.max_tries + 1):
            self._requests.take(1)
            self._tokens.take(num_tokens)
            answer, fault, wanted_s = self._once(path, content, digest, check=check)
            if answer is not None:
                return answer
            if attempt < options.max_tries:
                self.meter.retried()
                own_s = back_off_s(
                    attempt,
                    first_s=options.first_wait_s,
                    longest_s=options.longest_wait_s,
                    address=digest,
                )
                self._sleep(max(wanted_s, own_s))
        raise SetupError(
            f"the server did not answer in {options.max_tries} tries",
            where=f"{self.base}{path}: {fault}",
            cause="a server that is down, overloaded, or slower than timeout_s",
            remedy="look at the server; raise max_tries, timeout_s or lower concurrency",
        )

    def _once(
        self,
        path: str,
        content: str,
        digest: str,
        *,
        check: Callable[[Answer], str | None],
    ) -> tuple[Answer | None, str, float]:
        """One try: the answer, or what went wrong and how long the server wants us to wait."""
        headers = {"content-type": "application/json", "idempotency-key": digest}
        try:
            response = self._client.post(f"{self.base}{path}", content=content, headers=headers)
        except (self._httpx.InvalidURL, self._httpx.UnsupportedProtocol) as error:
            raise SetupError(
                f"not an address of a server: {self.base}{path}",
                where=str(error),
                remedy="give `url` as http://host:port or https://host",
            ) from error
        except self._httpx.HTTPError as error:
            return None, f"{type(error).__name__}: {error}", 0.0
        if response.status_code in _RETRIED:
            self._refuse_if_spent(response)
            fault = f"status {response.status_code}: {_message(response)}"
            return None, fault, retry_after_s(response.headers)
        if not response.is_success:
            raise _refused(response, place=f"{self.base}{path}", options=self._options)
        try:
            answer = response.json()
        except (ValueError, RecursionError) as error:
            return None, f"an answer that is no JSON: {error}", 0.0
        fault = check(answer) if isinstance(answer, dict) else "an answer that is no object"
        return (answer, "", 0.0) if fault is None else (None, fault, 0.0)

    @staticmethod
    def _refuse_if_spent(response: Any) -> None:
        """A quota that is used up answers 429 as a busy server does, and does not come back."""
        if response.status_code == 429 and "insufficient_quota" in response.text:
            raise SetupError(
                "the server says that the account's quota is used up",
                where=_message(response),
                remedy="raise the quota; answers so far are kept where `cache` is given",
            )


def _headers(options: HttpOptions) -> dict[str, str]:
    if options.api_key_env is None:
        return {}
    key = os.environ.get(options.api_key_env)
    if not key:
        raise SetupError(
            f"the environment variable {options.api_key_env} is not set",
            where="api_key_env",
            remedy=f"export {options.api_key_env}=... before the run",
        )
    return {"authorization": f"Bearer {key}"}


def _refused(response: Any, *, place: str, options: HttpOptions) -> VerigradError:
    """An answer that asking again will not change."""
    status, where = response.status_code, f"{place}: {_message(response)}"
    if status in (401, 403):
        return SetupError(
            f"the server refuses us (status {status})",
            where=where,
            cause="a missing or wrong key" if options.api_key_env else "the server wants a key",
            remedy="name the environment variable that holds the key in api_key_env",
        )
    if status in (404, 405):
        return SetupError(
            f"the server knows no such address or model (status {status})",
            where=where,
            cause=f'a wrong url, or "{options.model}" is not served there',
            remedy=f"ask {place.rsplit('/v1', 1)[0]}/v1/models for what is served",
        )
    return DataError(
        f"the server refuses the request (status {status})",
        where=where,
        cause="a prompt that is too long, or a setting this server does not know",
        remedy='shorten the prompt, or use dialect = "openai" with servers that know no more',
    )


def _message(response: Any) -> str:
    """The server's own words, shortened."""
    try:
        error = response.json()["error"]
        text = error["message"] if isinstance(error, Mapping) else error
    except (ValueError, KeyError, TypeError, RecursionError):
        text = response.text
    return str(text)[:_SHOWN_CHARS]
