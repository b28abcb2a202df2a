"""Sections of a pipeline: a recipe whose `[[stage]]` entries run in the order of their parents."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import ConfigDict, Field, model_validator

from verigrad.core.config import Bound, Strict, read
from verigrad.core.recipe import ModelSection, Recipe, WarmUpSection

_OVERLAYS = ("rollouts", "objective", "critic", "reference", "training", "evaluation", "curriculum")


class GateSection(Strict):
    """A number that must lie between `at_least` and `at_most`; at least one of the two is given.

    `accuracy`: greedy, on held-out problems, of the model that comes in (entry) or goes out (exit).
    `gain`: that of the model that goes out less that of the one that came in; `at_least = -0.02`
    allows a regression of two points (exit only). `regression`: the greatest loss of accuracy among
    the recipe's tasks that are not this stage's, or among all where all are (exit only).
    `spread`: the share of training problems whose rollouts are neither all right nor all wrong.
    `kept`: rows that a `reject` stage kept, or problems that a `profile` did (exit).
    `card_objections`: how many reasons speak against the cards of the verifiers, a missing card
    being one. `task` asks about that one alone.
    With `is_certain` the bad end of an accuracy's interval must keep it too.
    """

    measure: Literal["accuracy", "gain", "regression", "spread", "kept", "card_objections"]
    at_least: float | None = None
    at_most: float | None = None
    task: str | None = None
    is_certain: bool = False

    @model_validator(mode="after")
    def _bounds(self) -> Self:
        if self.at_least is None and self.at_most is None:
            raise ValueError("give `at_least` or `at_most`")
        if self.is_certain and self.measure != "accuracy":
            raise ValueError("`is_certain` is for `accuracy`: only that has an interval")
        return self


class StageSection(Strict):
    """What all stages share.

    `from` names the stages it builds on; its model is that of the first of them that has one, or
    `model`, or the recipe's. `tasks` are names of the recipe's tasks (all, if left out). The tables
    replace keys of the recipe's sections for this stage alone.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    name: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_\-]*$")
    parents: tuple[str, ...] = Field(default=(), alias="from")
    tasks: tuple[str, ...] = ()
    model: ModelSection | None = None
    entry: tuple[GateSection, ...] = ()
    exit: tuple[GateSection, ...] = ()
    rollouts: dict[str, Any] = Field(default_factory=dict)
    objective: dict[str, Any] = Field(default_factory=dict)
    critic: dict[str, Any] = Field(default_factory=dict)
    reference: dict[str, Any] = Field(default_factory=dict)
    training: dict[str, Any] = Field(default_factory=dict)
    evaluation: dict[str, Any] = Field(default_factory=dict)
    curriculum: dict[str, Any] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _gates_fit(self) -> Self:
        if any(gate.measure in ("gain", "regression", "kept") for gate in self.entry):
            raise ValueError("`gain`, `regression` and `kept` are for `exit`: nothing was made yet")
        return self

    @property
    def overlays(self) -> dict[str, dict[str, Any]]:
        """Sections with keys that this stage replaces."""
        return {name: getattr(self, name) for name in _OVERLAYS if getattr(self, name)}


class SftStage(StageSection, WarmUpSection):
    """Supervised: on the rows of its data parents, else on the tasks' worked solutions."""

    kind: Literal["sft"]

    @property
    def supervised(self) -> WarmUpSection:
        """Its own switches as the section the supervised loop reads."""
        return WarmUpSection(**{name: getattr(self, name) for name in WarmUpSection.model_fields})


class FuseStage(SftStage):
    """Supervised, on every row twice: thinking behind `/think`, and without behind `/no_think`.

    A solution without the marks is split before its last line or step: what comes before
    `splits_at` (its last occurrence) is the thinking.
    """

    kind: Literal["fuse"]  # pyright: ignore[reportIncompatibleVariableOverride] (another tag)
    opens: str = "<think>"
    closes: str = "</think>"
    splits_at: str = "\\boxed"


class ScoredStage(StageSection):
    """May score its answers by a preference model: `reward_model` names one of its parents."""

    reward_model: str | None = None


class RlStage(ScoredStage):
    """Reinforcement learning by the recipe's objective, or this stage's; on what `profile`, one of
    its parents, keeps of the pool.
    """

    kind: Literal["rl"]
    profile: str | None = None


class ProfileStage(StageSection):
    """Curation: `num_samples` answers to each problem of the pool (`curriculum = { pool = ... }`).

    What is right always or never is left out, or what is outside of `band`, and with `guesses` what
    is right at once without reasoning: answers of `guess_tokens` begun with `guess_start` behind
    the sentence `guess_asking`. Multiple choice too, unless `keep_choices`. As `verigrad profile`.
    """

    kind: Literal["profile"]
    num_samples: int = Field(default=8, ge=1)
    guesses: int = Field(default=0, ge=0)
    guess_tokens: int = Field(default=16, ge=1)
    guess_asking: str | None = None
    guess_start: str = ""
    band: tuple[float, float] = (0.0, 1.0)
    keep_choices: bool = False

    @model_validator(mode="after")
    def _not_empty(self) -> Self:
        if not 0.0 <= self.band[0] < self.band[1] <= 1.0:
            raise ValueError("`band` needs 0 <= low < high <= 1")
        return self


class DistillStage(StageSection):
    """On-policy distillation: the student samples, and `teacher` (a parent) is its reward.

    Distillation on a teacher's traces is `sft` on a `reject` of the teacher.
    """

    kind: Literal["distill"]
    teacher: str

    @model_validator(mode="after")
    def _is_parent(self) -> Self:
        if self.teacher not in self.parents:
            raise ValueError("`teacher` must be one of `from`")
        return self


class RejectStage(StageSection):
    """Rejection sampling: `problems` of each task, `num_samples` answers to each.

    Kept is what the verifiers pass, is finished, has between `min_chars` and `max_chars`, at least
    `language_share` of its words in `language`, no word run of four repeated more than
    `max_repeats` times, and is no duplicate; at most `per_problem` of a problem. `mix` adds worked
    solutions: task -> rows. Where one problem has right and wrong answers, up to `per_problem`
    pairs are written for `dpo` and `reward_model`.
    """

    kind: Literal["reject"]
    problems: int = Field(default=256, ge=1)
    num_samples: int = Field(default=8, ge=1)
    per_problem: int = Field(default=2, ge=1)
    language: str | None = None
    language_share: float = Field(default=0.9, ge=0.0, le=1.0)
    min_chars: int = Field(default=1, ge=0)
    max_chars: int | None = Field(default=None, ge=1)
    max_repeats: int = Field(default=4, ge=1)
    mix: dict[str, int] = Field(default_factory=dict)


class PairsStage(StageSection):
    """What learns from pairs or from labelled steps: `steps` batches of `pairs_per_step`."""

    steps: int = Field(default=50, ge=1)
    pairs_per_step: int = Field(default=16, ge=1)
    learning_rate: float = Field(default=1e-5, gt=0.0)
    warm_up_steps: int = Field(default=5, ge=0)
    final_rate_share: float = Field(default=0.1, ge=0.0, le=1.0)


class PreferenceStage(PairsStage):
    """Learns from pairs (better, worse): those of its parents, else of the file `path`.

    A row of the file (JSONL or Parquet) has `prompt`, `chosen` and `rejected`: texts or messages.
    """

    path: str | None = None


class DpoStage(PreferenceStage):
    """Direct preference optimisation against the model that comes in."""

    kind: Literal["dpo"]
    beta: float = Field(default=0.1, gt=0.0)


class RewardModelStage(PreferenceStage):
    """A Bradley-Terry model, begun from the model that comes in."""

    kind: Literal["reward_model"]
    centre_coefficient: float = Field(default=0.0, ge=0.0)


class ProcessRewardModelStage(PairsStage):
    """A scorer of steps, begun from the model that comes in; `pairs_per_step` counts answers.

    `num_samples` answers to each of `problems` are cut at every `separator`. A step's label comes
    from the task's step judge (`steps`) if it has one; else it is the share of right answers among
    `completions` that go on from there.
    """

    kind: Literal["process_reward_model"]
    problems: int = Field(default=128, ge=1)
    num_samples: int = Field(default=4, ge=1)
    completions: int = Field(default=4, ge=1)
    separator: str = Field(default="\n", min_length=1)


class AuditStage(StageSection):
    """The audit of the verifiers of its tasks, on `problems` of each; no model takes part.

    The stages after it accept its cards. It halts where the gate would refuse one.
    """

    kind: Literal["audit"]
    problems: int = Field(default=64, ge=1)
    limit_s: float = Field(default=10.0, gt=0.0)


class MergeStage(StageSection):
    """The weighted average of the parents' weights; equal `weights` if they are left out."""

    kind: Literal["merge"]
    weights: tuple[float, ...] = ()

    @model_validator(mode="after")
    def _one_weight_each(self) -> Self:
        if len(self.parents) < 2:
            raise ValueError("a merge needs at least two stages in `from`")
        if self.weights and (len(self.weights) != len(self.parents) or sum(self.weights) <= 0):
            raise ValueError("give one weight for each of `from`, with a sum above 0")
        return self


class EvaluateStage(ScoredStage):
    """Greedy accuracy on held-out problems; once for each thinking budget, if there are any.

    With `num_samples` also pass@k and maj@k of so many answers drawn at `temperature` (else that of
    the rollouts); length and facts are then theirs.
    """

    kind: Literal["evaluate"]
    budgets: tuple[int, ...] = ()
    num_samples: int = Field(default=0, ge=0)
    temperature: float | None = Field(default=None, gt=0.0)

    @model_validator(mode="after")
    def _one_or_the_other(self) -> Self:
        if self.budgets and self.num_samples:
            raise ValueError("give `budgets` or `num_samples`, and not both")
        return self


Stage = Annotated[
    SftStage
    | FuseStage
    | RlStage
    | DistillStage
    | ProfileStage
    | RejectStage
    | DpoStage
    | RewardModelStage
    | ProcessRewardModelStage
    | AuditStage
    | MergeStage
    | EvaluateStage,
    Field(discriminator="kind"),
]


class PipelineRecipe(Recipe):
    """A recipe in stages. Its sections are what every stage starts from."""

    stage: tuple[Stage, ...] = Field(min_length=1)

    @model_validator(mode="after")
    def _one_line_of_descent(self) -> Self:
        known: dict[str, StageSection] = {}
        tasks = {task.name for task in self.task}
        for stage in self.stage:
            if stage.name in known:
                raise ValueError(f"stage names must differ; twice: {stage.name}")
            if unknown := sorted(set(stage.parents) - known.keys()):
                raise ValueError(f"stage {stage.name}: no stage before it is called {unknown}")
            mixed = set(stage.mix) if isinstance(stage, RejectStage) else set()
            asked = {gate.task for gate in (*stage.entry, *stage.exit) if gate.task is not None}
            if unknown := sorted((set(stage.tasks) | mixed | asked) - tasks):
                raise ValueError(f"stage {stage.name}: the recipe has no task {unknown}")
            for role, kind in (("reward_model", RewardModelStage), ("profile", ProfileStage)):
                maker = getattr(stage, role, None)
                if maker is None:
                    continue
                if maker not in stage.parents:
                    raise ValueError(f"stage {stage.name}: `{role}` must be one of `from`")
                if not isinstance(known[maker], kind):
                    raise ValueError(f"stage {stage.name}: {maker} makes no {role}")
            known[stage.name] = stage
        return self

    def recipe_of(self, stage: StageSection, **sections: Any) -> Recipe:
        """The recipe of one stage; `sections` stand over those of the stage and the pipeline."""
        data = self.model_dump(exclude={"stage", "warm_up", "teacher"}, exclude_unset=True)
        data["name"] = f"{self.name}-{stage.name}"
        if stage.tasks:
            data["task"] = [task for task in data["task"] if task["name"] in stage.tasks]
        for name, overlay in stage.overlays.items():
            data[name] = {**data.get(name, {}), **overlay}
        return Recipe.model_validate({**data, **sections})


def read_either(path: Path, *, overrides: Sequence[str] = ()) -> Bound:
    """A recipe file, as a pipeline where it has `[[stage]]` entries; errors as `config.read`."""
    text = path.read_text("utf-8") if path.is_file() else ""
    is_pipeline = re.search(r"^\s*\[\[stage\]\]", text, re.MULTILINE)
    return read(PipelineRecipe if is_pipeline else Recipe, path, overrides=overrides)
