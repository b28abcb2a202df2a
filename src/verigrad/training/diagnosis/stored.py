"""The records of a step -> its groups and its batch, as the loop had them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from verigrad.algorithms import Objective
from verigrad.core.errors import DataError
from verigrad.core.types import Group, Judged
from verigrad.records.rollouts import Fate, RolloutRecord
from verigrad.training.batching import Annotate, Weighed, weigh
from verigrad.training.steps import Decode


@dataclass(frozen=True, slots=True)
class Settings:
    """What of the recipe a batch depends on beside the objective."""

    temperature: float
    max_tokens: int
    updates_per_batch: int = 1
    mini_batches: int = 1
    seed: int = 0


@dataclass(frozen=True, slots=True)
class StoredStep:
    """A step's records, and of them the groups that were trained on and the greedy rollouts.

    `groups[i]` is the group that the records call `i`; `greedy` holds one rollout a group where
    the objective's baseline is greedy.
    """

    number: int
    records: tuple[RolloutRecord, ...]
    groups: tuple[Group, ...]
    greedy: tuple[Judged, ...]

    def weigh(
        self,
        objective: Objective,
        settings: Settings,
        *,
        annotate: Annotate | None = None,
        decode: Decode | None = None,
    ) -> Weighed | None:
        """The trainable rollouts with their advantages, by the same code as in training."""
        return weigh(
            self.groups,
            objective,
            temperature=settings.temperature,
            max_tokens=settings.max_tokens,
            greedy=self.greedy,
            annotate=annotate,
            decode=decode,
        )


def stored_step(number: int, records: Sequence[RolloutRecord]) -> StoredStep:
    """The step that `records` are of; groups set aside and greedy rollouts are told apart."""
    groups: list[Group] = []
    for index, members in groupby(records, key=lambda record: record.group):
        group = tuple(members)
        if not any(was_in_batch(record) for record in group):
            continue
        if index != len(groups):
            raise DataError(
                f"group {index} of step {number} was trained on, group {len(groups)} is missing",
                where=f"rollouts of step {number}",
                cause="the records were altered",
                remedy="`verify_chain` names every altered file of a run",
            )
        judged = tuple(record.judged for record in group)
        groups.append(Group(judged[0].rollout.problem, judged))
    greedy = tuple(record.judged for record in records if record.fate is Fate.BASELINE)
    return StoredStep(number, tuple(records), tuple(groups), greedy)


def was_in_batch(record: RolloutRecord) -> bool:
    """It took part in the advantages of its step, or would have, had it been scored."""
    return record.advantage is not None or record.fate in (Fate.TRAINED, Fate.NOT_SCORED)
