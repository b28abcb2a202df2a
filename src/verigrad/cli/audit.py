"""Attack a verifier, measure it, and write its card."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from verigrad.cli.options import AsJson, echo_json
from verigrad.core.errors import HaltedError

if TYPE_CHECKING:
    from verigrad.pipelines.audit import Audited


def command(
    target: Annotated[
        str,
        typer.Argument(
            help="a verifier's name, a recipe.toml, file.py:function, a grader.json, a URL"
        ),
    ],
    data: Annotated[
        Path | None,
        typer.Option(help="rows of problems, with responses and labels if you have them"),
    ] = None,
    problems: Annotated[int, typer.Option(help="at most so many problems")] = 64,
    switches: Annotated[
        list[str] | None,
        typer.Option("--set", help="a switch of the verifier: --set answer_in=boxed"),
    ] = None,
    form: Annotated[
        str | None, typer.Option(help="how a response gives its answer, for instance 'Answer: {}'")
    ] = None,
    full: Annotated[float, typer.Option(help="the reward of a right answer")] = 1.0,
    second: Annotated[str | None, typer.Option(help="a verifier for a second opinion")] = None,
    second_set: Annotated[list[str] | None, typer.Option(help="a switch of the second")] = None,
    labels: Annotated[Path | None, typer.Option(help="rows that `verigrad label` wrote")] = None,
    against: Annotated[
        Path | None, typer.Option(help="the frozen corpus of an earlier audit: what changed?")
    ] = None,
    solve_rate: Annotated[
        float | None, typer.Option(help="how often the policy is right at present, 0 to 1")
    ] = None,
    limit_s: Annotated[float, typer.Option(help="seconds that a judgement may take")] = 10.0,
    cards: Annotated[
        Path | None, typer.Option(help="where cards lie (else $VERIGRAD_CARDS, else audits/)")
    ] = None,
    json: AsJson = False,
) -> None:
    """Audit a verifier; exit code 6 where the gate would refuse it."""
    from verigrad.audit.gate import CardStore
    from verigrad.audit.running import Bounds
    from verigrad.core.config import parse_overrides
    from verigrad.pipelines.audit import audit
    from verigrad.pipelines.audit_targets import AuditSettings

    settings = AuditSettings(
        data=data,
        most_problems=problems,
        form=form,
        switches=parse_overrides(switches or []),
        second=second,
        second_switches=parse_overrides(second_set or []),
        full=full,
    )
    found = audit(
        target,
        settings,
        store=CardStore.at(cards),
        labels=labels,
        against=against,
        solve_rate=solve_rate,
        bounds=Bounds(limit_s=limit_s),
        progress=_progress,
    )
    if json:
        echo_json({"schema": "verigrad.audit/1", "audits": [one.to_json() for one in found]})
    else:
        typer.echo("\n".join(_shown(one) for one in found))
    if refused := [f"{one.card.target}: {why}" for one in found for why in one.objections]:
        raise HaltedError(
            f"the gate refuses {sum(bool(one.objections) for one in found)} of {len(found)} "
            "verifiers:\n" + "\n".join(f"  - {why}" for why in refused),
            remedy="mend the verifier and audit it again; `train --accept-risk REASON` goes on "
            "without, and keeps the reason in the record",
        )


def _progress(what: str) -> None:
    """One line that is written over, where somebody looks."""
    if sys.stderr.isatty():
        typer.echo(f"\r\033[K  {what}", err=True, nl=False)


def _shown(audited: Audited) -> str:
    from verigrad.reports.card_text import calibration_lines, faults_text

    card = audited.card
    lines = [
        f"{card.target}: {card.verifier} {card.version} ({card.digest})",
        f"{card.num_cases:,} responses to {card.problems['count']} problems, "
        f"{card.seconds:.1f} s; answers are read in: {', '.join(card.forms) or 'their own form'}",
        *(
            f"  {row.name:<20} {row.cases:>6}  {faults_text(row.faults)}"
            f"{' (told only)' if row.is_soft and row.faults else ''}"
            for row in card.probes
        ),
        *(
            f"  {check.name:<31} {check.differed} of {check.compared} differ"
            for check in card.stability
            if check.compared
        ),
        *(
            f"  {f'leaks, {check.name}':<31} {check.found} found, {check.looked_at:,} looked at"
            f"{' (told only)' if check.is_soft else ''}"
            for check in card.leaks
        ),
    ]
    if card.mutants:
        seen = sum(one.is_found for one in card.mutants)
        lines.append(f"  {seen} of {len(card.mutants)} weakened copies found")
    if card.labelled:
        lines += [f"  {line}" for line in calibration_lines(card.labelled)]
    if card.second:
        lines.append(
            f"  {card.second['verifier']} agrees on {card.second['agreed']} of "
            f"{card.second['responses']}"
        )
    if card.drift:
        lines.append(f"  drift: {card.drift['changed']} of {card.drift['responses']} changed")
    for finding in card.findings[:6]:
        lines.append(
            f"  ! {finding.probe}: {finding.what}: answer {finding.answer[:40]!r}, response "
            f"{finding.response[-80:]!r}: {finding.reason}"
        )
    lines.append(f"card: {audited.folder / 'card.html'}")
    if audited.queue:
        lines.append(f"to label: verigrad label {audited.queue}")
    return "\n".join(lines)
