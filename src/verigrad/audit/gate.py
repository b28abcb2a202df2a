"""Whether a verifier may train a model: its card looked up by digest, and held to a rule."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable
from dataclasses import dataclass
from importlib import resources
from pathlib import Path

from verigrad.audit.card import AUDIT_VERSION, Card
from verigrad.audit.cases import Fault
from verigrad.audit.probes import REFERENCES
from verigrad.core.errors import DataError
from verigrad.records.atomic import write_json

FOLDER_VARIABLE = "VERIGRAD_CARDS"


@dataclass(frozen=True, slots=True)
class GateRule:
    """probe_limit: the share of a probe's cases that may be paid. references_limit: the share of
    references that may fail.
    """

    probe_limit: float = 0.0
    references_limit: float = 0.02


def objections(card: Card, rule: GateRule | None = None) -> list[str]:
    """Why this card lets its verifier train nobody; empty where it may."""
    rule = rule or GateRule()
    found = []
    if card.audit_version != AUDIT_VERSION:
        found.append(f"the card is stale: audit version {card.audit_version}, now {AUDIT_VERSION}")
    if not card.probes:
        found.append("no probe could be run: the audit had no problem that it could read")
    found += _about_references(card, rule)
    for row in card.probes:
        if not row.is_soft and row.name != REFERENCES:
            found += _about_probe(row.name, row.cases, dict(row.faults), rule)
    found += [
        f"verdicts are not stable: {check.differed} of {check.compared} differ {check.name}"
        for check in card.stability
        if check.differed and not check.is_soft
    ]
    found += [
        f"leaks, {check.name}: {check.examples[0]}"
        + (f", and {check.found - 1} more" if check.found > 1 else "")
        for check in card.leaks
        if check.found and not check.is_soft
    ]
    return found + _about_rates(card)


def _about_references(card: Card, rule: GateRule) -> list[str]:
    row = card.row(REFERENCES)
    if row is None:
        return ["no reference could be tried: none can be written as a response"]
    bad = sum(row.faults.get(str(f), 0) for f in (Fault.REFUSED, Fault.CRASHED))
    if bad > rule.references_limit * row.cases:
        return [f"{bad} of {row.cases} references do not pass their own verifier"]
    return []


def _about_probe(name: str, cases: int, faults: dict[str, int], rule: GateRule) -> list[str]:
    found = []
    paid = faults.get(str(Fault.PAID), 0)
    if paid > rule.probe_limit * cases:
        found.append(f"{name}: {paid} of {cases} wrong responses are paid")
    for fault, says in (
        (Fault.EFFECT, "ran code of the response"),
        (Fault.SLOW, "took too long"),
        (Fault.CRASHED, "gave no score"),
        (Fault.REFUSED, "refused a right answer"),
    ):
        if count := faults.get(str(fault), 0):
            found.append(f"{name}: {says} in {count} of {cases} cases")
    return found


def _about_rates(card: Card) -> list[str]:
    found = []
    for rates, of in ((card.labelled, "labelled responses"), (card.constructed, "cases made here")):
        youden = ((rates or {}).get("overall") or {}).get("youden")
        if youden is not None and youden[1] <= 0:
            found.append(
                f"on {of} J = {youden[0]:.2f}, and its lower bound {youden[1]:.2f} is not above 0: "
                "nothing shows that right answers are paid more often than wrong ones"
            )
    return found


def own_folder() -> Path:
    """Where cards lie if nothing else is said."""
    return Path(os.environ.get(FOLDER_VARIABLE) or "audits")


@dataclass(frozen=True, slots=True)
class CardStore:
    """Folders with `<digest>/card.json`; the first is where new ones go. Shipped cards are last."""

    folders: tuple[Path, ...]

    @staticmethod
    def at(*folders: Path | None) -> CardStore:
        """The given folders, else $VERIGRAD_CARDS, else `audits`; and the cards that ship."""
        own = tuple(folder for folder in folders if folder is not None) or (own_folder(),)
        shipped = Path(str(resources.files("verigrad.audit").joinpath("cards")))
        return CardStore((*own, shipped))

    def find(self, digest: str) -> Card | None:
        """The card of a verifier; None where there is none. DataError for a damaged one."""
        for folder in self.folders:
            path = folder / digest / "card.json"
            if path.is_file():
                try:
                    return Card.from_json(json.loads(path.read_bytes()))
                except (ValueError, TypeError, KeyError) as error:
                    raise DataError(
                        "a verifier card cannot be read",
                        where=str(path),
                        cause=str(error),
                        remedy="audit the verifier again: `verigrad audit`",
                    ) from None
        return None

    def write(self, card: Card) -> Path:
        """Put a card into the first folder; returns its own folder."""
        folder = self.folders[0] / card.digest
        folder.mkdir(parents=True, exist_ok=True)
        write_json(folder / "card.json", card.to_json())
        return folder


def looked_up(
    store: CardStore, digests: Iterable[tuple[str, str]], rule: GateRule | None = None
) -> tuple[dict[str, Card], list[str]]:
    """The cards found by task, and why the verifiers named (task, digest) may not train."""
    cards: dict[str, Card] = {}
    against = []
    for task, digest in digests:
        card = store.find(digest)
        if card is None:
            against.append(f"task `{task}`: its verifier ({digest}) has never been audited")
        else:
            cards[task] = card
            against += [f"task `{task}`: {why}" for why in objections(card, rule)]
    return cards, against
