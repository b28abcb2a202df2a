"""`why`: a problem's rollouts in a step, one of them, or the reckoning of one token."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

from verigrad.algorithms import PRESETS
from verigrad.core.errors import UsageError
from verigrad.pipelines.stored_run import Policies, StoredRun
from verigrad.records.rollouts import RolloutRecord
from verigrad.records.run import RunFolder
from verigrad.training.batching import Weighed
from verigrad.training.diagnosis.derivation import Line, Place
from verigrad.training.diagnosis.stored import StoredStep
from verigrad.training.diagnosis.why import (
    Later,
    TokenWhy,
    Update,
    updates,
    verdict_lines,
    why_token,
)


@dataclass(frozen=True, slots=True)
class RolloutWhy:
    """One rollout of the step: what became of it, and each of its tokens' weights.

    `recorded_advantage` is None where none was computed. `lines` hold the reckoning of the whole
    row where no token was asked for.
    """

    group: int
    sample: int
    problem: str
    fate: str
    lines: tuple[Line, ...]
    recorded_advantage: float | None
    advantage: float | None
    num_tokens: int
    weight_sum: float
    weights: tuple[float, ...]
    tokens: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Answer:
    """What `why` found: the objective, the rollouts asked for, one token if that was asked for.

    `is_of_one`: one sample was asked for, rather than the group.
    """

    run: str
    step: int
    preset: str
    formula: str
    paper: str
    changes: dict[str, Any]
    question: str
    rollouts: tuple[RolloutWhy, ...]
    is_of_one: bool
    token: TokenWhy | None
    notes: tuple[str, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def why(
    path: Path, *, step: int, problem: str, sample: int | None = None, token: int | None = None
) -> Answer:
    """Explain a problem's rollouts in a step, one of them, or one token of it.

    `problem` is an id, the beginning of one, or the number of a group. UsageError for a step,
    problem, sample or token that is not there.
    """
    run = StoredRun(RunFolder.open(path))
    if run.objective.estimator == "constant":
        raise UsageError(
            f'"{run.recipe.objective.preset}" trains on worked solutions, not on rollouts',
            where=str(path),
            remedy="every token of every solution weighs 1 / tokens of the batch",
        )
    stored = run.step(step)
    records = find_problem(stored, problem)
    if sample is not None:
        records = _one_sample(records, sample)
    policies = Policies(run, step, [])
    found = _Found(run, stored, policies)
    if token is not None and sample is None:
        raise UsageError("a token needs its rollout", remedy="add --sample I")
    later = policies.after(found.weighed.batch) if sample is not None and found.weighed else None
    explained = tuple(found.rollout(record) for record in records)
    preset = PRESETS[run.recipe.objective.preset]
    return Answer(
        run=str(path),
        step=step,
        preset=run.recipe.objective.preset,
        formula=preset.formula,
        paper=preset.paper,
        changes=run.recipe.objective.changes,
        question=records[0].judged.rollout.problem.question,
        rollouts=explained,
        is_of_one=sample is not None,
        token=None if token is None else found.token(records[0], token, later),
        notes=tuple(policies.notes),
    )


def find_problem(stored: StoredStep, problem: str) -> list[RolloutRecord]:
    """The records of a problem of the step, by id, beginning of an id, or number of its group."""
    if problem.isdigit() and len(problem) <= 4:
        found = [record for record in stored.records if record.group == int(problem)]
    else:
        found = [r for r in stored.records if r.judged.rollout.problem.id.startswith(problem)]
    ids = dict.fromkeys(record.judged.rollout.problem.id for record in found)
    if len(ids) == 1:
        return found
    known = dict.fromkeys(record.judged.rollout.problem.id for record in stored.records)
    raise UsageError(
        f'step {stored.number} has {len(ids) or "no"} problem{"s" if ids else ""} "{problem}"',
        remedy=f"give a group's number, 0 to {len(stored.groups) - 1}, or more of an id: "
        + ", ".join(list(ids or known)[:4])
        + ", ...",
    )


def _one_sample(records: Sequence[RolloutRecord], sample: int) -> list[RolloutRecord]:
    found = [record for record in records if record.judged.rollout.sample == sample]
    if not found:
        samples = sorted({record.judged.rollout.sample for record in records})
        raise UsageError(
            f"no sample {sample}", remedy=f"there are samples {samples[0]} to {samples[-1]}"
        )
    return found[:1]


class _Found:
    """The weighed batch of a step, asked about single rollouts."""

    def __init__(self, run: StoredRun, stored: StoredStep, policies: Policies) -> None:
        self.run = run
        self.stored = stored
        self.objective = run.objective
        self.tokenizer = self._tokenizer()
        self.weighed = self._weigh(policies)
        self.updates: list[Update] = []
        if self.weighed is not None:
            self.updates = updates(self.weighed, self.objective, run.settings, step=stored.number)

    def _tokenizer(self) -> Any:
        found = self.run.nearest(0)
        return None if found is None else self.run.policy(found).tokenizer

    def _weigh(self, policies: Policies) -> Weighed | None:
        def decode(ids: Sequence[int]) -> str:
            return self.tokenizer.decode(list(ids), skip_special_tokens=True)

        weighed = self.stored.weigh(
            self.objective, self.run.settings, annotate=policies.annotate, decode=decode
        )
        if weighed is None or self.objective.needs_annotation:
            return weighed
        # these read policies in the loss only: ratio, KL and correction
        return replace(weighed, batch=policies.annotate(weighed.batch, self.objective))

    def row_of(self, record: RolloutRecord) -> int | None:
        """Its row in the batch; None where it took no part."""
        rows = () if self.weighed is None else self.weighed.rows
        return next((i for i, (_, judged) in enumerate(rows) if judged is record.judged), None)

    def rollout(self, record: RolloutRecord) -> RolloutWhy:
        """What became of a rollout."""
        row = self.row_of(record)
        weights: tuple[float, ...] = ()
        advantage = None
        if row is not None and self.weighed is not None:
            update = self._update(row)
            weights = tuple(update.weights.total[update.members.index(row)].tolist())
            advantage = self.weighed.batch.advantages[row]
        rollout = record.judged.rollout
        return RolloutWhy(
            group=record.group,
            sample=rollout.sample,
            problem=rollout.problem.id,
            fate=str(record.fate),
            lines=tuple(verdict_lines(record.judged)),
            recorded_advantage=record.advantage,
            advantage=advantage,
            num_tokens=rollout.num_response_tokens,
            weight_sum=sum(weights),
            weights=weights,
            tokens=self._texts(record),
        )

    def token(self, record: RolloutRecord, token: int, later: Later | None) -> TokenWhy:
        """The reckoning of one token."""
        count = record.judged.rollout.num_response_tokens
        if not 0 <= token < count:
            raise UsageError(
                f"no token {token}", remedy=f"the response has tokens 0 to {count - 1}"
            )
        row = self.row_of(record)
        if row is None or self.weighed is None:
            line = Line("weight", f"took no part in the step: {record.fate}", 0.0)
            return TokenWhy(token, record.judged.rollout.response_ids[token], (line,), 0.0)
        return why_token(
            self.weighed,
            self._update(row),
            self.objective,
            place=Place(row, token),
            later=later,
        )

    def _update(self, row: int) -> Update:
        return next(update for update in self.updates if row in update.members)

    def _texts(self, record: RolloutRecord) -> tuple[str, ...]:
        rollout = record.judged.rollout
        ids = [i for i, m in zip(rollout.response_ids, rollout.loss_mask, strict=True) if m]
        if self.tokenizer is None:
            return tuple(str(i) for i in ids)
        return tuple(self.tokenizer.convert_ids_to_tokens(ids))
