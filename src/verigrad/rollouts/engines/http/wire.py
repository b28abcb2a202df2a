"""Requests as an OpenAI-compatible server takes them, and its answers as completions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from verigrad.core.seeds import derive
from verigrad.core.types import Completion, Message, StopReason
from verigrad.rollouts.engines.http.options import HttpOptions
from verigrad.rollouts.sampling import GivenText, Request, SamplingParameters

COMPLETIONS, CHAT = "/v1/completions", "/v1/chat/completions"
_SEEDS = 2**31 - 1  # the range that every server takes
Choice = Mapping[str, Any]


def settings(
    options: HttpOptions, sampling: SamplingParameters, *, count: int, seed: int, room: int
) -> dict[str, Any]:
    """The fields that both addresses share."""
    fields: dict[str, Any] = {
        "model": options.model,
        "max_tokens": room,
        "temperature": sampling.temperature,
        "top_p": sampling.top_p,
        "n": count,
        "seed": seed,
    }
    if sampling.stop:
        fields["stop"] = list(sampling.stop)
    if options.dialect == "vllm":
        fields |= {"return_token_ids": True, "skip_special_tokens": False}
        if sampling.top_k:
            fields["top_k"] = sampling.top_k
        if sampling.stop_token_ids:
            fields["stop_token_ids"] = list(sampling.stop_token_ids)
    return fields


def call_seed(request: Request, first: int, attempt: int) -> int:
    """The seed of a call for samples from `first` on."""
    address = derive("http", seed=request.seed, sample=first, attempt=attempt)
    return address % _SEEDS


def completions_payload(
    options: HttpOptions, prompt: str | Sequence[int], fields: dict[str, Any]
) -> dict[str, Any]:
    """For `/v1/completions`: a text, or token ids where there is a tokenizer."""
    given = prompt if isinstance(prompt, str) else list(prompt)
    payload = {**fields, "prompt": given}
    if options.logps != "none":
        payload["logprobs"] = 0 if options.dialect == "vllm" else 1
    return payload


def chat_payload(
    options: HttpOptions, messages: Sequence[Message], fields: dict[str, Any]
) -> dict[str, Any]:
    """For `/v1/chat/completions`."""
    payload = {**fields, "messages": [message.to_json() for message in messages]}
    if options.logps != "none":
        payload["logprobs"] = True
    return payload


def score_payload(options: HttpOptions, text: GivenText) -> dict[str, Any]:
    """Asks for the log-probabilities of a given text; the one token sampled is thrown away."""
    return {
        "model": options.model,
        "prompt": [*text.prompt_ids, *text.response_ids],
        "max_tokens": 1,
        "temperature": text.temperature,
        "prompt_logprobs": 0,
        "seed": 0,
    }


def fault_of_choices(answer: Mapping[str, Any]) -> str | None:
    """Why an answer holds nothing to use: a body that was cut, or another protocol."""
    choices = answer.get("choices")
    if not isinstance(choices, list) or not choices:
        return f"an answer without choices: {str(dict(answer))[:200]}"
    for choice in choices:
        if not isinstance(choice, Mapping) or not isinstance(_text(choice), str):
            return f"a choice without text: {str(choice)[:200]}"
    return None


def completion_of(
    choice: Choice, sampling: SamplingParameters, *, tokenizer: Any, has_logps: bool
) -> Completion:
    """One choice as a completion: exact ids where the server gives them, else the text's own."""
    text = _text(choice) or ""
    stop = _stop(choice, sampling)
    exact = choice.get("token_ids")
    if isinstance(exact, list):
        ids = tuple(int(token) for token in exact)
        logps = _logps(choice) if has_logps else ()
        return Completion(text, ids, tuple(min(0.0, logp) for logp in logps), stop)
    ids = tuple(tokenizer.encode(text, add_special_tokens=False))
    if stop is StopReason.END and tokenizer.eos_token_id is not None:
        ids = (*ids, tokenizer.eos_token_id)
    return Completion(text, ids, (), stop)


def fault_of_logps(answer: Mapping[str, Any]) -> str | None:
    """Why the log-probabilities promised are not there; None if every token has one."""
    for choice in answer.get("choices", ()):
        ids = choice.get("token_ids")
        if not isinstance(ids, list):
            return "the server sent no token ids beside its log-probabilities"
        if len(_logps(choice)) != len(ids):
            return f"{len(_logps(choice))} log-probabilities for {len(ids)} tokens"
    return None


def prompt_logps(answer: Mapping[str, Any], text: GivenText) -> tuple[float, ...] | None:
    """The response's log-probabilities out of those of the whole given text."""
    rows = answer["choices"][0].get("prompt_logprobs")
    ids = [*text.prompt_ids, *text.response_ids]
    if not isinstance(rows, list) or len(rows) != len(ids):
        return None
    start = len(text.prompt_ids)
    try:
        return tuple(
            float(row[str(token)]["logprob"])
            for token, row in zip(ids[start:], rows[start:], strict=True)
        )
    except (KeyError, TypeError, ValueError):
        return None


def _text(choice: Choice) -> str | None:
    message = choice.get("message")
    if isinstance(message, Mapping):
        content = message.get("content")
        return "" if content is None else content
    return choice.get("text")


def _stop(choice: Choice, sampling: SamplingParameters) -> StopReason:
    finish, reason = choice.get("finish_reason"), choice.get("stop_reason")
    if finish == "length":
        return StopReason.LENGTH
    if finish in ("content_filter", "error", "abort"):
        return StopReason.ERROR
    is_stop = isinstance(reason, str) or reason in sampling.stop_token_ids
    return StopReason.STOP if is_stop else StopReason.END


def _logps(choice: Choice) -> list[float]:
    given = choice.get("logprobs")
    if not isinstance(given, Mapping):
        return []
    if isinstance(content := given.get("content"), list):
        given = {"token_logprobs": [row.get("logprob") for row in content]}
    values = given.get("token_logprobs")
    is_whole = isinstance(values, list) and all(isinstance(v, int | float) for v in values)
    return [float(value) for value in values or ()] if is_whole else []
