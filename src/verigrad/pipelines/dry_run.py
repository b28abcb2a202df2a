"""`train --dry-run`: everything a run would check, and the first batch as the model sees it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from verigrad.core.config import Bound
from verigrad.judging.sources import FixedProblems
from verigrad.pipelines.curriculum import make_curriculum
from verigrad.pipelines.prepare import Prepared, prepare

_SHOWN_CHARS = 600


@dataclass(frozen=True, slots=True)
class TaskPlan:
    """One task as it would be trained on."""

    name: str
    verifier: str
    digest: str
    num_train: int | None  # None: a generator without end
    num_held_out: int | None
    lint: tuple[str, ...]
    prompt: str  # the first problem, rendered with special tokens
    reference: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What a run would do."""

    name: str
    objective: str
    num_parameters: int
    max_context: int
    completions: int
    tasks: tuple[TaskPlan, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        tasks = [
            {name: getattr(task, name) for name in TaskPlan.__dataclass_fields__}
            for task in self.tasks
        ]
        own = {name: getattr(self, name) for name in Plan.__dataclass_fields__ if name != "tasks"}
        return {**own, "tasks": tasks}

    def text(self) -> str:
        """For people."""
        lines = [
            f"{self.name}: objective {self.objective}, {self.num_parameters:,} parameters, "
            f"context {self.max_context}, {self.completions:,} completions in all"
        ]
        for task in self.tasks:
            size = "generated" if task.num_train is None else f"{task.num_train:,} problems"
            held = "" if task.num_held_out is None else f", {task.num_held_out:,} held out"
            lines += [
                "",
                f"task {task.name}: {size}{held}; verifier {task.verifier} ({task.digest})",
                *(f"  {line}" for line in task.lint or ("lint: nothing found",)),
                "  first prompt, as the model sees it:",
                *(f"    {line}" for line in task.prompt[:_SHOWN_CHARS].splitlines()),
                f"  its reference: {task.reference}",
            ]
        return "\n".join([*lines, "", "nothing was trained or written"])


def dry_run(bound: Bound) -> Plan:
    """Bind, load, lint and render; raises what `train` would raise before its first step."""
    prepared = prepare(bound)
    make_curriculum(prepared)
    recipe = prepared.recipe
    return Plan(
        name=recipe.name,
        objective=recipe.objective.preset,
        num_parameters=prepared.policy.num_parameters,
        max_context=prepared.policy.max_context,
        completions=recipe.training.steps
        * recipe.training.problems_per_step
        * recipe.rollouts.num_rollouts,
        tasks=tuple(_task_plan(prepared, name) for name in prepared.tasks),
    )


def _task_plan(prepared: Prepared, name: str) -> TaskPlan:
    task = prepared.tasks[name]
    source = task.source
    finite = isinstance(source, FixedProblems)
    first = source.train(1, step=1, seed=prepared.recipe.seed)[0]
    ids = prepared.renderer.prompt(first.prompt)
    return TaskPlan(
        name=name,
        verifier=f"{task.verifier.name} {task.verifier.version}",
        digest=task.verifier.digest,
        num_train=len(source.train_problems) if finite else None,
        num_held_out=len(source.held_out_problems) if finite else None,
        lint=tuple(prepared.lint_reports[name].lines()),
        prompt=prepared.policy.tokenizer.decode(list(ids)),
        reference=str(first.answer),
    )
