"""`reverify`: every verdict of a stored run again, by the same verifier or by a mended one.

With the same verifier every verdict must come out equal: the run's rewards are beyond doubt. With
another one the report says which rewards change, which advantages change their sign, and from
which step on the policy was trained on a wrong signal.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

from verigrad.core.types import Group, Judged, StopReason
from verigrad.core.verdict import Verdict
from verigrad.judging.bind import bind_tasks, make_verifier
from verigrad.judging.judge import judge
from verigrad.judging.task import Task
from verigrad.pipelines.stored_run import StoredRun
from verigrad.records.rollouts import Fate, RolloutRecord, read_rollouts
from verigrad.records.run import RunFolder
from verigrad.training.batching import weigh

_SHOWN = 20


@dataclass(frozen=True, slots=True)
class Change:
    """One rollout that is judged differently now. Rewards and advantages may be None."""

    step: int
    group: int
    sample: int
    problem: str
    reason_before: str
    reason_after: str
    reward_before: float | None
    reward_after: float | None
    advantage_before: float | None
    advantage_after: float | None

    @property
    def changes_reward(self) -> bool:
        """Whether the policy would have been paid differently."""
        return self.reward_before != self.reward_after

    @property
    def flips(self) -> bool:
        """Whether the policy would have been pushed the other way."""
        before, after = self.advantage_before, self.advantage_after
        return before is not None and after is not None and before * after < 0


@dataclass(slots=True)
class Reverified:
    """What judging a run again found; `advantages` says whether those could be computed again."""

    rollouts: int = 0
    same_verifier: bool = True
    advantages: bool = True
    changes: list[Change] = field(default_factory=list)
    flips: list[Change] = field(default_factory=list)
    broken: int = 0

    @property
    def rewards_changed(self) -> int:
        """How many rollouts would have been paid differently."""
        return sum(change.changes_reward for change in self.changes)

    @property
    def first_wrong_step(self) -> int | None:
        """The first step that was trained on a reward that is different now."""
        return min((c.step for c in self.changes if c.changes_reward), default=None)

    def to_json(self) -> dict[str, Any]:
        """Plain JSON, every change with it."""
        return {
            "rollouts": self.rollouts,
            "same_verifier": self.same_verifier,
            "verdicts_changed": len(self.changes),
            "rewards_changed": self.rewards_changed,
            "advantages_recomputed": self.advantages,
            "advantages_flipped": len(self.flips),
            "first_wrong_step": self.first_wrong_step,
            "not_judged_again": self.broken,
            "changes": [asdict(change) for change in self.changes],
            "flips": [asdict(change) for change in self.flips],
        }

    def text(self) -> str:
        """For people."""
        kind = "the same verifier" if self.same_verifier else "another verifier"
        lines = [f"{self.rollouts} rollouts judged again by {kind}"]
        if self.broken:
            lines.append(f"{self.broken} had been broken by the engine and were never judged")
        if not self.changes:
            return "\n".join([*lines, "every verdict is the same"])
        pairs = Counter((c.reason_before, c.reason_after) for c in self.changes)
        lines.append(f"{len(self.changes)} verdicts differ, {self.rewards_changed} rewards:")
        lines += [
            f"  {before} -> {after}: {count}" for (before, after), count in pairs.most_common()
        ]
        if self.first_wrong_step is not None:
            lines.append(f"the first step trained on a different reward is {self.first_wrong_step}")
        if not self.advantages:
            lines.append("advantages of this objective need its policies and were not recomputed")
        else:
            lines.append(f"{len(self.flips)} advantages change their sign")
            lines += [
                f"  step {c.step}, group {c.group}, sample {c.sample}: "
                f"{c.advantage_before:+.3f} -> {c.advantage_after:+.3f} (problem {c.problem})"
                for c in self.flips[:_SHOWN]
            ]
        share = self.rewards_changed / max(1, self.rollouts)
        advice = "train again" if self.flips or share >= 0.01 else "the run may stand"
        return "\n".join([*lines, f"{share:.2%} of the rewards differ: {advice}"])


def reverify(
    path: Path, *, verifier: str | None = None, switches: Mapping[str, Any] | None = None
) -> Reverified:
    """Judge the rollouts of a run again; by `verifier` with `switches` where they are given.

    `switches` alone change those of each task's own verifier.
    """
    run = StoredRun(RunFolder.open(path))
    tasks = _tasks(run, verifier, switches or {})
    found = Reverified(advantages=not run.objective.needs_annotation)
    for _, file in run.folder.rollout_files():
        records = read_rollouts(file)
        _judge_step(records, tasks, run, found)
    return found


def _tasks(run: StoredRun, verifier: str | None, switches: Mapping[str, Any]) -> dict[str, Task]:
    tasks = bind_tasks(run.recipe)
    if verifier is None and not switches:
        return tasks
    sections = {section.name: section for section in run.recipe.task}
    changed = {}
    for name, task in tasks.items():
        own = sections[name].verifier
        kept = own.switches if verifier in (None, own.kind) else {}
        kind = make_verifier(verifier or own.kind, {**kept, **switches})
        changed[name] = replace(task, verifier=kind)
    return changed


def _judge_step(
    records: Sequence[RolloutRecord], tasks: Mapping[str, Task], run: StoredRun, found: Reverified
) -> None:
    """One step: verdicts, and where any changed, its rewards and advantages."""
    by_group: dict[int, list[RolloutRecord]] = {}
    for record in records:
        by_group.setdefault(record.group, []).append(record)
    groups = list(by_group.values())
    again = judge(tasks, [[record.judged.rollout for record in group] for group in groups])
    found.rollouts += len(records)
    found.broken += sum(r.judged.rollout.stop is StopReason.ERROR for r in records)
    pairs = [
        (record, judged)
        for group, new in zip(groups, again, strict=True)
        for record, judged in zip(group, new.judged, strict=True)
    ]
    found.same_verifier = found.same_verifier and all(
        old.judged.verdict.digest in ("", new.verdict.digest) for old, new in pairs
    )
    if all(_said(old.judged.verdict) == _said(new.verdict) for old, new in pairs):
        return
    after = _advantages(groups, again, run) if found.advantages else {}
    for old, new in pairs:
        change = _change(old, new, after.get(id(new)), run)
        if _said(old.judged.verdict) != _said(new.verdict):
            found.changes.append(change)
        if change.flips:
            found.flips.append(change)


def _said(verdict: Verdict) -> tuple[Any, ...]:
    """What a verdict decides; its cost, and a verifier's name, are not part of it."""
    extracted = verdict.extracted
    span = None if extracted is None else (extracted.start, extracted.end)
    return verdict.status, verdict.reason, verdict.score, span


def _advantages(
    groups: Sequence[Sequence[RolloutRecord]], again: Sequence[Group], run: StoredRun
) -> dict[int, float]:
    """The advantage of every rollout of the step under the new rewards, by identity."""
    trained = [
        group
        for records, group in zip(groups, again, strict=True)
        if records[0].advantage is not None or records[0].fate is Fate.TRAINED
    ]
    greedy = [
        group.judged[0]
        for records, group in zip(groups, again, strict=True)
        if records[0].fate is Fate.BASELINE
    ]
    settings = run.settings
    weighed = weigh(
        trained,
        run.objective,
        temperature=settings.temperature,
        max_tokens=settings.max_tokens,
        greedy=greedy,
    )
    if weighed is None:
        return {}
    return {
        id(judged): weighed.batch.advantages[place]
        for place, (_, judged) in enumerate(weighed.rows)
    }


def _change(old: RolloutRecord, new: Judged, advantage: float | None, run: StoredRun) -> Change:
    training = run.recipe.training  # rewards that are not the verdicts' own stay as they were
    is_control = training.control != "none" or training.noise is not None
    return Change(
        step=old.step,
        group=old.group,
        sample=old.judged.rollout.sample,
        problem=old.judged.rollout.problem.id,
        reason_before=str(old.judged.verdict.reason),
        reason_after=str(new.verdict.reason),
        reward_before=old.judged.reward.total,
        reward_after=old.judged.reward.total if is_control else new.reward.total,
        advantage_before=old.advantage,
        advantage_after=None if is_control else advantage,
    )
