"""Recipe -> the learner of a stage."""

from __future__ import annotations

from verigrad.core.recipe import Recipe
from verigrad.pipelines.prepare import Prepared
from verigrad.training.learner import Learner
from verigrad.training.options import CriticOptions, LearnerOptions


def make_learner(prepared: Prepared, *, is_rl: bool) -> Learner:
    """A learner on the policy's present weights; in the RL stage with critic and teacher."""
    needs_critic = is_rl and prepared.objective.needs_critic
    critic = critic_options(prepared.recipe) if needs_critic else None
    learner = Learner(prepared.policy, learner_options(prepared.recipe, critic=critic))
    learner.teacher = prepared.teacher if is_rl else None
    return learner


def learner_options(recipe: Recipe, *, critic: CriticOptions | None = None) -> LearnerOptions:
    """What a recipe says of the optimizer and of how a step is computed."""
    training = recipe.training
    return LearnerOptions(
        precision=recipe.model.precision,
        optimizer=training.optimizer,
        beta1=training.beta1,
        beta2=training.beta2,
        weight_decay=training.weight_decay,
        max_gradient_norm=training.max_gradient_norm,
        tokens_per_micro_batch=training.tokens_per_micro_batch,
        recompute_layers=training.recompute_layers,
        critic=critic,
    )


def critic_options(recipe: Recipe) -> CriticOptions:
    """The critic's learning rate as a multiple of the policy's."""
    rate, peak = recipe.critic.learning_rate, recipe.training.learning_rate
    multiple = 1.0 if rate is None else rate / peak
    return CriticOptions(is_shared=recipe.critic.kind == "shared", rate_multiple=multiple)
