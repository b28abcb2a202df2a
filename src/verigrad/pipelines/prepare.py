"""Recipe -> everything a run needs, checked before the first step: tasks, policy, engine."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch

from verigrad.algorithms import Objective
from verigrad.core.config import Bound
from verigrad.core.errors import DataError
from verigrad.core.recipe import Recipe
from verigrad.core.types import Problem
from verigrad.core.verdict import Reason, Verdict
from verigrad.evaluation.evaluate import held_out_problems
from verigrad.judging.bind import bind_tasks
from verigrad.judging.sandbox import sandbox_facts
from verigrad.judging.sources import FixedProblems
from verigrad.judging.task import Task
from verigrad.pipelines.objective import make_objective, switched_on
from verigrad.pipelines.preference import with_preference
from verigrad.records.record import VerifierRecord
from verigrad.rollouts.bind import BoundEngine, bind_engine
from verigrad.rollouts.collect import SINGLE_TURN, Playing
from verigrad.rollouts.engines.base import Engine
from verigrad.rollouts.environments.bind import bind_playing
from verigrad.rollouts.render import Renderer
from verigrad.tasks.lint import LintReport, lint
from verigrad.training.policy import Policy, load_teacher, make_policy
from verigrad.training.precision import pick_precision
from verigrad.training.supply import require_compatible

_EVALUATED_OF_A_GENERATOR = 256  # linted, of the held-out problems of a generator


@dataclass(frozen=True)
class Prepared:
    """A recipe with its parts made. `lint_reports` and `held_out` are by task and overall."""

    recipe: Recipe
    tasks: Mapping[str, Task]
    policy: Policy
    renderer: Renderer
    objective: Objective
    engine: BoundEngine
    held_out: Sequence[Problem]
    lint_reports: Mapping[str, LintReport]
    teacher: Policy | None = None
    playing: Playing = SINGLE_TURN

    def make_engine(self) -> Engine:
        """The engine of the recipe, sampling from the policy's own weights; from a copy of them
        where it samples while the policy learns, or with an adapter added in.
        """
        has_own = self.recipe.rollouts.max_staleness > 0 or self.recipe.model.lora is not None
        return self.engine.make(
            copy.deepcopy(self.policy.model) if has_own else self.policy.model,
            self.policy.tokenizer,
            end_token_ids=self.renderer.end_token_ids,
            max_rows=self.recipe.rollouts.max_rows,
        )

    def verifier_records(self) -> tuple[VerifierRecord, ...]:
        """Who judges each task."""
        return tuple(
            VerifierRecord(
                task=name,
                name=task.verifier.name,
                version=task.verifier.version,
                digest=task.verifier.digest,
                proves=task.verifier.proves,
                cannot=task.verifier.cannot,
            )
            for name, task in self.tasks.items()
        )


def prepare(bound: Bound) -> Prepared:
    """Bind, load and lint; raises before anything is written."""
    objective = make_objective(bound.recipe)
    recipe: Recipe = switched_on(bound.recipe, objective)
    require_compatible(recipe.rollouts, recipe.training, with_greedy=objective.baseline == "greedy")
    engine = bind_engine(recipe.rollouts.engine.kind, recipe.rollouts.engine.switches)
    tasks = bind_tasks(recipe, provenance=bound.provenance)
    tasks = with_preference(tasks, recipe, device=recipe.model.device)
    policy = make_policy(recipe.model, seed=recipe.seed)
    teacher = load_teacher(recipe.teacher.path, policy) if recipe.teacher else None
    renderer = Renderer(policy.tokenizer)
    held_out = held_out_problems(tasks, recipe.evaluation.problems)
    prepared = Prepared(
        recipe=recipe,
        tasks=tasks,
        policy=policy,
        renderer=renderer,
        objective=objective,
        engine=engine,
        held_out=held_out,
        lint_reports={
            section.name: lint_task(
                tasks[section.name], renderer, recipe, policy.max_context, allow=section.allow
            )
            for section in recipe.task
        },
        teacher=teacher,
        playing=bind_playing(recipe, tasks, renderer),
    )
    for name, report in prepared.lint_reports.items():
        report.raise_if_fatal(where=f"task {name}")
    if not held_out:
        raise DataError(
            "there are no held-out problems",
            cause="a source too small for its held_out_share",
            remedy="give held_out_path, or raise source.held_out_share",
        )
    return prepared


def lint_task(
    task: Task,
    renderer: Renderer,
    recipe: Recipe,
    max_context: int,
    *,
    allow: Sequence[str] = (),
) -> LintReport:
    """A finite source whole; of a generator, the problems of a first step and of an evaluation."""
    source = task.source
    if isinstance(source, FixedProblems):
        train, held_out = source.train_problems, source.held_out_problems
    else:
        train = source.train(recipe.training.problems_per_step, step=1, seed=recipe.seed)
        held_out = source.held_out(
            min(recipe.evaluation.problems, _EVALUATED_OF_A_GENERATOR), seed=0
        )
    return lint(
        train,
        held_out,
        check_reference=lambda problem: reference_fault(task, problem),
        count_tokens=lambda problem: len(renderer.prompt(problem.prompt)),
        max_prompt_tokens=max_context - 1,
        allow=tuple(allow),
    )


def reference_fault(task: Task, problem: Problem) -> str | None:
    """Why the task's verifier does not accept the problem's own reference; None if it does."""
    verdict = task.verifier.check_reference(problem)
    if verdict is None or verdict.is_correct:
        return None
    return describe(verdict)


def describe(verdict: Verdict) -> str:
    """A rejection in one line."""
    why = verdict.evidence.get("why", "")
    reason = "" if verdict.reason is Reason.CORRECT else str(verdict.reason)
    return f"{verdict.verifier}: {reason}{f' ({why})' if why else ''}"


def environment_facts(prepared: Prepared) -> dict[str, Any]:
    """What only this layer knows of the machine."""
    precision = pick_precision(prepared.recipe.model.precision, prepared.policy.device)
    facts = {
        "torch_threads": torch.get_num_threads(),
        "engine": prepared.engine.kind,
        "precision": str(precision).removeprefix("torch."),
    }
    return facts | sandbox_facts()
