"""The stage that attacks the verifiers of its tasks; the stages after it accept its cards."""

from __future__ import annotations

from verigrad.audit.gate import CardStore, GateRule
from verigrad.audit.running import Bounds
from verigrad.core.errors import HaltedError
from verigrad.core.stages import AuditStage
from verigrad.pipelines.audit import audit_tasks
from verigrad.pipelines.audit_targets import AuditSettings
from verigrad.pipelines.stages.output import CARDS, Output, Work
from verigrad.records.atomic import new_folder, write_json


def audit_stage(work: Work) -> Output:
    """A card for each verifier; HaltedError (exit 6) where the gate would refuse one.

    The cards stay in the stage's folder also then, to be read. What a card says of time differs
    from run to run, so the figures are counts alone.
    """
    stage = work.stage
    assert isinstance(stage, AuditStage)
    recipe = work.pipeline.recipe_of(stage)
    with new_folder(work.folder) as folder:
        found = audit_tasks(
            work.bound(),
            AuditSettings(most_problems=stage.problems),
            store=CardStore((folder / CARDS,)),
            rule=GateRule(recipe.trust.probe_limit, recipe.trust.references_limit),
            bounds=Bounds(limit_s=stage.limit_s),
        )
        against = [f"{one.card.target}: {why}" for one in found for why in one.objections]
        verifiers = {one.card.target: one.card.digest for one in found}
        write_json(
            folder / "verifiers.json",
            {"digests": verifiers, "objections": against, "accepted_risk": work.accept_risk or ""},
        )
    if against and not work.accept_risk:
        pages = [str(path) for path in sorted((work.folder / CARDS).glob("*/card.html"))]
        raise HaltedError(
            f"{len(against)} objections to the verifiers:\n"
            + "\n".join(f"  - {why}" for why in against),
            where=f"stage {stage.name}; the cards: {', '.join(pages)}",
            cause="the audit found faults",
            remedy="mend the verifier, or go on with `--accept-risk REASON`",
        )
    figures = {"verifiers": float(len(verifiers)), "objections": float(len(against))}
    return Output(figures=figures, cards=work.folder / CARDS)
