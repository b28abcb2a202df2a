"""The learner: policy and optimizer; turns samples into a step.

A step packs samples into micro-batches by token budget, adds up their gradients under totals of
the whole batch (so the split changes nothing), clips, checks, and applies AdamW.
"""

# N predicted tokens  B samples

from __future__ import annotations

import copy
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from verigrad.algorithms import BatchTotals, LossOutput, Objective, TokenBatch, merge_statistics
from verigrad.algorithms.logprobs import TokenLogps, token_logps
from verigrad.algorithms.policy_loss import policy_loss
from verigrad.core.errors import HaltedError
from verigrad.training.forward import can_pack, hidden_states
from verigrad.training.packing import PackedBatch, Sample, pack
from verigrad.training.policy import Policy

_LOGITS_AT_ONCE = 1 << 22  # entries of a chunk of logits: 16 MB in float32
# of the whole batch as they stand; the other statistics are means, shown over computed tokens
_SUMS = frozenset(
    {"loss", "policy_loss", "kl_loss", "entropy_loss", "ratio_max", "ratio_factor_max"}
)
MicroBatchLoss = Callable[[PackedBatch, TokenLogps, Sequence[int]], LossOutput]


@dataclass(frozen=True, slots=True)
class LearnerOptions:
    """How a step is computed. `precision` is that of activations; weights stay float32."""

    precision: str = "float32"
    beta1: float = 0.9
    beta2: float = 0.95
    weight_decay: float = 0.0
    max_gradient_norm: float = 1.0
    tokens_per_micro_batch: int = 16384
    recompute_layers: bool = False


@dataclass(frozen=True, slots=True)
class PolicyBatch:
    """What the policy learns from: samples, one advantage and one group id each.

    `behaviour_logps` are those the engine reported, one tuple a sample over its response tokens;
    `temperature` is the one they were sampled at; `max_tokens` the token limit of a response.
    `old_logps` are the learner's own, over the predicted tokens, from before the first of several
    updates on this batch (None: this is the only update).
    """

    samples: tuple[Sample, ...]
    advantages: tuple[float, ...]
    behaviour_logps: tuple[tuple[float, ...], ...]
    temperature: float
    max_tokens: int
    old_logps: tuple[Tensor, ...] | None = None


@dataclass(frozen=True, slots=True)
class StepReport:
    """What a step did: statistics by name, the gradient norm before clipping, tokens computed."""

    statistics: dict[str, float]
    gradient_norm: float
    num_tokens: int
    num_skipped: int = 0


class Learner:
    """Holds the policy and its optimizer."""

    def __init__(
        self, policy: Policy, options: LearnerOptions, *, reference: Policy | None = None
    ) -> None:
        """`reference` is the frozen policy that objectives with a KL to it need."""
        self.policy = policy
        self.reference = reference
        self.options = options
        self.steps_taken = 0
        self._dtype = getattr(torch, options.precision)
        decayed = [p for p in self._parameters() if p.dim() > 1]
        plain = [p for p in self._parameters() if p.dim() <= 1]
        self.optimizer = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": options.weight_decay},
                {"params": plain, "weight_decay": 0.0},
            ],
            lr=0.0,
            betas=(options.beta1, options.beta2),
            fused=True,
        )

    def supervised_step(self, samples: Sequence[Sample], *, learning_rate: float) -> StepReport:
        """One step on the mean negative log-likelihood of every predicted token."""
        num_tokens = sum(sum(sample.loss_mask) for sample in samples)

        def loss(_packed: PackedBatch, logps: TokenLogps, _members: Sequence[int]) -> LossOutput:
            value = -logps.logp_T.sum() / num_tokens
            return LossOutput(value, {"loss": value.detach()}, {})

        return self._step(samples, loss, learning_rate=learning_rate)

    def policy_step(
        self, batch: PolicyBatch, objective: Objective, *, learning_rate: float
    ) -> StepReport:
        """One step on `objective`; samples that cannot contribute are not computed."""
        totals = _totals(batch)
        active = [
            index
            for index, advantage in enumerate(batch.advantages)
            if advantage != 0.0 or not objective.zero_advantage_is_inert
        ]
        behaviour = [
            torch.tensor([p for p, m in zip(ps, s.loss_mask, strict=True) if m])
            for ps, s in zip(batch.behaviour_logps, batch.samples, strict=True)
        ]
        groups = torch.tensor([sample.group for sample in batch.samples])
        advantages = torch.tensor(batch.advantages)

        def loss(packed: PackedBatch, logps: TokenLogps, members: Sequence[int]) -> LossOutput:
            rows = [active[member] for member in members]
            old = batch.old_logps
            tokens = TokenBatch(
                logp_T=logps.logp_T,
                mask_T=torch.ones_like(packed.target_N, dtype=torch.bool),
                row_T=packed.sample_N,
                group_B=groups[rows],
                behaviour_logp_T=torch.cat([behaviour[row] for row in rows]),
                old_logp_T=torch.cat([old[r] for r in rows]) if old else logps.logp_T.detach(),
                reference_logp_T=self._reference_logps(packed, batch, objective),
                advantage_B=advantages[rows],
                entropy_T=logps.entropy_T,
            )
            return policy_loss(tokens, objective, totals=totals)

        report = self._step(
            [batch.samples[index] for index in active],
            loss,
            learning_rate=learning_rate,
            temperature=batch.temperature,
            want_entropy=True,
        )
        computed = sum(sum(batch.samples[index].loss_mask) for index in active)
        share = computed / totals.num_tokens if active else 1.0
        return replace(
            report,
            statistics={
                name: value if name in _SUMS else value / share
                for name, value in report.statistics.items()
            },
            num_skipped=len(batch.samples) - len(active),
        )

    def _step(
        self,
        samples: Sequence[Sample],
        loss: MicroBatchLoss,
        *,
        learning_rate: float,
        temperature: float = 1.0,
        want_entropy: bool = False,
    ) -> StepReport:
        outputs: list[LossOutput] = []
        num_tokens = 0
        for members in micro_batches(samples, self.options.tokens_per_micro_batch):
            packed = self._pack([samples[member] for member in members])
            num_tokens += len(packed.tokens_T)
            logps = self._logps(packed, temperature=temperature, want_entropy=want_entropy)
            output = loss(packed, logps, members)
            output.loss.backward()
            outputs.append(output)
        norm = self._apply(learning_rate) if outputs else 0.0
        return StepReport(merge_statistics(outputs), norm, num_tokens)

    @torch.no_grad()
    def token_logps(self, samples: Sequence[Sample], *, temperature: float = 1.0) -> list[Tensor]:
        """Log-probabilities of every sample's predicted tokens under the present weights."""
        found: list[Tensor] = []
        for members in micro_batches(samples, self.options.tokens_per_micro_batch):
            packed = self._pack([samples[member] for member in members])
            logps = self._logps(packed, temperature=temperature).logp_T
            counts = torch.bincount(packed.sample_N, minlength=packed.num_samples)
            found.extend(logps.split(counts.tolist()))
        return found

    def weights(self) -> dict[str, Tensor]:
        """The policy's parameters by transformers' names; shared, not copied."""
        return dict(self.policy.model.state_dict(keep_vars=False))

    def state(self) -> dict[str, Any]:
        """Optimizer state and step count: with the weights, all that the next step depends on."""
        return {"optimizer": self.optimizer.state_dict(), "steps_taken": self.steps_taken}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up `state` (the weights are loaded with the policy)."""
        self.optimizer.load_state_dict(copy.deepcopy(state["optimizer"]))  # it would share tensors
        self.steps_taken = state["steps_taken"]

    def _parameters(self) -> list[Tensor]:
        return [p for p in self.policy.model.parameters() if p.requires_grad]

    def _pack(self, samples: Sequence[Sample]) -> PackedBatch:
        longest = max(sample.num_tokens for sample in samples)
        return pack(samples, share_prompts=can_pack(self.policy.model, longest=longest))

    @torch.no_grad()
    def _reference_logps(
        self, packed: PackedBatch, batch: PolicyBatch, objective: Objective
    ) -> Tensor | None:
        if not objective.needs_reference:
            return None
        if self.reference is None:
            raise ValueError("this objective needs a reference policy")
        model = self.reference.model
        return self._logps(packed, temperature=batch.temperature, model=model).logp_T

    def _logps(
        self,
        packed: PackedBatch,
        *,
        temperature: float,
        want_entropy: bool = False,
        model: Any = None,
    ) -> TokenLogps:
        model = self.policy.model if model is None else model
        hidden = hidden_states(
            model, packed, dtype=self._dtype, recompute=self.options.recompute_layers
        )
        weight = model.get_output_embeddings().weight
        return token_logps(
            hidden.index_select(0, packed.source_N),
            weight,
            packed.target_N,
            chunk_size=max(32, _LOGITS_AT_ONCE // len(weight)),
            temperature=temperature,
            want_entropy=want_entropy,
        )

    def _apply(self, learning_rate: float) -> float:
        """Clip, check and step; the weights are untouched where the gradient is not finite."""
        norm = float(
            torch.nn.utils.clip_grad_norm_(self._parameters(), self.options.max_gradient_norm)
        )
        if not math.isfinite(norm):
            self.optimizer.zero_grad(set_to_none=True)
            raise HaltedError(
                f"the gradient is {norm} in optimizer step {self.steps_taken + 1}",
                cause="the step diverged: a learning rate too high, or a broken batch",
                remedy="resume from the last checkpoint with a lower learning rate",
            )
        for group in self.optimizer.param_groups:
            group["lr"] = learning_rate
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.steps_taken += 1
        return norm


def micro_batches(samples: Sequence[Sample], token_budget: int) -> Iterator[list[int]]:
    """Indices of consecutive samples, cut where the next one would pass `token_budget` tokens.

    A prompt that the sample before shares is counted once; a sample longer than the budget is a
    micro-batch of its own.
    """
    members: list[int] = []
    tokens = 0
    for index, sample in enumerate(samples):
        shares = bool(members) and samples[members[-1]].group == sample.group
        cost = len(sample.response_ids) if shares else sample.num_tokens
        if members and tokens + cost > token_budget:
            yield members
            members, tokens, cost = [], 0, sample.num_tokens
        members.append(index)
        tokens += cost
    if members:
        yield members


def _totals(batch: PolicyBatch) -> BatchTotals:
    rows = [i for i, sample in enumerate(batch.samples) for _ in range(sum(sample.loss_mask))]
    return BatchTotals.of(
        torch.ones(len(rows), dtype=torch.bool),
        torch.tensor(rows, dtype=torch.int64),
        group_B=torch.tensor([sample.group for sample in batch.samples]),
        max_tokens=batch.max_tokens,
    )
