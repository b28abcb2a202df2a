"""Learning from preferences and from a teacher: DPO and distillation, as steps of a learner."""

# N predicted tokens

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import torch

from verigrad.algorithms import BatchTotals, LossOutput
from verigrad.algorithms.distillation import chunked_distillation_loss
from verigrad.algorithms.preference import dpo_loss
from verigrad.training.learner import Forward, Learner, StepReport
from verigrad.training.packing import PackedBatch, Sample

_LOGITS_AT_ONCE = 1 << 21  # of student and teacher each


@dataclass(frozen=True, slots=True)
class Pair:
    """Two answers to one prompt, the first preferred."""

    chosen: Sample
    rejected: Sample


def in_one_row(pairs: Sequence[Pair]) -> list[Sample]:
    """Chosen, rejected, chosen, rejected ...; each pair is a group, whose prompt is stored once."""
    return [
        replace(sample, group=index)
        for index, pair in enumerate(pairs)
        for sample in (pair.chosen, pair.rejected)
    ]


def preference_step(
    learner: Learner, pairs: Sequence[Pair], *, learning_rate: float, beta: float = 0.1
) -> StepReport:
    """One step of direct preference optimisation (arXiv 2305.18290) against `learner.reference`.

    Statistics: loss, accuracy (pairs whose chosen answer gained more than the rejected one on the
    reference) and margin. ValueError without a reference. Where the policy is the reference, every
    margin is 0 and the loss log 2 = 0.6931.
    """
    reference = learner.reference
    if reference is None:
        raise ValueError("DPO needs a reference policy")
    num_pairs = learner.ranks.total(len(pairs))

    def loss(packed: PackedBatch, out: Forward, members: Sequence[int]) -> LossOutput:
        with torch.no_grad():
            held = learner.forward(packed, temperature=1.0, policy=reference).logps.logp_T
        rows = torch.arange(len(members), device=held.device)
        return dpo_loss(
            out.logps.logp_T,
            held,
            mask_T=torch.ones_like(packed.target_N, dtype=torch.bool),
            row_T=packed.sample_N,
            pair_B=rows // 2,
            chosen_B=rows % 2 == 0,
            num_pairs=num_pairs,
            beta=beta,
        )

    return learner.step(in_one_row(pairs), loss, learning_rate=learning_rate, unit=2)


def distillation_step(
    learner: Learner,
    samples: Sequence[Sample],
    *,
    learning_rate: float,
    kind: str = "forward",
    mix: float = 0.5,
    temperature: float = 1.0,
) -> StepReport:
    """One step towards `learner.teacher`'s distribution of every predicted token of `samples`.

    `kind` is "forward" (Hinton, arXiv 1503.02531), "reverse" (MiniLLM, arXiv 2306.08543) or
    "jensen_shannon" (GKD, arXiv 2306.13649); samples of the student's own make it on-policy. The
    full logits are never held. ValueError without a teacher. Where the policy is the teacher, the
    loss is 0.
    """
    teacher = learner.teacher
    if teacher is None:
        raise ValueError("distillation needs a teacher")
    num_tokens = learner.ranks.total(sum(sample.num_predicted for sample in samples))
    totals = BatchTotals(len(samples), 0, num_tokens, 0, ())

    def loss(packed: PackedBatch, out: Forward, _members: Sequence[int]) -> LossOutput:
        with torch.no_grad():
            taught_ND = learner.forward(packed, temperature=temperature, policy=teacher).hidden_ND
        weights = [p.model.get_output_embeddings().weight for p in (learner.policy, teacher)]
        wide = weights[0].dtype
        return chunked_distillation_loss(
            (out.hidden_ND.to(wide), weights[0]),
            (taught_ND.to(wide), weights[1].detach().to(wide)),
            totals=totals,
            chunk_size=max(16, _LOGITS_AT_ONCE // len(weights[0])),
            kind=kind,
            mix=mix,
            temperature=temperature,
        )

    return learner.step(samples, loss, learning_rate=learning_rate, temperature=temperature)
