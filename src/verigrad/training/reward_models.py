"""Reward models: a score for a whole answer (Bradley-Terry) or for each of its steps."""

# N scored places

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from verigrad.algorithms import LossOutput, merge_statistics
from verigrad.algorithms.preference import reward_model_loss
from verigrad.algorithms.process_reward import process_reward_loss
from verigrad.training.batch import micro_batches
from verigrad.training.critic import make_value_model, token_values
from verigrad.training.forward import can_pack
from verigrad.training.learner import StepReport
from verigrad.training.options import LearnerOptions
from verigrad.training.packing import PackedBatch, Sample, pack
from verigrad.training.policy import Policy
from verigrad.training.precision import pick_precision
from verigrad.training.preferences import Pair, in_one_row
from verigrad.training.updating import Updater

_STAND_IN = 0  # a token behind the answer: the place before it is where a whole answer is scored


@dataclass(frozen=True, slots=True)
class Steps:
    """An answer with its steps: the index of the response token that ends each, and its label.

    Labels are in [0, 1]; the loss mask of the sample is not read.
    """

    sample: Sample
    ends: tuple[int, ...]
    labels: tuple[float, ...]


class Scorer:
    """Reads a value model's numbers at places of packed answers; without gradients unless asked."""

    def __init__(
        self, model: Any, *, device: torch.device, precision: str, tokens_per_micro_batch: int
    ) -> None:
        self.model, self.device = model, device
        self.dtype = pick_precision(precision, device)
        self.tokens_per_micro_batch = tokens_per_micro_batch

    @torch.no_grad()
    def scores(self, samples: Sequence[Sample]) -> list[float]:
        """The score of every answer, at its last token."""
        wanted = [_scored(sample, (len(sample.response_ids) - 1,)) for sample in samples]
        return [float(score[0]) for score in self._values(wanted)]

    @torch.no_grad()
    def step_scores(
        self, samples: Sequence[Sample], ends: Sequence[Sequence[int]]
    ) -> list[list[float]]:
        """The probability that the answer is still right, after each of the tokens at `ends`."""
        pairs = zip(samples, ends, strict=True)
        found = self._values([_scored(sample, tuple(places)) for sample, places in pairs])
        return [score.sigmoid().tolist() for score in found]

    def pack(self, samples: Sequence[Sample]) -> PackedBatch:
        """Samples side by side, on the model's device."""
        longest = max(sample.num_tokens for sample in samples)
        packed = pack(samples, share_prompts=can_pack(self.model, longest=longest))
        return packed.to(self.device)

    def read(self, packed: PackedBatch, *, recompute: bool = False) -> Tensor:
        """The number at every place, (N,)."""
        return token_values(self.model, packed, dtype=self.dtype, recompute=recompute)

    def _values(self, samples: Sequence[Sample]) -> list[Tensor]:
        found: list[Tensor] = []
        for members in micro_batches(samples, self.tokens_per_micro_batch):
            part = [samples[member] for member in members]
            values = self.read(self.pack(part)).cpu()
            found.extend(values.split([sample.num_predicted for sample in part]))
        return found


class RewardModel:
    """A value model begun from a policy, and its optimizer.

    `model` is transformers' sequence classifier with one label: after `save`, in
    `AutoModelForSequenceClassification.from_pretrained`, it gives an answer the same score.
    """

    def __init__(self, policy: Policy, options: LearnerOptions) -> None:
        self.policy = policy
        self.options = options
        self.model: Any = make_value_model(policy)
        self.updater = Updater(self.model.named_parameters(), options)
        self.scorer = Scorer(
            self.model,
            device=policy.device,
            precision=options.precision,
            tokens_per_micro_batch=options.tokens_per_micro_batch,
        )

    def preference_step(
        self, pairs: Sequence[Pair], *, learning_rate: float, centre_coefficient: float = 0.0
    ) -> StepReport:
        """One step of Bradley-Terry on pairs; statistics: loss, accuracy, margin."""
        samples = [_scored(s, (len(s.response_ids) - 1,)) for s in in_one_row(pairs)]

        def loss(score_N: Tensor, members: Sequence[int]) -> LossOutput:
            rows = torch.arange(len(members), device=score_N.device)
            return reward_model_loss(
                score_N,
                pair_B=rows // 2,
                chosen_B=rows % 2 == 0,
                num_pairs=len(pairs),
                centre_coefficient=centre_coefficient,
            )

        return self._step(samples, loss, learning_rate=learning_rate, unit=2)

    def process_step(self, answers: Sequence[Steps], *, learning_rate: float) -> StepReport:
        """One step of binary cross-entropy on every step's label; statistics: loss, accuracy."""
        samples = [_scored(answer.sample, answer.ends) for answer in answers]
        num_steps = sum(len(answer.ends) for answer in answers)

        def loss(logit_N: Tensor, members: Sequence[int]) -> LossOutput:
            labels = [label for member in members for label in answers[member].labels]
            label_N = torch.tensor(labels, dtype=logit_N.dtype, device=logit_N.device)
            return process_reward_loss(logit_N, label_N, num_steps=num_steps)

        return self._step(samples, loss, learning_rate=learning_rate)

    def save(self, folder: Path) -> None:
        """What `AutoModelForSequenceClassification` and `AutoTokenizer` open."""
        self.model.save_pretrained(folder)
        self.policy.tokenizer.save_pretrained(folder)

    def _step(
        self,
        samples: Sequence[Sample],
        loss: Callable[[Tensor, Sequence[int]], LossOutput],
        *,
        learning_rate: float,
        unit: int = 1,
    ) -> StepReport:
        outputs: list[LossOutput] = []
        num_tokens = 0
        budget = self.options.tokens_per_micro_batch
        for members in micro_batches(samples, budget, unit=unit):
            packed = self.scorer.pack([samples[member] for member in members])
            num_tokens += len(packed.tokens_T)
            read = self.scorer.read(packed, recompute=self.options.recompute_layers)
            output = loss(read, members)
            output.loss.backward()
            outputs.append(output)
        return StepReport(merge_statistics(outputs), self.updater.apply(learning_rate), num_tokens)


def _scored(sample: Sample, places: Sequence[int]) -> Sample:
    """A sample whose values are read at the response tokens `places`, in order.

    ValueError where they are not increasing or not in the response.
    """
    length = len(sample.response_ids)
    if list(places) != sorted(set(places)) or not all(0 <= place < length for place in places):
        raise ValueError(f"places must increase within 0..{length - 1}: {tuple(places)}")
    response = (*sample.response_ids, _STAND_IN)
    mask = tuple(index - 1 in places for index in range(len(response)))
    return Sample(sample.prompt_ids, response, mask, sample.group)
