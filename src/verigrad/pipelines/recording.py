"""What a run's record says beside its numbers: who judged, on what, by which rules, and what not.

Everything here repeats between two runs of one recipe and seed: it holds no clock.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

from verigrad.core.config import bind, flatten
from verigrad.core.digests import digest_file, digest_json
from verigrad.core.errors import ConfigError
from verigrad.core.recipe import Recipe
from verigrad.curriculum.curriculum import Curriculum
from verigrad.judging.sources import FixedProblems
from verigrad.judging.task import Task
from verigrad.pipelines.objective import make_objective, switched_on
from verigrad.pipelines.prepare import Prepared
from verigrad.pipelines.trust import decision
from verigrad.records.rollouts import Fate, read_columns
from verigrad.records.run import RunFolder

_FIRST = 5
_NOT_DONE = "not done"


def run_facts(
    prepared: Prepared, run: RunFolder, curriculum: Curriculum | None = None
) -> dict[str, Any]:
    """`RunRecord.facts`: plain JSON."""
    recipe = prepared.recipe
    trust = decision(run)
    return {
        "prompts": {name: _prompts(prepared, task) for name, task in prepared.tasks.items()},
        "splits": {
            "held_out_problems": len(prepared.held_out),
            "held_out_digest": _digest([p.id for p in prepared.held_out]),
            "rule": "a problem's side is decided by its content; equal questions are on one side",
        },
        "verifiers": {
            section.name: {
                "kind": section.verifier.kind,
                "switches": dict(section.verifier.switches),
                "card": _card(run, section.name),
                "shadow": section.shadow.kind if section.shadow else None,
                "held_out": section.held_out.kind if section.held_out else None,
            }
            for section in recipe.task
        },
        "sampling": recipe.rollouts.model_dump(mode="json"),
        "objective": {"preset": recipe.objective.preset, **asdict(prepared.objective)},
        "rules": _rules(prepared),
        "not_scored": _not_scored(run),
        "decontamination": _decontamination(prepared),
        "evaluations": {
            "capability": sorted(run.evaluations()),
            "safety": _NOT_DONE,
        },
        "environment": digest_file(run.path / "environment.json")[:16],
        "parents": _parents(prepared),
        "overrides": _overrides(run),
        "gate": trust or {"objections": [], "accepted_risk": ""},
        "alarms": sorted(alarm["name"] for alarm in run.alarms()),
        **({} if curriculum is None else {"curriculum": _curriculum(curriculum)}),
    }


def _curriculum(curriculum: Curriculum) -> dict[str, Any]:
    """Which problems could be asked, and by which profile."""
    path = Path(curriculum.section.profile)
    return {
        "profile": digest_file(path)[:16] if path.is_file() else None,
        "pools": {
            name: {"problems": len(pool), "digest": _digest([problem.id for problem in pool])}
            for name, pool in curriculum.pools.items()
        },
    }


def _prompts(prepared: Prepared, task: Task) -> dict[str, Any]:
    """Where a task's problems are from, how many, and how long their prompts are."""
    source, recipe = task.source, prepared.recipe
    is_finite = isinstance(source, FixedProblems)
    sample = source.train(recipe.training.problems_per_step, step=1, seed=recipe.seed)
    lengths = sorted(len(prepared.renderer.prompt(problem.prompt)) for problem in sample)
    return {
        "weight": task.weight,
        "training_problems": len(source.train_problems) if is_finite else "generated",
        "first_step_digest": None
        if recipe.curriculum.is_on
        else _digest([problem.id for problem in sample]),
        "prompt_tokens": {
            "shortest": lengths[0],
            "median": median(lengths),
            "longest": lengths[-1],
        },
    }


def _rules(prepared: Prepared) -> dict[str, Any]:
    """Which rollouts and groups do not teach, and how rewards are scaled."""
    objective, recipe = prepared.objective, prepared.recipe
    return {
        "unscored_rollouts": "masked out of every advantage, counted",
        "groups_without_spread": "drawn again"
        if recipe.training.resample_groups
        else "dropped: their advantages are zero",
        "resample_groups": recipe.training.resample_groups,
        "baseline": objective.baseline,
        "scaling": objective.scaling,
        "rewards": {
            section.name: section.reward.model_dump(mode="json") for section in recipe.task
        },
    }


def _not_scored(run: RunFolder) -> dict[str, Any]:
    """Recorded rollouts that could not be judged: how many by reason, and the first addresses."""
    counts: Counter[str] = Counter()
    first: list[str] = []
    for step, path in run.rollout_files():
        read = read_columns(path, ["fate", "reason", "group", "sample"])
        for fate, reason, group, sample in zip(*read.values(), strict=True):
            if fate == Fate.NOT_SCORED:
                counts[reason] += 1
                if len(first) < _FIRST:
                    first.append(f"step {step} group {group} sample {sample}: {reason}")
    return {"counts": dict(sorted(counts.items())), "first": first}


def _decontamination(prepared: Prepared) -> dict[str, Any]:
    """What the lint compared; nothing else was."""
    return {
        name: {
            "training_against_held_out": [line for line in report.lines() if "leak" in line.lower()]
            or "no problem of the training set stands among the held-out ones (those looked at)",
            "against_other_benchmarks": _NOT_DONE,
        }
        for name, report in prepared.lint_reports.items()
    }


def _parents(prepared: Prepared) -> list[dict[str, Any]]:
    """The model that this one was made from."""
    path = prepared.recipe.model.path
    if path is None:
        return []
    recipe = prepared.recipe
    others = (("teacher", recipe.teacher), ("reward model", recipe.reward_model))
    return [
        {"role": "start", "model": path},
        *({"role": role, "model": section.path} for role, section in others if section),
    ]


def _overrides(run: RunFolder) -> dict[str, Any]:
    """The values that `--set` gave: those that the recipe's text alone does not resolve to."""
    try:
        alone = bind(Recipe, run.recipe_text).recipe
        alone = switched_on(alone, make_objective(alone))
    except ConfigError:  # a text that needs its overrides to be a recipe at all
        return {"recipe.toml": "does not stand alone; see resolved.json"}
    plain, now = flatten(alone.model_dump(mode="json")), flatten(run.resolved)
    return {key: now.get(key) for key in sorted(now) if now[key] != plain.get(key)}


def _card(run: RunFolder, task: str) -> str | None:
    path = run.path / "audit" / f"card-{task}.json"
    return digest_file(path)[:16] if path.is_file() else None


def _digest(ids: list[str]) -> str:
    return digest_json(sorted(ids))[:16]
