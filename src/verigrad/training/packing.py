"""Samples -> one packed batch: no padding in any linear layer, every shared prompt stored once.

The tokens of all segments lie one after another. A *root* segment attends to itself alone: the
prompt of a group, or a whole sequence that shares its prompt with nobody. A *leaf* is the response
of one sample; it attends to its group's prompt and to itself. Attention works on buckets of
segments of similar length; only there, and only in its index arrays, is anything padded.

The last token of a response predicts nothing and is not computed.
"""

# T packed tokens  N predicted tokens (those with a loss)  S samples  R rows of a bucket
# L padded length of a bucket  P padded length of its prompts

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import torch
from torch import Tensor

_SAME_BUCKET = 0.7  # a row joins a bucket while it is at least this share of the bucket's length
_FEW_ROWS = 8  # a bucket this small takes shorter rows too: one call costs more than the padding


@dataclass(frozen=True, slots=True)
class Sample:
    """One sequence to train on: prompt, response and which response tokens carry loss.

    Samples of one `group` must have the same prompt ids.
    """

    prompt_ids: tuple[int, ...]
    response_ids: tuple[int, ...]
    loss_mask: tuple[bool, ...]
    group: int

    @property
    def num_tokens(self) -> int:
        """Prompt and response tokens."""
        return len(self.prompt_ids) + len(self.response_ids)

    @property
    def num_predicted(self) -> int:
        """Response tokens that carry loss."""
        return sum(self.loss_mask)


@dataclass(frozen=True, slots=True)
class Bucket:
    """Segments attended together.

    `start:stop` is their range in the packed tokens; `pad_RL` are packed positions (0 where
    padded); `unpad` the places of the real tokens in the flattened (R, L) grid, in packed order.
    For leaves, `prompt_RP` are packed positions of each row's prompt, and `mask` (R or 1, 1, L,
    P + L) says who may attend to whom; roots have neither and are plainly causal.
    """

    start: int
    stop: int
    pad_RL: Tensor
    unpad: Tensor
    prompt_MP: Tensor | None = None
    parent_R: Tensor | None = None
    mask: Tensor | None = None


@dataclass(frozen=True, slots=True)
class PackedBatch:
    """What the forward pass needs, and which hidden state predicts which token."""

    tokens_T: Tensor
    positions_T: Tensor
    buckets: tuple[Bucket, ...]
    source_N: Tensor  # the packed position whose hidden state predicts ...
    target_N: Tensor  # ... this token ...
    sample_N: Tensor  # ... of this sample
    num_samples: int

    def to(self, device: torch.device) -> PackedBatch:
        """The same batch on `device`; itself where it is there already."""
        if self.tokens_T.device == device:
            return self
        buckets = tuple(_moved(bucket, device) for bucket in self.buckets)
        return replace(_moved(self, device), buckets=buckets)


def _moved(part: Any, device: torch.device) -> Any:
    """A dataclass with its tensors on `device`."""
    tensors = {
        field.name: value.to(device)
        for field in fields(part)
        if isinstance(value := getattr(part, field.name), Tensor)
    }
    return replace(part, **tensors)


@dataclass(frozen=True, slots=True)
class _Segment:
    tokens: tuple[int, ...]
    first_position: int
    parent: int  # index of the prompt's segment, -1 for roots
    sample: int  # -1 for shared prompts


def pack(samples: Sequence[Sample], *, share_prompts: bool = True) -> PackedBatch:
    """Pack samples, in order. ValueError where a sample has no prompt or no response token."""
    for sample in samples:
        if not sample.prompt_ids or not sample.response_ids:
            raise ValueError("a sample needs at least one prompt token and one response token")
        if len(sample.loss_mask) != len(sample.response_ids):
            raise ValueError("the loss mask must have one entry per response token")
    segments = _segments(samples, share_prompts=share_prompts)
    order, ranges = _bucket_order(segments)
    starts = _starts(segments, order)
    buckets = tuple(
        _bucket(segments, starts, [i for i in order[first:last] if segments[i].tokens])
        for first, last in ranges
    )
    return PackedBatch(
        tokens_T=torch.tensor([t for i in order for t in segments[i].tokens]),
        positions_T=torch.tensor(
            [segments[i].first_position + n for i in order for n in range(len(segments[i].tokens))]
        ),
        buckets=tuple(bucket for bucket in buckets if bucket.stop > bucket.start),
        **_targets(samples, segments, starts),
        num_samples=len(samples),
    )


def _segments(samples: Sequence[Sample], *, share_prompts: bool) -> list[_Segment]:
    members: dict[int, list[int]] = {}
    for index, sample in enumerate(samples):
        members.setdefault(sample.group if share_prompts else -1 - index, []).append(index)
    segments: list[_Segment] = []
    for indices in members.values():
        prompt = samples[indices[0]].prompt_ids
        if any(samples[index].prompt_ids != prompt for index in indices):
            raise ValueError("samples of one group must share their prompt")
        if len(indices) == 1:
            whole = prompt + samples[indices[0]].response_ids[:-1]
            segments.append(_Segment(whole, 0, -1, indices[0]))
            continue
        parent = len(segments)
        segments.append(_Segment(prompt, 0, -1, -1))
        segments.extend(
            _Segment(samples[index].response_ids[:-1], len(prompt), parent, index)
            for index in indices
        )
    return segments


def _bucket_order(segments: Sequence[_Segment]) -> tuple[list[int], list[tuple[int, int]]]:
    """Segment indices in packed order (roots, then leaves; longest first) and bucket ranges."""

    def key(index: int) -> tuple[bool, int, int]:
        segment = segments[index]
        return segment.parent >= 0, -len(segment.tokens), index

    order = sorted(range(len(segments)), key=key)
    ranges: list[tuple[int, int]] = []
    first = 0
    for place in range(1, len(order) + 1):
        if place < len(order):
            longest, here = segments[order[first]], segments[order[place]]
            same_kind = (longest.parent >= 0) == (here.parent >= 0)
            near = len(here.tokens) >= _SAME_BUCKET * len(longest.tokens)
            if same_kind and (near or place - first < _FEW_ROWS):
                continue
        ranges.append((first, place))
        first = place
    return order, ranges


def _starts(segments: Sequence[_Segment], order: Sequence[int]) -> list[int]:
    starts = [0] * len(segments)
    position = 0
    for index in order:
        starts[index] = position
        position += len(segments[index].tokens)
    return starts


def _bucket(segments: Sequence[_Segment], starts: Sequence[int], rows: Sequence[int]) -> Bucket:
    if not rows:
        return Bucket(0, 0, torch.empty(0, 0), torch.empty(0))
    lengths_R = torch.tensor([len(segments[i].tokens) for i in rows])
    starts_R = torch.tensor([starts[i] for i in rows])
    pad_RL, real_RL = _grid(starts_R, lengths_R)
    prompt_MP = parent_R = mask = None
    if segments[rows[0]].parent >= 0:
        parents = sorted({segments[i].parent for i in rows})
        place = {parent: m for m, parent in enumerate(parents)}
        parent_R = torch.tensor([place[segments[i].parent] for i in rows])
        prompt_lengths = torch.tensor([len(segments[p].tokens) for p in parents])
        prompt_MP, real_MP = _grid(torch.tensor([starts[p] for p in parents]), prompt_lengths)
        mask = _leaf_mask(real_MP, parent_R, pad_RL.shape[1])
    return Bucket(
        start=int(starts_R[0]),
        stop=int(starts_R[-1] + lengths_R[-1]),
        pad_RL=pad_RL,
        unpad=real_RL.flatten().nonzero().squeeze(1),
        prompt_MP=prompt_MP,
        parent_R=parent_R,
        mask=mask,
    )


def _grid(starts_R: Tensor, lengths_R: Tensor) -> tuple[Tensor, Tensor]:
    """Packed positions of each row's tokens, 0 where padded; and which entries are real."""
    steps_L = torch.arange(int(lengths_R.max()))
    real_RL = steps_L < lengths_R[:, None]
    return torch.where(real_RL, starts_R[:, None] + steps_L, 0), real_RL


def _leaf_mask(real_MP: Tensor, parent_R: Tensor, length: int) -> Tensor:
    """(R or 1, 1, L, P + L): the whole prompt, then causally oneself."""
    causal_LL = torch.ones(length, length, dtype=torch.bool).tril()
    if bool(real_MP.all()):
        prompt = torch.ones(1, length, real_MP.shape[1], dtype=torch.bool)
    else:
        prompt = real_MP[parent_R][:, None, :].expand(-1, length, -1)
    own = causal_LL[None].expand(prompt.shape[0], -1, -1)
    return torch.cat([prompt, own], dim=2)[:, None]


def _targets(
    samples: Sequence[Sample], segments: Sequence[_Segment], starts: Sequence[int]
) -> dict[str, Tensor]:
    of_sample = {s.sample: i for i, s in enumerate(segments) if s.sample >= 0}
    source: list[int] = []
    target: list[int] = []
    owner: list[int] = []
    for index, sample in enumerate(samples):
        segment = segments[of_sample[index]]
        start = starts[of_sample[index]]
        if segment.parent >= 0:
            prompt_end = starts[segment.parent] + len(sample.prompt_ids) - 1
        else:
            prompt_end = start + len(sample.prompt_ids) - 1
            start = prompt_end + 1
        for n, (token, counts) in enumerate(
            zip(sample.response_ids, sample.loss_mask, strict=True)
        ):
            if counts:
                source.append(prompt_end if n == 0 else start + n - 1)
                target.append(token)
                owner.append(index)
    return {
        "source_N": torch.tensor(source, dtype=torch.int64),
        "target_N": torch.tensor(target, dtype=torch.int64),
        "sample_N": torch.tensor(owner, dtype=torch.int64),
    }
