"""The model card that lies beside every checkpoint."""

from __future__ import annotations

from verigrad.pipelines.prepare import Prepared


def model_card(prepared: Prepared, *, stage: str, step: int) -> str:
    """Markdown with the hub's YAML head: what was trained, on what, judged by whom."""
    recipe = prepared.recipe
    verifiers = "\n".join(
        f"- `{v.task}`: verifier `{v.name}` {v.version}, digest `{v.digest}`. "
        f"A pass shows that {v.proves or 'its rule holds'}; it does not show {v.cannot or 'more'}."
        for v in prepared.verifier_records()
    )
    base = "" if recipe.model.path is None else f"base_model: {recipe.model.path}\n"
    origin = recipe.model.path or "random weights, built by the recipe"
    return (
        f"---\nlibrary_name: transformers\npipeline_tag: text-generation\n{base}"
        "tags: [verigrad, rlvr]\n---\n\n"
        f"# {recipe.name}\n\n"
        f"{prepared.policy.num_parameters:,} parameters, from {origin}. "
        f"Saved after {step} steps of stage `{stage}`.\n\n"
        f"Objective `{recipe.objective.preset}`, seed {recipe.seed}, "
        f"{recipe.rollouts.num_rollouts} rollouts of each of "
        f"{recipe.training.problems_per_step} problems a step.\n\n"
        f"## What was rewarded\n\n{verifiers}\n\n"
        "Accuracies with their intervals, every rollout and every verdict are in the run folder "
        "that this checkpoint lies in (`evaluation/`, `rollouts/`, `report.html`).\n"
    )
