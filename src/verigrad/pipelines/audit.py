"""`audit`: a verifier attacked and measured, and a card written that says what was found."""

from __future__ import annotations

import json
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from verigrad import __version__
from verigrad.audit.calibration import Calibration, Labelled, calibrate
from verigrad.audit.card import Card, findings, probe_rows, problem_facts
from verigrad.audit.cases import Must
from verigrad.audit.drift import corpus_of, drift, freeze
from verigrad.audit.gate import CardStore, GateRule, objections
from verigrad.audit.leaks import find_leaks
from verigrad.audit.mutants import survivals
from verigrad.audit.opinions import Opinion, Response, labelled_of, second_opinions
from verigrad.audit.probes import probes
from verigrad.audit.running import Bounds, Result, run_probes
from verigrad.audit.stability import stability
from verigrad.audit.values import kind_of
from verigrad.core.config import Bound
from verigrad.pipelines.audit_targets import (
    AuditSettings,
    Target,
    find_targets,
    read_labels,
    targets_of,
)
from verigrad.records.atomic import new_file
from verigrad.reports.card_page import card_markdown, write_card_page

QUEUE = "queue.jsonl"
Progress = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Audited:
    """A card, where it lies, and why the gate would refuse it (nothing where it would not)."""

    card: Card
    folder: Path
    objections: tuple[str, ...]
    queue: Path | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON: the whole card with it."""
        return {
            "card": self.card.to_json(),
            "folder": str(self.folder),
            "objections": list(self.objections),
            "queue": str(self.queue) if self.queue else None,
        }


def audit(
    target: str,
    settings: AuditSettings | None = None,
    *,
    store: CardStore | None = None,
    rule: GateRule | None = None,
    labels: Path | None = None,
    against: Path | None = None,
    solve_rate: float | None = None,
    bounds: Bounds | None = None,
    progress: Progress = lambda _: None,
) -> list[Audited]:
    """Audit everything that `target` names; one card for each verifier.

    `labels` are rows that `verigrad label` wrote, `against` a frozen corpus of an earlier audit,
    `solve_rate` how often the policy is right at present.
    """
    found = find_targets(target, settings or AuditSettings())
    store = store or CardStore.at()
    given = list(read_labels(labels)) if labels is not None else []
    return [
        _Auditor(one, store, bounds or Bounds(), progress, solve_rate).run(
            target, rule or GateRule(), given, against
        )
        for one in found
    ]


def audit_tasks(
    bound: Bound, settings: AuditSettings, *, store: CardStore, rule: GateRule, bounds: Bounds
) -> list[Audited]:
    """Audit the verifiers of a recipe that is bound already; a card's target is its task's name."""
    return [
        _Auditor(one, store, bounds, lambda _: None, None).run(one.subject.name, rule, [], None)
        for one in targets_of(bound, settings)
    ]


@dataclass(frozen=True)
class _Auditor:
    target: Target
    store: CardStore
    bounds: Bounds
    progress: Progress
    solve_rate: float | None

    def run(
        self, named: str, rule: GateRule, labels: Sequence[Response], against: Path | None
    ) -> Audited:
        start = time.perf_counter()
        subject, verifier = self.target.subject, self.target.verifier
        results = self._probe()
        self.progress("stability")
        checks = tuple(stability(subject, replays=dict(self.target.replays)))
        self.progress("mutants")
        cases = [(r.probe.name, o.case) for r in results for o in r.outcomes if not r.probe.is_soft]
        queue, second = self._second_opinion()
        self.progress("leaks")
        problems = [*(sample.problem for sample in subject.samples), *subject.unread]
        leaks = find_leaks(problems, places=self.target.places)
        labelled = self._labelled(labels)
        card = Card(
            verifier=verifier.name,
            version=verifier.version,
            digest=verifier.digest,
            switches=_jsonable(self.target.switches or {}),
            target=named,
            proves=verifier.proves,
            cannot=verifier.cannot,
            audited_on=datetime.now(UTC).date().isoformat(),
            problems=problem_facts(subject),
            forms=tuple(form.name for form in subject.forms),
            probes=probe_rows(results),
            stability=checks,
            findings=findings(results),
            mutants=tuple(survivals(subject, cases)) if not subject.is_dear else (),
            constructed=constructed(results).to_json(),
            labelled=None if labelled is None else labelled.to_json(),
            second=second,
            drift=None if against is None else drift(verifier, against),
            leaks=tuple(leaks),
            software={
                "verigrad": __version__,
                "python": platform.python_version(),
                "platform": sys.platform,
            },
        )
        card = replace(card, seconds=round(time.perf_counter() - start, 3))
        return self._written(card, results, queue, rule)

    def _probe(self) -> list[Result]:
        with tempfile.TemporaryDirectory(prefix="verigrad-canary-") as folder:
            canary = Path(folder) / "ran"
            return run_probes(
                self.target.subject,
                probes(canary),
                canary=canary,
                bounds=self.bounds,
                progress=self.progress,
            )

    def _second_opinion(self) -> tuple[list[Opinion], dict[str, Any] | None]:
        if self.target.second is None or not self.target.responses:
            return [], None
        self.progress("second opinion")
        return second_opinions(self.target.verifier, self.target.second, self.target.responses)

    def _labelled(self, labels: Sequence[Response]) -> Calibration | None:
        known = [r for r in (*self.target.responses, *labels) if r.label is not None]
        if not known:
            return None
        return calibrate(
            labelled_of(self.target.verifier, known),
            of=f"{len(known)} labelled responses",
            solve_rate=self.solve_rate,
        )

    def _written(
        self, card: Card, results: list[Result], queue: list[Opinion], rule: GateRule
    ) -> Audited:
        against = tuple(objections(card, rule))
        folder = self.store.write(card)
        freeze(corpus_of(self.target.subject, folder), results)
        with new_file(folder / "card.md") as stream:
            stream.write(card_markdown(card.to_json(), against).encode())
        write_card_page(folder / "card.html", card.to_json(), against)
        path = None
        if queue:
            path = folder / QUEUE
            with new_file(path) as stream:
                for row in queue:
                    stream.write(
                        json.dumps(row.to_json(), ensure_ascii=True, default=str).encode() + b"\n"
                    )
        return Audited(card, folder, against, path)


def constructed(results: Sequence[Result]) -> Calibration:
    """Rates on the cases whose label is known because we made them: no policy's distribution."""
    labelled = [
        Labelled(
            outcome.case.must is Must.PASS,
            outcome.verdict.is_correct,
            (str(kind_of(outcome.case.problem.answer)), result.probe.name),
        )
        for result in results
        if not result.probe.is_soft
        for outcome in result.outcomes
        if outcome.case.must is not Must.SCORE
    ]
    return calibrate(labelled, of="cases made by the audit, not drawn from any policy")


def _jsonable(value: Any) -> Any:
    """Switches as JSON; what has no form (a client, an inner verifier) by its name."""
    return json.loads(json.dumps(value, default=lambda item: type(item).__name__))
