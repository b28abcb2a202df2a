"""Greedy accuracy on held-out problems, with a Wilson interval."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from verigrad.core.seeds import derive
from verigrad.core.statistics import wilson
from verigrad.core.types import Group, Problem
from verigrad.core.verdict import Status
from verigrad.judging.judge import judge
from verigrad.judging.task import Task
from verigrad.records.evaluation import Evaluation
from verigrad.records.rollouts import Fate, RolloutRecord
from verigrad.rollouts.collect import SINGLE_TURN, Playing, collect
from verigrad.rollouts.engines.base import Engine
from verigrad.rollouts.render import Renderer
from verigrad.rollouts.sampling import SamplingParameters

CONFIDENCE = 0.95
EVALUATION_SEED = 0  # every run of a task is measured on the same held-out problems


@dataclass(frozen=True, slots=True)
class Evaluated:
    """The result, and every judged response it rests on."""

    evaluation: Evaluation
    records: tuple[RolloutRecord, ...]


def held_out_problems(tasks: Mapping[str, Task], num_problems: int) -> list[Problem]:
    """About equally many held-out problems of each task, `num_problems` in all at the most."""
    names = sorted(tasks)
    problems: list[Problem] = []
    for place, name in enumerate(names):
        wanted = num_problems * (place + 1) // len(names) - num_problems * place // len(names)
        if wanted:
            problems += tasks[name].source.held_out(wanted, seed=EVALUATION_SEED)
    return problems


def evaluate(
    tasks: Mapping[str, Task],
    problems: Sequence[Problem],
    *,
    engine: Engine,
    renderer: Renderer,
    max_output_tokens: int,
    name: str,
    step: int,
    split: str = "held_out",
    playing: Playing = SINGLE_TURN,
) -> Evaluated:
    """One greedy answer to each problem. What could not be judged counts as not right."""
    sampling = SamplingParameters(max_output_tokens=max_output_tokens, temperature=0.0)
    rollouts = collect(
        problems,
        engine,
        renderer=renderer,
        sampling=sampling,
        num_rollouts=1,
        seeds=[derive("evaluation", problem=problem.id) for problem in problems],
        playing=playing,
    )
    groups = judge(tasks, rollouts)
    records = tuple(
        RolloutRecord(step, index, group.judged[0], None, Fate.EVALUATED)
        for index, group in enumerate(groups)
    )
    return Evaluated(_summary(tasks, groups, name=name, step=step, split=split), records)


def _summary(
    tasks: Mapping[str, Task], groups: Sequence[Group], *, name: str, step: int, split: str
) -> Evaluation:
    verdicts = [group.judged[0].verdict for group in groups]
    num_correct = sum(verdict.is_correct for verdict in verdicts)
    interval = wilson(num_correct, len(verdicts), confidence=CONFIDENCE)
    by_task: dict[str, float] = {}
    for task in sorted(tasks):
        own = [g.judged[0].verdict.is_correct for g in groups if g.problem.task == task]
        if own:
            by_task[task] = sum(own) / len(own)
    verifiers = sorted(
        {(t.verifier.name, t.verifier.version, t.verifier.digest) for t in tasks.values()}
    )
    names, versions, digests = (", ".join(column) for column in zip(*verifiers, strict=True))
    return Evaluation(
        name=name,
        step=step,
        num_problems=len(verdicts),
        num_correct=num_correct,
        num_unscored=sum(verdict.status is not Status.SCORED for verdict in verdicts),
        accuracy=interval.value,
        low=interval.low,
        high=interval.high,
        confidence=CONFIDENCE,
        verifier=names,
        verifier_version=versions,
        verifier_digest=digests,
        split=split,
        by_reason=dict(sorted(Counter(str(verdict.reason) for verdict in verdicts).items())),
        by_task=by_task,
    )
