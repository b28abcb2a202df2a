"""What a pipeline would do: each stage's key, its costs, and whether it is done already."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.core.digests import digest_file, digest_json
from verigrad.core.recipe import Recipe
from verigrad.core.stages import (
    EvaluateStage,
    PairsStage,
    PipelineRecipe,
    PreferenceStage,
    ProcessRewardModelStage,
    ProfileStage,
    RejectStage,
    SftStage,
    StageSection,
)
from verigrad.judging.bind import make_verifier
from verigrad.pipelines.objective import make_objective
from verigrad.records.atomic import write_json
from verigrad.rewards import RewardRule

FILE, SCHEMA = "pipeline.json", "verigrad.pipeline/1"
_NOT_OF_THE_OUTPUT = {"entry", "exit", "parents"}
SPREAD_PROBLEMS = 64  # of each task, that a gate of spread samples


def read_state(out: Path) -> dict[str, dict[str, Any]]:
    """Stages by name, as the last run left them."""
    path = out / FILE
    return json.loads(path.read_bytes())["stages"] if path.is_file() else {}


def write_state(out: Path, name: str, stages: Mapping[str, Any], *, order: Sequence[str]) -> None:
    """The whole file at once; `order` is that of the recipe."""
    state = {"schema": SCHEMA, "name": name, "order": list(order), "stages": dict(stages)}
    write_json(out / FILE, state)


def stage_key(pipeline: PipelineRecipe, stage: StageSection, digests: Mapping[str, str]) -> str:
    """Digest of all that decides a stage's output: its settings and files, its verifiers with their
    code, its parents' outputs.

    Gates decide whether the pipeline goes on, not what comes out: they are left out.
    """
    recipe = pipeline.recipe_of(stage)
    sources = [task.source for task in recipe.task]
    named = [p for source in sources for p in (source.path, source.held_out_path) if p]
    if isinstance(stage, PreferenceStage) and stage.path is not None:
        named.append(stage.path)
    parts = [task.verifier for task in recipe.task]
    verifiers = [make_verifier(part.kind, part.switches).digest for part in parts]
    parents = [digests[name] for name in stage.parents]
    return digest_json(
        {
            "stage": stage.model_dump(mode="json", exclude=_NOT_OF_THE_OUTPUT),
            "recipe": recipe.model_dump(mode="json", exclude={"name"}),
            "files": [digest_file(Path(path)) for path in named if Path(path).is_file()],
            "verifiers": verifiers,
            "parents": parents,
        }
    )


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One stage as it would run. `max_tokens` bounds what it samples, evaluations included.

    Of a process reward model's answers one step each is counted: how many they have is not known.
    A profile of a whole file counts none: the file is not opened.
    """

    name: str
    kind: str
    parents: tuple[str, ...]
    steps: int
    samples: int
    max_tokens: int
    state: str  # "done", "to run", "to go on with"


@dataclass(frozen=True, slots=True)
class PipelinePlan:
    """All stages in their order."""

    name: str
    model: str
    stages: tuple[StagePlan, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        names = StagePlan.__dataclass_fields__
        stages = [{name: getattr(one, name) for name in names} for one in self.stages]
        return {"name": self.name, "model": self.model, "stages": stages}

    def text(self) -> str:
        """For people."""
        head = f"{'stage':<20}{'kind':<14}{'steps':>7}{'samples':>10}{'tokens <=':>17}  state"
        lines = [f"{self.name}: {len(self.stages)} stages, model {self.model}", head]
        for one in self.stages:
            after = f", from {', '.join(one.parents)}" if one.parents else ""
            lines.append(
                f"{one.name:<20}{one.kind:<14}{one.steps:>7,}{one.samples:>10,}"
                f"{one.max_tokens:>17,}  {one.state}{after}"
            )
        total = sum(one.max_tokens for one in self.stages if one.state != "done")
        return "\n".join([*lines, f"at most {total:,} tokens to sample; nothing was run"])


def plan(pipeline: PipelineRecipe, out: Path) -> PipelinePlan:
    """Check every stage's recipe, verifiers and objective; no model and no data is opened."""
    state, digests = read_state(out), {}
    stages = []
    for stage in pipeline.stage:
        recipe = pipeline.recipe_of(stage)
        make_objective(recipe)
        for task in recipe.task:
            make_verifier(task.verifier.kind, task.verifier.switches)
            RewardRule.from_section(task.reward)
        known = state.get(stage.name, {})
        word = "to run"
        is_ready = all(name in digests for name in stage.parents)
        if is_ready and known.get("key") == stage_key(pipeline, stage, digests):
            word = "done" if known["state"] == "done" else "to go on with"
        if word == "done":
            digests[stage.name] = known["digest"]
        stages.append(_planned(stage, recipe, word))
    model = pipeline.model.path or "built here"
    return PipelinePlan(pipeline.name, model, tuple(stages))


def _planned(stage: StageSection, recipe: Recipe, word: str) -> StagePlan:
    kind = str(getattr(stage, "kind", ""))
    steps, (samples, evaluations) = 0, _of_gates(stage, recipe)
    if isinstance(stage, SftStage):
        steps, evaluations = stage.steps, evaluations + 2
    elif isinstance(stage, PairsStage):
        steps = stage.steps
        if isinstance(stage, ProcessRewardModelStage):  # completions: of one step an answer
            answers = stage.problems * len(recipe.task) * stage.num_samples
            samples += answers * (1 + stage.completions)
    elif isinstance(stage, RejectStage):
        samples += stage.problems * len(recipe.task) * stage.num_samples
    elif isinstance(stage, ProfileStage):
        pool = recipe.curriculum.pool or 0
        samples += pool * len(recipe.task) * (stage.num_samples + stage.guesses)
    elif isinstance(stage, EvaluateStage):
        evaluations += max(1, len(stage.budgets))
        samples += stage.num_samples * recipe.evaluation.problems
    elif kind in ("rl", "distill"):
        training = recipe.training
        steps, evaluations = training.steps, evaluations + 2
        samples += steps * training.problems_per_step * recipe.rollouts.num_rollouts
        if training.evaluate_every:
            evaluations += steps // training.evaluate_every
    rows = samples + evaluations * recipe.evaluation.problems
    tokens = rows * recipe.rollouts.max_output_tokens
    return StagePlan(stage.name, kind, stage.parents, steps, samples, tokens, word)


def _of_gates(stage: StageSection, recipe: Recipe) -> tuple[int, int]:
    """Answers sampled by a stage's gates, and how often they evaluate the held-out problems."""
    measures = [gate.measure for gate in (*stage.entry, *stage.exit)]
    spread = SPREAD_PROBLEMS * len(recipe.task) * recipe.rollouts.num_rollouts
    times = {"accuracy": 1, "gain": 2, "regression": 2}
    return measures.count("spread") * spread, sum(times.get(measure, 0) for measure in measures)
