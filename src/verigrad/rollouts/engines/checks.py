"""What engines ask of requests before they compute anything, and of models before they start."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from verigrad.core.errors import DataError
from verigrad.rollouts.sampling import Request


def check_requests(
    requests: Sequence[Request], *, max_context: int | None, vocab_size: int | None
) -> None:
    """DataError for a prompt that leaves no room for an answer or has ids of another vocabulary."""
    for index, request in enumerate(requests):
        if max_context is not None and len(request.prompt_ids) >= max_context:
            raise DataError(
                f"a prompt of {len(request.prompt_ids)} tokens leaves no room for an answer "
                f"in a context of {max_context}",
                where=f"request {index}",
                remedy="shorten the prompt, or use a model with a longer context",
            )
        if vocab_size is not None and not (
            min(request.prompt_ids) >= 0 and max(request.prompt_ids) < vocab_size
        ):
            raise DataError(
                f"a prompt has a token id outside the model's vocabulary of {vocab_size}",
                where=f"request {index}",
                cause="the tokenizer of another model",
                remedy="use the tokenizer that the checkpoint was saved with",
            )


def room(request: Request, max_context: int | None) -> int:
    """How many tokens the response may have.

    >>> from verigrad.rollouts.sampling import SamplingParameters
    >>> room(Request((1, 2, 3), 1, SamplingParameters(max_output_tokens=50), 0), 10)
    7
    """
    most = request.sampling.max_output_tokens
    return most if max_context is None else min(most, max_context - len(request.prompt_ids))


def generation_ends(model: Any) -> tuple[int, ...]:
    """The end tokens of a transformers model's generation settings."""
    return as_tuple(getattr(getattr(model, "generation_config", None), "eos_token_id", None))


def config_ends(config: Any, tokenizer: Any) -> tuple[int, ...]:
    """The end tokens that a configuration and a tokenizer name."""
    ends = as_tuple(getattr(config, "eos_token_id", None))
    own = as_tuple(getattr(tokenizer, "eos_token_id", None))
    return tuple(dict.fromkeys((*ends, *own)))


def as_tuple(ids: int | Sequence[int] | None) -> tuple[int, ...]:
    """One id, several or none -> a tuple."""
    if ids is None:
        return ()
    return (ids,) if isinstance(ids, int) else tuple(ids)
