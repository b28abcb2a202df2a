"""Any checkpoint on the held-out problems of any recipe."""

from __future__ import annotations

from verigrad.core.config import Bound
from verigrad.core.recipe import ModelSection
from verigrad.evaluation.evaluate import Evaluated, evaluate
from verigrad.pipelines.prepare import prepare


def evaluate_model(bound: Bound, model: str) -> Evaluated:
    """Greedy answers of `model` to the recipe's held-out problems, judged by its verifiers."""
    recipe = bound.recipe.model_copy(
        update={"model": ModelSection(path=model, precision=bound.recipe.model.precision)}
    )
    prepared = prepare(Bound(recipe, bound.text, bound.provenance))
    return evaluate(
        prepared.tasks,
        prepared.held_out,
        engine=prepared.make_engine(),
        renderer=prepared.renderer,
        max_output_tokens=recipe.evaluation.max_output_tokens or recipe.rollouts.max_output_tokens,
        name="evaluation",
        step=0,
        playing=prepared.playing,
    )
