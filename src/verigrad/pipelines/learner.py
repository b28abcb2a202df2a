"""Recipe -> the learner of a stage."""

from __future__ import annotations

from dataclasses import replace

from verigrad.core.recipe import Recipe
from verigrad.core.seeds import derive
from verigrad.pipelines.prepare import Prepared
from verigrad.training.adapters import add_adapter
from verigrad.training.learner import Learner
from verigrad.training.options import CriticOptions, LearnerOptions

_CRITIC_MULTIPLE = 10.0  # of the policy's rate: a critic starts from nothing and must keep up


def make_learner(prepared: Prepared, *, is_rl: bool) -> Learner:
    """A learner on the policy's present weights; in the RL stage with critic, adapter, teacher."""
    recipe, policy = prepared.recipe, prepared.policy
    needs_critic = is_rl and prepared.objective.needs_critic
    options = learner_options(recipe, critic=critic_options(recipe) if needs_critic else None)
    if not is_rl:
        return Learner(policy, options)
    if recipe.reference.kind == "ema" and prepared.objective.needs_reference:
        options = replace(options, reference_decay=recipe.reference.decay)
    if recipe.model.lora is not None:
        seed = derive("adapter", seed=recipe.seed)
        policy = add_adapter(policy, recipe.model.lora, seed=seed)
    learner = Learner(policy, options)
    learner.teacher = prepared.teacher
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
    multiple = _CRITIC_MULTIPLE if rate is None else rate / peak
    return CriticOptions(
        is_shared=recipe.critic.kind == "shared",
        rate_multiple=multiple,
        passes=recipe.critic.passes,
    )
