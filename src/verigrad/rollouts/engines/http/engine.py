"""The `http` engine: asks an OpenAI-compatible server, many requests at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import FIRST_EXCEPTION, ThreadPoolExecutor, wait
from typing import Any, NoReturn, TypeVar

from verigrad.core.errors import ConfigError, SetupError
from verigrad.core.types import Completion, StopReason
from verigrad.rollouts.engines.base import Capabilities
from verigrad.rollouts.engines.checks import check_requests, room
from verigrad.rollouts.engines.http import wire
from verigrad.rollouts.engines.http.caller import Answer, Caller
from verigrad.rollouts.engines.http.options import HttpOptions
from verigrad.rollouts.engines.http.transcript import TranscriptTokenizer
from verigrad.rollouts.engines.http.usage import Usage
from verigrad.rollouts.sampling import GivenText, Request, SamplingParameters

Result = TypeVar("Result")


class HttpEngine:
    """Completions by a server. `tokenizer` renders prompts for it.

    For chat, and for completions without a tokenizer, prompts are transcripts
    (`TranscriptTokenizer`): the server gets messages or plain text. Every sample is asked for
    until it is answered once; where that fails, `on_failure` says whether to raise or to record a
    completion whose stop is `error`.
    """

    options_type = HttpOptions

    def __init__(self, options: HttpOptions, tokenizer: Any = None, **caller_settings: Any) -> None:
        self.options = options
        self._is_plain = tokenizer is None or options.api == "chat"
        self.tokenizer: Any = TranscriptTokenizer() if self._is_plain else tokenizer
        self._caller = Caller(options, **caller_settings)
        if options.logps != "none" and options.dialect != "vllm":
            raise ConfigError(
                "log-probabilities need exact token ids, which OpenAI's dialect does not carry",
                where='logps beside dialect = "openai"',
                remedy='use dialect = "vllm" with vLLM or our own server, or logps = "none"',
            )

    @classmethod
    def from_options(cls, options: HttpOptions) -> HttpEngine:
        """With the tokenizer that the options name."""
        tokenizer = None
        if options.tokenizer is not None and options.api == "completions":
            from transformers import AutoTokenizer

            tokenizer = AutoTokenizer.from_pretrained(options.tokenizer)
        return cls(options, tokenizer)

    @classmethod
    def for_policy(
        cls,
        model: Any,
        tokenizer: Any,
        options: HttpOptions,
        *,
        end_token_ids: Sequence[int],
        max_rows: int,
    ) -> HttpEngine:
        """As a recipe names it: the server's model; the policy's tokenizer renders for it."""
        del model, end_token_ids, max_rows
        return cls(options, tokenizer)

    @property
    def capabilities(self) -> Capabilities:
        """As far as the options promise them; weights are the server's own affair."""
        has_ids = self.options.dialect == "vllm" and not self._is_plain
        return Capabilities(
            has_logps=has_ids and self.options.logps != "none",
            takes_weights=False,
            is_addressed=self.options.is_addressed,
            max_context=self.options.max_context,
            has_exact_ids=has_ids,
            scores=has_ids,
        )

    @property
    def usage(self) -> Usage:
        """What was asked so far, and what it cost."""
        return self._caller.meter.total

    def load(self, weights: Mapping[str, Any]) -> NoReturn:
        """A served model cannot be given weights: SetupError."""
        del weights
        raise SetupError(
            "the http engine cannot load weights: the model belongs to the server",
            where=self.options.url,
            remedy='train with the "torch" or "vllm" engine',
        )

    def close(self) -> None:
        """Give up connections and the cache."""
        self._caller.close()

    def generate(self, requests: Sequence[Request]) -> list[list[Completion]]:
        """One list of completions for each request, in order."""
        check_requests(requests, max_context=self.options.max_context, vocab_size=None)
        for request in requests:
            self._check_sampling(request.sampling)
        step = self.options.samples_per_call
        calls = [
            (index, first, min(step, request.num_samples - first))
            for index, request in enumerate(requests)
            for first in range(0, request.num_samples, step)
        ]
        answers = self._at_once(
            [
                lambda r=requests[index], first=first, count=count: self._samples(r, first, count)
                for index, first, count in calls
            ]
        )
        out: list[list[Completion]] = [[] for _ in requests]
        for (index, _, _), completions in zip(calls, answers, strict=True):
            out[index] += completions
        return out

    def score(self, texts: Sequence[GivenText]) -> list[tuple[float, ...]]:
        """Log-probabilities of given responses, where the server speaks vLLM's dialect."""
        if not self.capabilities.scores:
            raise ConfigError(
                "this server is not known to give log-probabilities of given texts",
                remedy='set dialect = "vllm" and a tokenizer for vLLM or our own server',
            )
        return self._at_once([lambda text=text: self._score(text) for text in texts])

    def _at_once(self, jobs: Sequence[Callable[[], Result]]) -> list[Result]:
        """Every job's result in order; after a failure nothing that waits is started."""
        with ThreadPoolExecutor(self.options.concurrency) as pool:
            futures = [pool.submit(job) for job in jobs]
            done, waiting = wait(futures, return_when=FIRST_EXCEPTION)
            if waiting:
                pool.shutdown(wait=True, cancel_futures=True)
                next(f for f in done if f.exception() is not None).result()
            return [future.result() for future in futures]

    def _samples(self, request: Request, first: int, count: int) -> list[Completion]:
        """`count` completions from sample `first` on; a server that gives fewer is asked again."""
        found: list[Completion] = []
        attempt = 0
        while len(found) < count:
            try:
                answer = self._ask(request, first, count - len(found), attempt)
            except SetupError:
                if self.options.on_failure == "raise":
                    raise
                missing = count - len(found)
                return [*found, *[Completion("", (), (), StopReason.ERROR)] * missing]
            found += [
                wire.completion_of(
                    choice,
                    request.sampling,
                    tokenizer=self.tokenizer,
                    has_logps=self.capabilities.has_logps,
                )
                for choice in answer["choices"][: count - len(found)]
            ]
            attempt += 1
        return found

    def _ask(self, request: Request, first: int, count: int, attempt: int) -> Answer:
        options = self.options
        most = room(request, options.max_context)
        fields = wire.settings(
            options,
            request.sampling,
            count=count,
            seed=wire.call_seed(request, first, attempt),
            room=most,
        )
        if options.api == "chat":
            path = wire.CHAT
            payload = wire.chat_payload(
                options, self.tokenizer.messages(request.prompt_ids), fields
            )
        else:
            path = wire.COMPLETIONS
            payload = wire.completions_payload(options, self._prompt(request), fields)
        num_tokens = len(request.prompt_ids) + count * most
        return self._caller.ask(path, payload, num_tokens=num_tokens, check=self._fault)

    def _prompt(self, request: Request) -> str | tuple[int, ...]:
        """Token ids, or the messages' texts one below the other where there is no tokenizer."""
        if not self._is_plain:
            return request.prompt_ids
        return "\n\n".join(m.content for m in self.tokenizer.messages(request.prompt_ids))

    def _fault(self, answer: Answer) -> str | None:
        fault = wire.fault_of_choices(answer)
        if fault is None and self.capabilities.has_logps:
            fault = wire.fault_of_logps(answer)
        return fault

    def _score(self, text: GivenText) -> tuple[float, ...]:
        def fault(answer: Answer) -> str | None:
            if (wrong := wire.fault_of_choices(answer)) is not None:
                return wrong
            is_there = wire.prompt_logps(answer, text) is not None
            return None if is_there else "the log-probabilities asked for are missing"

        self._check_temperature(text.temperature)
        length = len(text.prompt_ids) + len(text.response_ids)
        payload = wire.score_payload(self.options, text)
        answer = self._caller.ask(wire.COMPLETIONS, payload, num_tokens=length + 1, check=fault)
        return wire.prompt_logps(answer, text) or ()

    def _check_sampling(self, sampling: SamplingParameters) -> None:
        if self.options.logps == "raw" and not sampling.is_greedy:
            self._check_temperature(sampling.temperature)
        if self.options.dialect == "openai" and (sampling.top_k or sampling.stop_token_ids):
            raise ConfigError(
                "OpenAI's dialect knows neither top_k nor stop_token_ids",
                where=f"{sampling}",
                remedy='leave them out, or set dialect = "vllm" for servers that know them',
            )

    def _check_temperature(self, temperature: float) -> None:
        if self.options.logps != "tempered" and temperature != 1.0:
            raise ConfigError(
                "this server's log-probabilities are those of temperature 1",
                where=f'temperature = {temperature}, logps = "{self.options.logps}"',
                remedy="sample at temperature 1, or use a server that gives tempered ones "
                '(vLLM with --logprobs-mode processed_logprobs) and set logps = "tempered"',
            )
