"""The learner: policy and optimizer, and a critic where the objective has one.

A step packs samples into micro-batches by token budget, adds up their gradients under totals of
the whole batch (so the split changes nothing), clips, checks, and applies the optimizer.
"""

# N predicted tokens  B samples

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor, nn

from verigrad.algorithms import LossOutput, Objective
from verigrad.algorithms.batch import BatchTotals
from verigrad.algorithms.logprobs import TokenLogps, token_logps
from verigrad.algorithms.policy_loss import policy_loss, split_statistics
from verigrad.training.adapters import plain_weights, without_adapter
from verigrad.training.batch import PolicyBatch, micro_batches
from verigrad.training.critic import (
    batch_value_loss,
    make_critic,
    read_values,
    token_values,
)
from verigrad.training.forward import can_pack, hidden_states
from verigrad.training.options import LearnerOptions
from verigrad.training.packing import PackedBatch, Sample, pack
from verigrad.training.policy import Policy
from verigrad.training.precision import pick_precision
from verigrad.training.ranks import Ranks, whole
from verigrad.training.updating import Updater

_LOGITS_AT_ONCE = 1 << 22  # entries of a chunk of logits: 16 MB in float32
_LOGITS_AT_ONCE_ON_GPU = 1 << 27  # 512 MB: small products leave most of a GPU idle
# of the whole batch as they stand; the other statistics are means, shown over computed tokens
_SUMS = frozenset(
    {"loss", "policy_loss", "kl_loss", "entropy_loss", "ratio_max", "ratio_factor_max"}
)
_STAND_IN = Sample((0,), (0,), (True,), 0)
_CRITIC = "critic."  # the prefix of its parameters' names


@dataclass(frozen=True, slots=True)
class Forward:
    """What the model says at the places that predict a token."""

    hidden_ND: Tensor
    logps: TokenLogps


MicroBatchLoss = Callable[[PackedBatch, Forward, Sequence[int]], LossOutput]


@dataclass(frozen=True, slots=True)
class StepReport:
    """What a step did: statistics by name, the gradient norm before clipping, tokens computed."""

    statistics: dict[str, float]
    gradient_norm: float
    num_tokens: int
    num_skipped: int = 0


class Learner:
    """Holds the policy, the critic if `options.critic` asks for one, and their optimizer.

    `reference` is the frozen policy that objectives with a KL to it need; `teacher` the one that
    distillation learns from. With several `ranks`, each gives its own part of every batch to the
    same calls in the same order, and the weights of policy and critic are spread over all.
    """

    def __init__(
        self,
        policy: Policy,
        options: LearnerOptions,
        *,
        reference: Policy | None = None,
        ranks: Ranks = Ranks(),  # noqa: B008 (frozen)
    ) -> None:
        self.policy = policy
        self.ranks = ranks
        self.reference = reference
        self.teacher: Policy | None = None
        self.options = options
        self.critic = make_critic(policy, options.critic)
        self._dtype = pick_precision(options.precision, policy.device)
        self._spread()
        multiple = {_CRITIC: options.critic.rate_multiple} if options.critic else {}
        own, critics = list(policy.model.named_parameters()), self._critic_parameters()
        if isinstance(self.critic, nn.Linear):
            own, critics = own + critics, []
        self.updater = Updater(own, options, multiples=multiple)
        self.critic_updater = Updater(critics, options, multiples=multiple) if critics else None

    @property
    def steps_taken(self) -> int:
        """Optimizer steps so far."""
        return self.updater.steps_taken

    # steps ------------------------------------------------------------------------------------

    def supervised_step(self, samples: Sequence[Sample], *, learning_rate: float) -> StepReport:
        """One step on the mean negative log-likelihood of every predicted token."""
        num_tokens = self.ranks.total(sum(sample.num_predicted for sample in samples))

        def loss(_packed: PackedBatch, out: Forward, _members: Sequence[int]) -> LossOutput:
            value = -out.logps.logp_T.sum() / num_tokens
            return LossOutput(value, {"loss": value.detach()}, {})

        return self.step(samples, loss, learning_rate=learning_rate)

    def policy_step(
        self, batch: PolicyBatch, objective: Objective, *, learning_rate: float
    ) -> StepReport:
        """One step on `objective`; samples that cannot contribute are not computed."""
        totals = self.ranks.totals(batch.totals())
        active = batch.active(objective)
        rows = batch.select(active)

        def loss(packed: PackedBatch, out: Forward, members: Sequence[int]) -> LossOutput:
            part = rows.select(members)
            reference = self._reference_logps(packed, part, objective)
            tokens = part.token_batch(packed, out.logps, reference_logp=reference)
            found = policy_loss(tokens, objective, totals=totals)
            if not (objective.needs_critic and isinstance(self.critic, nn.Linear)):
                return found
            values = read_values(self.critic, out.hidden_ND)
            shared = batch_value_loss(values, part, objective, totals=totals)
            weighted = replace(shared, loss=objective.value_coefficient * shared.loss)
            return _added(found, weighted)

        report = self.step(
            rows.samples,
            loss,
            learning_rate=learning_rate,
            temperature=batch.temperature,
            want_entropy=True,
        )
        of_critic = {}
        if objective.needs_critic and self.critic_updater is not None:
            of_critic = self._fit_critic(
                rows, objective, totals=totals, learning_rate=learning_rate
            )
        self._follow()
        computed = self.ranks.total(sum(sample.num_predicted for sample in rows.samples))
        share = computed / totals.num_tokens if computed else 1.0
        return replace(
            report,
            statistics={
                name: value if name in _SUMS else value / share
                for name, value in report.statistics.items()
            }
            | of_critic,
            num_skipped=len(batch) - len(active),
        )

    def step(
        self,
        samples: Sequence[Sample],
        loss: MicroBatchLoss,
        *,
        learning_rate: float,
        temperature: float = 1.0,
        want_entropy: bool = False,
        unit: int = 1,
    ) -> StepReport:
        """One step on any loss whose micro-batches add up; `loss` gets each one's samples' indices.

        `unit` samples at a time sit in one micro-batch (pairs: 2).
        Without samples, on any rank, nothing is done.
        """
        outputs: list[LossOutput] = []
        num_tokens, norm = 0, 0.0
        is_empty = True
        for packed, members in self._micro_batches(samples, unit=unit):
            is_empty = False
            out = self.forward(packed, temperature=temperature, want_entropy=want_entropy)
            if not members:
                self._idle(out).backward()
                continue
            num_tokens += len(packed.tokens_T)
            output = loss(packed, out, members)
            output.loss.backward()
            outputs.append(output)
        if not is_empty:
            norm = self.updater.apply(learning_rate)
        statistics = self.ranks.merge(*split_statistics(outputs))
        return StepReport(statistics, norm, self.ranks.total(num_tokens))

    @torch.no_grad()
    def _follow(self) -> None:
        """Move the reference towards the policy, where it is an average of the past."""
        decay = self.options.reference_decay
        if decay is None or self.reference is None:
            return
        weights = self.weights()
        for name, value in self.reference.model.state_dict().items():
            value.lerp_(weights[name], 1.0 - decay)

    def _idle(self, out: Forward) -> Tensor:
        """Nothing, with a graph: a rank takes part while others compute their micro-batches."""
        nothing = 0.0 * out.logps.logp_T.sum()
        if isinstance(self.critic, nn.Linear):
            nothing = nothing + 0.0 * read_values(self.critic, out.hidden_ND).sum()
        return nothing

    def _fit_critic(
        self, rows: PolicyBatch, objective: Objective, *, totals: BatchTotals, learning_rate: float
    ) -> dict[str, float]:
        """Steps of a critic with a model of its own; returns the statistics of the first."""
        assert self.options.critic is not None
        assert self.critic_updater is not None
        found: dict[str, float] = {}
        for _ in range(self.options.critic.passes):
            outputs: list[LossOutput] = []
            for packed, members in self._micro_batches(rows.samples):
                values = self._own_values(packed)
                if not members:
                    (0.0 * values.sum()).backward()
                    continue
                part = rows.select(members)
                outputs.append(batch_value_loss(values, part, objective, totals=totals))
                outputs[-1].loss.backward()
            self.critic_updater.apply(learning_rate)
            found = found or self.ranks.merge(*split_statistics(outputs))
        return found

    # what a model says ------------------------------------------------------------------------

    @torch.no_grad()
    def annotate(self, batch: PolicyBatch, objective: Objective) -> PolicyBatch:
        """What `objective` reads of the policies before the first update on `batch`.

        The learner's own log-probabilities, and where needed the reference's, the teacher's and
        the critic's values. ValueError where one is needed that the learner does not have.
        """
        columns: dict[str, list[Tensor]] = {}
        for packed, members in self._micro_batches(batch.samples):
            counts = torch.bincount(packed.sample_N, minlength=packed.num_samples).tolist()
            found = list(self._annotations(packed, batch, objective))
            for name, value in found if members else ():
                columns.setdefault(name, []).extend(value.split(counts))
        return replace(batch, **{name: tuple(value) for name, value in columns.items()})

    def _annotations(
        self, packed: PackedBatch, batch: PolicyBatch, objective: Objective
    ) -> Iterator[tuple[str, Tensor]]:
        temperature = batch.temperature
        out = self.forward(packed, temperature=temperature)
        yield "old_logps", out.logps.logp_T
        if objective.needs_reference:
            speaker = _needed(self.reference, "a reference policy")
            logps = self.forward(packed, temperature=temperature, policy=speaker).logps
            yield "reference_logps", logps.logp_T
        if objective.estimator == "teacher":
            speaker = _needed(self.teacher, "a teacher")
            logps = self.forward(packed, temperature=temperature, policy=speaker).logps
            yield "teacher_logps", logps.logp_T
        if objective.needs_critic:
            yield "values", self._values(packed, out.hidden_ND)

    @torch.no_grad()
    def token_logps(self, samples: Sequence[Sample], *, temperature: float = 1.0) -> list[Tensor]:
        """Log-probabilities of every sample's predicted tokens under the present weights."""
        found: list[Tensor] = []
        for packed, members in self._micro_batches(samples):
            logps = self.forward(packed, temperature=temperature).logps.logp_T
            counts = torch.bincount(packed.sample_N, minlength=packed.num_samples)
            found.extend(logps.split(counts.tolist()) if members else ())
        return found

    @torch.no_grad()
    def _reference_logps(
        self, packed: PackedBatch, batch: PolicyBatch, objective: Objective
    ) -> Tensor | None:
        if not objective.needs_reference or batch.reference_logps is not None:
            return None
        speaker = _needed(self.reference, "a reference policy")
        return self.forward(packed, temperature=batch.temperature, policy=speaker).logps.logp_T

    def _values(self, packed: PackedBatch, hidden_ND: Tensor) -> Tensor:
        critic = _needed(self.critic, "a critic")
        if isinstance(critic, nn.Linear):
            return read_values(critic, hidden_ND)
        return self._own_values(packed)

    def _own_values(self, packed: PackedBatch) -> Tensor:
        recompute = self.options.recompute_layers
        return token_values(self.critic, packed, dtype=self._dtype, recompute=recompute)

    def forward(
        self,
        packed: PackedBatch,
        *,
        temperature: float,
        want_entropy: bool = False,
        policy: Policy | None = None,
    ) -> Forward:
        """What the policy, or another one, says of a packed batch."""
        speaker = policy or self.policy
        model = speaker.model
        with without_adapter(speaker) if speaker.speaks_without_adapter else nullcontext():
            hidden_TD = hidden_states(
                model, packed, dtype=self._dtype, recompute=self.options.recompute_layers
            )
        hidden_ND = hidden_TD.index_select(0, packed.source_N)
        weight = model.get_output_embeddings().weight
        at_once = _LOGITS_AT_ONCE
        if weight.is_cuda:
            weight, at_once = weight.to(self._dtype), _LOGITS_AT_ONCE_ON_GPU
        logps = token_logps(
            hidden_ND,
            weight,
            packed.target_N,
            chunk_size=max(32, at_once // len(weight)),
            temperature=temperature,
            want_entropy=want_entropy,
        )
        return Forward(hidden_ND, logps)

    def _micro_batches(
        self, samples: Sequence[Sample], *, unit: int = 1
    ) -> Iterator[tuple[PackedBatch, Sequence[int]]]:
        """Packed micro-batches and the indices of their samples.

        A rank with fewer than another gets stand-ins without members at the end, for the ranks
        gather weights together.
        """
        budget = self.options.tokens_per_micro_batch
        parts = list(micro_batches(samples, budget, unit=unit))
        most = self.ranks.largest(len(parts))
        for members in parts:
            yield self._pack([samples[member] for member in members]), members
        for _ in range(most - len(parts)):
            yield self._pack([_STAND_IN]), ()

    def _pack(self, samples: Sequence[Sample]) -> PackedBatch:
        longest = max(sample.num_tokens for sample in samples)
        packed = pack(samples, share_prompts=can_pack(self.policy.model, longest=longest))
        return packed.to(self.policy.device)

    # what is saved ----------------------------------------------------------------------------

    def weights(self) -> dict[str, Tensor]:
        """The policy's parameters by transformers' names, adapters added in.

        Shared, not copied, where there is neither an adapter nor another rank.
        """
        weights = plain_weights(self.policy.model)
        return {name: whole(value) for name, value in weights.items()}

    def state(self) -> dict[str, Any]:
        """With the policy's weights, all that the next step depends on."""
        state = {"policy": self.updater.state()}
        if self.critic is not None:
            state["critic_weights"] = dict(self.critic.state_dict())
        if self.critic_updater is not None:
            state["critic"] = self.critic_updater.state()
        if self.options.reference_decay is not None and self.reference is not None:
            state["reference_weights"] = dict(self.reference.model.state_dict())
        return state

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take up `state` (the weights are loaded with the policy)."""
        self.updater.restore(state["policy"])
        if self.critic is not None:
            self.critic.load_state_dict(state["critic_weights"])
        if self.critic_updater is not None:
            self.critic_updater.restore(state["critic"])
        if self.reference is not None and "reference_weights" in state:
            self.reference.model.load_state_dict(state["reference_weights"])

    def _spread(self) -> None:
        self.ranks.shard(self.policy.model)
        if self.critic is not None and not isinstance(self.critic, nn.Linear):
            self.ranks.shard(self.critic)

    def _critic_parameters(self) -> list[tuple[str, Tensor]]:
        if self.critic is None:
            return []
        return [(_CRITIC + name, value) for name, value in self.critic.named_parameters()]


def _added(policy: LossOutput, value: LossOutput) -> LossOutput:
    """Both losses, and the statistics of both."""
    statistics = {**policy.statistics, **value.statistics}
    return LossOutput(policy.loss + value.loss, statistics, policy.maxima)


def _needed(part: Any, name: str) -> Any:
    if part is None:
        raise ValueError(f"this objective needs {name}")
    return part
