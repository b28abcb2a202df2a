"""Requests as vLLM takes them, and its outputs as completions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verigrad.core.types import Completion, StopReason
from verigrad.rollouts.engines.torch.randomness import stream_key
from verigrad.rollouts.engines.torch.stops import Vocabulary
from verigrad.rollouts.sampling import Request, SamplingParameters


def sampling_settings(request: Request, sample: int, *, ends: Sequence[int]) -> dict[str, Any]:
    """The arguments of vLLM's `SamplingParams` for one sample, the length limit left out.

    The end tokens are ours and given explicitly: what a checkpoint's files say about them does
    not matter.
    """
    sampling = request.sampling
    return {
        "n": 1,
        "seed": stream_key(request.seed, sample) & ((1 << 62) - 1),
        "temperature": sampling.temperature,
        "logprobs": 0,
        "stop": list(sampling.stop) or None,
        "stop_token_ids": [*ends, *sampling.stop_token_ids],
        "ignore_eos": True,
        "skip_special_tokens": False,
        "detokenize": bool(sampling.stop),
    }


def completion_of(
    output: Any, sampling: SamplingParameters, *, ends: Sequence[int], vocabulary: Vocabulary
) -> Completion:
    """One of vLLM's outputs. Its text is decoded here, by the rule of all engines."""
    ids = tuple(int(token) for token in output.token_ids)
    rows = zip(ids, output.logprobs, strict=True)
    logps = tuple(min(0.0, float(row[token].logprob)) for token, row in rows)
    stop = _stop(output, ends)
    is_closed = stop is StopReason.END or (
        stop is StopReason.STOP and not isinstance(output.stop_reason, str)
    )
    text = vocabulary.decode(ids[:-1] if is_closed else ids)
    if stop is StopReason.STOP and not is_closed:
        text = text[: min(at for s in sampling.stop if (at := text.find(s)) >= 0)]
    return Completion(text, ids, logps, stop)


def _stop(output: Any, ends: Sequence[int]) -> StopReason:
    if output.finish_reason == "length":
        return StopReason.LENGTH
    if output.finish_reason != "stop":
        return StopReason.ERROR
    return StopReason.END if output.token_ids[-1] in ends else StopReason.STOP
