"""Recipe -> objective: the preset with its changes, what it switches on, what it still lacks."""

from __future__ import annotations

from verigrad.algorithms import Objective, preset
from verigrad.core.errors import ConfigError
from verigrad.core.recipe import Part, Recipe, TaskSection

_RESAMPLES = 3  # rounds of dynamic sampling in a step, where the recipe does not say
_OVERLONG_SHARE = 0.2  # of the token limit: DAPO punishes the last 4096 of 20480


def make_objective(recipe: Recipe) -> Objective:
    """The preset with the recipe's changes; ConfigError names all that the recipe lacks for it."""
    objective = preset(recipe.objective.preset, **recipe.objective.changes)
    lacks = missing(recipe, objective)
    if lacks:
        raise ConfigError(
            f'objective "{recipe.objective.preset}" needs {" and ".join(lacks)}',
            where="objective.preset",
            cause="the recipe does not give that",
            remedy="; ".join(lacks.values()),
        )
    return objective


def missing(recipe: Recipe, objective: Objective) -> dict[str, str]:
    """What the objective needs and the recipe lacks -> how to give it."""
    lacks: dict[str, str] = {}
    if objective.estimator == "teacher" and recipe.teacher is None:
        lacks["a teacher"] = 'add `[teacher]` with `path = "..."`'
    if objective.estimator == "process":
        without = [task.name for task in recipe.task if task.steps is None]
        if without:
            tasks = ", ".join(without)
            lacks[f"step rewards of {tasks}"] = 'add `steps = { kind = "worked" }` to the task'
    if objective.estimator == "pass_at_k" and recipe.rollouts.num_rollouts < objective.pass_k:
        number = f"groups of at least pass_k = {objective.pass_k} rollouts"
        lacks[number] = "raise rollouts.num_rollouts, or lower objective.pass_k"
    if recipe.reference.kind == "ema" and recipe.model.lora is not None:
        lacks["a frozen reference, as LoRA has one"] = "leave out reference.kind or model.lora"
    training = recipe.training
    if training.control != "none" and not _reads_rewards(objective):
        without = f"no rewards, so `control = {training.control}` changes nothing"
        lacks[without] = "leave training.control out"
    if training.noise is not None and not _reads_rewards(objective):
        lacks["no rewards, so `training.noise` changes nothing"] = "leave training.noise out"
    return lacks


def _reads_rewards(objective: Objective) -> bool:
    return objective.estimator not in ("process", "teacher", "constant")


def switched_on(recipe: Recipe, objective: Objective) -> Recipe:
    """The recipe with what its objective asks of sampling and reward, where it says nothing itself.

    Dynamic sampling draws groups without spread again; overlong shaping takes up to 1 from
    responses in the last fifth before the token limit (DAPO, arXiv 2503.14476).
    """
    if objective.dynamic_sampling and recipe.training.resample_groups is None:
        training = recipe.training.model_copy(update={"resample_groups": _RESAMPLES})
        recipe = recipe.model_copy(update={"training": training})
    if objective.overlong_shaping:
        limit = recipe.rollouts.max_output_tokens
        tasks = tuple(_with_overlong(task, limit) for task in recipe.task)
        recipe = recipe.model_copy(update={"task": tasks})
    return recipe


def _with_overlong(task: TaskSection, limit: int) -> TaskSection:
    if task.reward.overlong is not None:
        return task
    buffer = max(1, int(_OVERLONG_SHARE * limit))
    part = Part.model_validate({"kind": "dapo", "max_tokens": limit, "buffer": buffer})
    reward = task.reward.model_copy(update={"overlong": part})
    return task.model_copy(update={"reward": reward})
