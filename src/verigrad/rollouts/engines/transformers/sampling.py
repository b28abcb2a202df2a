"""One batch of samples with prompts of equal length, from first token to last."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence

import torch

from verigrad.core.errors import HaltedError
from verigrad.core.types import Completion, StopReason
from verigrad.rollouts.engines.torch.draw import draw, plan_draws
from verigrad.rollouts.engines.torch.randomness import uniforms
from verigrad.rollouts.engines.torch.rows import Sample
from verigrad.rollouts.engines.torch.stops import StopTable
from verigrad.rollouts.engines.transformers.forward import CachedForward

_DROP_SHARE = 4  # rows that ended are dropped once they are a quarter of those computed


def sample_batch(
    forward: CachedForward,
    samples: Sequence[Sample],
    prompts: Mapping[int, tuple[int, ...]],
    stops: StopTable,
) -> Iterator[tuple[Sample, Completion]]:
    """Each sample with its completion, as they end. `prompts` is by request, all equally long."""
    device = forward.device
    order = list(prompts)
    logits = forward.start(torch.tensor([prompts[request] for request in order], device=device))
    rows = torch.tensor([order.index(sample.request) for sample in samples], device=device)
    forward.select(rows)
    logits = logits[rows]
    live: list[Sample | None] = list(samples)
    drawn: list[list[int]] = [[] for _ in samples]
    logps: list[list[float]] = [[] for _ in samples]
    keys = torch.tensor([sample.key for sample in samples], device=device)
    plan = plan_draws([sample.sampling for sample in samples], device=device)
    numbers_T = torch.arange(max(sample.limit for sample in samples), device=device)
    for position in numbers_T.split(1):
        tokens, own = draw(logits, uniforms(keys, position)[:, 0], plan)
        for row, (token, logp) in enumerate(zip(tokens.tolist(), own.tolist(), strict=True)):
            sample = live[row]
            if sample is None:
                continue
            drawn[row].append(token)
            logps[row].append(logp)
            completion = _finished(sample, drawn[row], logps[row], stops)
            if completion is not None:
                yield sample, completion
                live[row] = None
        kept = [row for row, sample in enumerate(live) if sample is not None]
        if not kept:
            break
        if len(live) - len(kept) >= len(live) / _DROP_SHARE:
            index = torch.tensor(kept, device=device)
            forward.select(index)
            tokens, keys = tokens[index], keys[index]
            live, drawn = [live[row] for row in kept], [drawn[row] for row in kept]
            logps = [logps[row] for row in kept]
            plan = plan_draws([s.sampling for s in live if s is not None], device=device)
        logits = forward.step(tokens)
    forward.end()


def _finished(
    sample: Sample, ids: list[int], logps: list[float], stops: StopTable
) -> Completion | None:
    """The completion of a row whose newest token ends it; None where it goes on."""
    if not math.isfinite(logps[-1]):
        raise HaltedError(
            "the model's logits are not finite: nothing can be sampled from it",
            where=f"request {sample.request}, sample {sample.index}",
            cause="weights with NaN or infinity, from a diverged update",
            remedy="go back to the last good checkpoint and lower the learning rate",
        )
    reason = stops.reason(ids, sample.sampling)
    if reason is None and len(ids) < sample.limit:
        return None
    stop = reason or StopReason.LENGTH
    return Completion(stops.text(ids, stop, sample.sampling), tuple(ids), tuple(logps), stop)
