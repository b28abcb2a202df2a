"""The gate before training: every verifier has a card that holds, or a reason is kept."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from verigrad.audit.card import Card
from verigrad.audit.gate import CardStore, GateRule, looked_up
from verigrad.core.errors import HaltedError
from verigrad.core.trust import TrustSection
from verigrad.judging.task import Task
from verigrad.records.atomic import write_json
from verigrad.records.run import RunFolder

FOLDER, DECISION = "audit", "trust.json"


@dataclass(frozen=True, slots=True)
class Clearance:
    """What the gate said: the cards found by task, what speaks against them, and why to go on."""

    cards: Mapping[str, Card] = field(default_factory=dict)
    objections: tuple[str, ...] = ()
    accepted: str = ""

    def write(self, run: RunFolder) -> None:
        """Put the decision and the cards into the run folder; a decision that is there is kept."""
        folder = run.path / FOLDER
        if (folder / DECISION).is_file():
            return
        folder.mkdir(exist_ok=True)
        for task, card in self.cards.items():
            write_json(folder / f"card-{task}.json", card.to_json())
        write_json(
            folder / DECISION,
            {"objections": list(self.objections), "accepted_risk": self.accepted},
        )
        run.note(*sorted(folder.iterdir()))


def store_of(section: TrustSection) -> CardStore:
    """Where a recipe looks for cards."""
    folders = (section.cards,) if isinstance(section.cards, str) else section.cards
    return CardStore.at(*(Path(folder) for folder in folders if folder))


def cards_of(tasks: Mapping[str, Task], section: TrustSection) -> tuple[dict[str, Card], list[str]]:
    """The cards of the tasks' verifiers, and what speaks against training by them."""
    rule = GateRule(section.probe_limit, section.references_limit)
    digests = [(name, task.verifier.digest) for name, task in tasks.items()]
    return looked_up(store_of(section), digests, rule)


def cleared(
    tasks: Mapping[str, Task], section: TrustSection, *, accept_risk: str | None = None
) -> Clearance:
    """Look every verifier's card up; HaltedError (exit 6) where one is missing or does not hold.

    With `accept_risk`, a reason in words, training goes on and the reason stays in the record.
    """
    cards, against = cards_of(tasks, section)
    reason = (accept_risk or "").strip()
    if against and not reason:
        raise HaltedError(
            "the verifier has not earned the right to train a model:\n"
            + "\n".join(f"  - {why}" for why in against),
            where=f"cards are looked up in {', '.join(map(str, store_of(section).folders[:-1]))}",
            cause="it was never audited with these switches, its code has changed since, or the "
            "audit found faults",
            remedy="run `verigrad audit RECIPE` (seconds) and read the card; or go on with "
            '`--accept-risk "why"`, and the reason stays in the record',
        )
    return Clearance(cards, tuple(against), reason if against else "")


def keep_reason(run: RunFolder, reason: str) -> None:
    """Add the reason of who goes on in spite of an alarm to what is recorded; nothing for ""."""
    said = decision(run)
    before = said["accepted_risk"]
    if not reason or reason in before:
        return
    path = run.path / FOLDER / DECISION
    write_json(path, {**said, "accepted_risk": f"{before}; {reason}" if before else reason})
    run.note(path)


def decision(run: RunFolder) -> dict[str, Any]:
    """What the gate decided when the run began; empty for runs older than the gate."""
    path = run.path / FOLDER / DECISION
    return json.loads(path.read_bytes()) if path.is_file() else {}
