"""MODEL_CARD.md: a run for people who meet the model later, from its record alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from verigrad.core.errors import DataError
from verigrad.records.atomic import write_text
from verigrad.records.evaluation import Evaluation
from verigrad.records.record import RunRecord
from verigrad.records.run import RunFolder


def write_model_card(run: RunFolder) -> Path:
    """Write MODEL_CARD.md into an ended run and its chain; DataError where there is no record."""
    record = run.record()
    if record is None:
        raise DataError("the run has no record yet", where=str(run.path), remedy="let it end first")
    path = run.path / "MODEL_CARD.md"
    write_text(path, run_card(record, run.evaluations()))
    run.note(path)
    return path


def run_card(record: RunRecord, evaluations: Mapping[str, Evaluation]) -> str:
    """Markdown with the hub's YAML head. What was not measured is said to be so."""
    facts = record.facts
    lines = [
        "---", "library_name: transformers", "pipeline_tag: text-generation",
        "tags: [verigrad, rlvr]", "---", "",
        f"# {record.name}", "",
        f"{record.num_parameters:,} parameters, from {record.model}; {record.steps} steps of "
        f"`{record.objective}` with {record.num_rollouts} rollouts a problem, seed {record.seed}. "
        f"The run is {record.ending}"
        + (f": {record.halted_because}." if record.halted_because else "."),
        "",
        *_accuracy(evaluations),
        "## What was rewarded", "",
        *_verifiers(record),
        *_gate(record),
        "## What it was trained on", "",
        *[
            f"- `{name}` (weight {prompt['weight']}): {prompt['training_problems']} problems, "
            f"prompts of {prompt['prompt_tokens']['shortest']} to "
            f"{prompt['prompt_tokens']['longest']} tokens"
            for name, prompt in facts.get("prompts", {}).items()
        ],
        "",
        "## What was not done", "",
        *_not_done(record),
        "",
        "Every rollout, verdict, reward and setting is in the run folder; `verigrad check` proves "
        "that none was altered, `verigrad reverify` judges them again.",
    ]  # fmt: skip
    return "\n".join(lines) + "\n"


def _accuracy(evaluations: Mapping[str, Evaluation]) -> list[str]:
    if not evaluations:
        return ["No evaluation was made.", ""]
    ordered = sorted(evaluations.values(), key=lambda found: (found.step, found.name == "after"))
    rows = [
        "| held-out, greedy | step | accuracy | 95 % interval | problems |",
        "|---|---|---|---|---|",
    ]
    rows += [
        f"| {found.name} | {found.step} | {found.accuracy:.1%} | {found.low:.1%} to "
        f"{found.high:.1%} | {found.num_problems} |"
        for found in ordered
    ]
    return [*rows, ""]


def _verifiers(record: RunRecord) -> Sequence[str]:
    told = record.facts.get("verifiers", {})
    lines = []
    for verifier in record.verifiers:
        own = told.get(verifier.task, {})
        card = f"card `{own['card']}`" if own.get("card") else "**no card: never audited**"
        lines.append(
            f"- `{verifier.task}`: `{verifier.name}` {verifier.version}, digest "
            f"`{verifier.digest}`, {card}. A pass shows that "
            f"{verifier.proves or 'its rule holds'}; it does not show {verifier.cannot or 'more'}."
        )
    return [*lines, ""]


def _gate(record: RunRecord) -> list[str]:
    lines = []
    objections = record.facts.get("gate", {}).get("objections", [])
    if record.accepted_risk:
        lines += ["The gate spoke against it:", *(f"- {why}" for why in objections)]
        lines += [f"It was trained all the same. The reason given: {record.accepted_risk}", ""]
    if alarms := record.facts.get("alarms"):
        lines += [f"Alarms were raised while it trained: {', '.join(alarms)}.", ""]
    if record.control != "none":
        lines += [f"This is a control: its rewards were `{record.control}`.", ""]
    return lines


def _not_done(record: RunRecord) -> list[str]:
    facts = record.facts
    lines = []
    if facts.get("evaluations", {}).get("safety") == "not done":
        lines.append("- no safety evaluation")
    if any(
        one.get("against_other_benchmarks") == "not done"
        for one in facts.get("decontamination", {}).values()
    ):
        lines.append("- no decontamination against benchmarks")
    counts = facts.get("not_scored", {}).get("counts", {})
    if counts:
        told = ", ".join(f"{count} {reason}" for reason, count in counts.items())
        lines.append(f"- rollouts that could not be judged, and did not teach: {told}")
    return lines or ["Nothing is known to be missing."]
