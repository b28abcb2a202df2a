"""Distillation: the student's distribution against the teacher's, token by token.

T tokens, flat  V vocabulary  D hidden size (student and teacher may differ)

On the student's own samples this is on-policy distillation (GKD); its cheap form, which needs only
the teacher's log-probability of the sampled token, is the preset "on_policy_distillation".
"""

from __future__ import annotations

from types import MappingProxyType

import torch
from torch import Tensor
from torch.utils.checkpoint import checkpoint

from verigrad.algorithms.batch import BatchTotals
from verigrad.algorithms.policy_loss import LossOutput


def divergence(
    student_logp_TV: Tensor, teacher_logp_TV: Tensor, *, kind: str, mix: float = 0.5
) -> Tensor:
    """Divergence of every token, (T,), from log-probabilities over the vocabulary.

    - `forward`: KL(teacher || student), covers all the teacher's modes (Hinton, arXiv 1503.02531).
    - `reverse`: KL(student || teacher), seeks one of them (MiniLLM, arXiv 2306.08543).
    - `jensen_shannon`: mix KL(teacher || m) + (1 - mix) KL(student || m), m = mix teacher +
      (1 - mix) student (GKD, arXiv 2306.13649).

    Teacher (1/2, 1/2), student (1/4, 3/4): forward = log(4/3)/2 = 0.1438, reverse = 0.1308.

    >>> teacher, student = torch.tensor([[0.5, 0.5]]).log(), torch.tensor([[0.25, 0.75]]).log()
    >>> [round(divergence(student, teacher, kind=k).item(), 4) for k in ("forward", "reverse")]
    [0.1438, 0.1308]
    """
    teacher_logp_TV = teacher_logp_TV.detach()
    if kind == "forward":
        return _kl(teacher_logp_TV, student_logp_TV)
    if kind == "reverse":
        return _kl(student_logp_TV, teacher_logp_TV)
    if kind == "jensen_shannon":
        log_mix = torch.tensor([mix, 1 - mix], dtype=student_logp_TV.dtype).log()
        middle_TV = torch.logaddexp(
            teacher_logp_TV + log_mix[0].item(), student_logp_TV + log_mix[1].item()
        )
        return mix * _kl(teacher_logp_TV, middle_TV) + (1 - mix) * _kl(student_logp_TV, middle_TV)
    raise ValueError(f'unknown divergence "{kind}": forward, reverse, jensen_shannon')


def _kl(p_logp_TV: Tensor, q_logp_TV: Tensor) -> Tensor:
    return (p_logp_TV.exp() * (p_logp_TV - q_logp_TV)).sum(-1)


def distillation_loss(
    student_logits_TV: Tensor,
    teacher_logits_TV: Tensor,
    *,
    totals: BatchTotals,
    kind: str = "reverse",
    mix: float = 0.5,
    temperature: float = 1.0,
) -> LossOutput:
    """The divergence of the trained tokens given, a mean over those of the whole batch.

    Both distributions are taken at `temperature`; the loss is not multiplied by its square.

    >>> totals = BatchTotals(num_rows=1, num_groups=1, num_tokens=1, max_tokens=1,
    ...                      tokens_in_group=(1,))
    >>> same = torch.tensor([[1.0, 2.0, 3.0]])
    >>> distillation_loss(same, same, totals=totals).loss.item()
    0.0
    """
    divergence_T = divergence(
        (student_logits_TV / temperature).log_softmax(-1),
        (teacher_logits_TV / temperature).log_softmax(-1),
        kind=kind,
        mix=mix,
    )
    loss = divergence_T.sum() / max(1, totals.num_tokens)
    statistics = {"loss": loss.detach(), f"kl_{kind}": loss.detach()}
    return LossOutput(loss, MappingProxyType(statistics), MappingProxyType({}))


def chunked_distillation_loss(
    student: tuple[Tensor, Tensor],
    teacher: tuple[Tensor, Tensor],
    *,
    totals: BatchTotals,
    chunk_size: int = 128,
    kind: str = "reverse",
    mix: float = 0.5,
    temperature: float = 1.0,
) -> LossOutput:
    """`distillation_loss` from (hidden_TD, weight_VD) of each, without the full logits.

    Each chunk of tokens is computed again in the backward pass, so the peak is a few (chunk, V)
    buffers whatever T is.
    """

    def chunk_loss(student_CD: Tensor, teacher_CD: Tensor) -> Tensor:
        return distillation_loss(
            student_CD @ student[1].T,
            teacher_CD @ teacher[1].T,
            totals=totals,
            kind=kind,
            mix=mix,
            temperature=temperature,
        ).loss

    loss = student[0].new_zeros(())
    pieces = zip(student[0].split(chunk_size), teacher[0].detach().split(chunk_size), strict=True)
    for student_CD, teacher_CD in pieces:
        loss = loss + checkpoint(chunk_loss, student_CD, teacher_CD, use_reentrant=False)
    statistics = {"loss": loss.detach(), f"kl_{kind}": loss.detach()}
    return LossOutput(loss, MappingProxyType(statistics), MappingProxyType({}))
