"""Prompts into the cache: each once, in batches of similar length, piece by piece if long."""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from verigrad.rollouts.engines.torch.attention import ContinuedAttention, PromptAttention
from verigrad.rollouts.engines.torch.cache import KeyValueCache
from verigrad.rollouts.engines.torch.decoder import Decoder

MAX_TOKENS = 4096
"""Tokens that one pass takes, over all its rows: bounds memory, and longer ones gain nothing."""


def batches_by_length(lengths: Sequence[int]) -> list[list[int]]:
    """Indices in batches whose padding is at most a quarter, and whose size fits one pass.

    >>> batches_by_length([10, 100, 11, 12])
    [[0, 2, 3], [1]]
    """
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lambda i: lengths[i]):
        length = lengths[index]
        batch = batches[-1] if batches else []
        is_similar = bool(batch) and length <= 1.25 * lengths[batch[0]] + 2
        if is_similar and (len(batch) + 1) * length <= MAX_TOKENS:
            batch.append(index)
        else:
            batches.append([index])
    return batches


def prefill(
    decoder: Decoder,
    cache: KeyValueCache,
    prompts: Sequence[Sequence[int]],
    slots: Sequence[int],
    starts: Sequence[int] | None = None,
) -> Tensor:
    """Write each prompt's keys and values into its slot; logits after each (prompts x V).

    Of prompt i the slot holds the first `starts[i]` tokens already: they are not computed again.
    """
    starts = starts or [0] * len(prompts)
    rest = [prompt[start:] for prompt, start in zip(prompts, starts, strict=True)]
    out = torch.empty(len(prompts), decoder.architecture.vocab_size, device=decoder.device)
    for is_continued in (False, True):
        chosen = [i for i, start in enumerate(starts) if bool(start) is is_continued]
        for batch in batches_by_length([len(rest[i]) for i in chosen]):
            own = [chosen[i] for i in batch]
            hidden = _last_hidden(
                decoder,
                cache,
                [rest[i] for i in own],
                slots=[slots[i] for i in own],
                starts=[starts[i] for i in own],
            )
            out[own] = decoder.logits(hidden)
    return out


def _last_hidden(
    decoder: Decoder,
    cache: KeyValueCache,
    prompts: list[Sequence[int]],
    *,
    slots: list[int],
    starts: list[int],
) -> Tensor:
    device = decoder.device
    width = max(len(prompt) for prompt in prompts)
    starts_B = torch.tensor(starts, device=device)
    last_place = cache.length - 1
    ids = torch.tensor([[*p, *[0] * (width - len(p))] for p in prompts], device=device)
    ends = torch.tensor([len(prompt) - 1 for prompt in prompts], device=device)
    slots_B = torch.tensor(slots, device=device)
    last = torch.empty(
        len(prompts), decoder.architecture.hidden_size, dtype=decoder.dtype, device=device
    )
    piece = max(1, MAX_TOKENS // len(prompts))
    for start in range(0, width, piece):
        part = ids[:, start : start + piece]
        num_new = part.shape[1]
        attend = (
            ContinuedAttention(
                decoder.architecture, cache, slots_B, starts_B=starts_B + start, num_new=num_new
            )
            if any(starts)
            else PromptAttention(decoder.architecture, cache, slots_B, start=start, num_new=num_new)
        )
        here = torch.arange(start, start + num_new, device=device)
        positions = (starts_B[:, None] + here).clamp_(max=last_place).flatten()
        hidden = decoder.forward(part.reshape(-1), positions, attend).view(*part.shape, -1)
        (here,) = torch.nonzero((ends >= start) & (ends < start + num_new), as_tuple=True)
        last[here] = hidden[here, ends[here] - start]
    return last
