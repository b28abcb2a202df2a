"""A verifier card in Markdown, from its JSON alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

Json = Mapping[str, Any]


def rate_text(three: Sequence[float]) -> str:
    """A rate with its interval.

    >>> rate_text([0.05, 0.02, 0.1])
    '5.0 % (2.0 to 10.0)'
    """
    value, low, high = (100 * part for part in three)
    return f"{value:.1f} % ({low:.1f} to {high:.1f})"


def faults_text(faults: Mapping[str, int]) -> str:
    """How often each fault was seen; "none" where none was."""
    return ", ".join(f"{count} {fault}" for fault, count in faults.items()) or "none"


def calibration_lines(found: Json) -> list[str]:
    """A calibration in words."""
    overall = found["overall"]
    num_wrong = overall["wrong_paid"] + overall["wrong_refused"]
    num_right = overall["right_paid"] + overall["right_refused"]
    lines = [f"Of {found['of']}: {num_right} right, {num_wrong} wrong."]
    if "false_positives" in overall:
        lines.append(f"- wrong and paid: {rate_text(overall['false_positives'])}")
    if "false_negatives" in overall:
        lines.append(f"- right and refused: {rate_text(overall['false_negatives'])}")
    if "youden" in overall:
        value, low, high = overall["youden"]
        lines.append(
            f"- Youden's J: {value:.3f} ({low:.3f} to {high:.3f}); above 0 is what teaches"
        )
        lines.append(f"- {labels_text(found.get('labels_to_settle'))}")
    if "wrong_among_paid" in found:
        lines.append(
            f"- at a solve rate of {found['solve_rate']:.0%}, {found['wrong_among_paid']:.1%} of "
            "the rewarded answers are wrong"
        )
    return lines


def labels_text(count: int | None) -> str:
    """How many labels would settle whether the verifier teaches."""
    if count == 0:
        return "J is above 0 beyond doubt: no more labels are needed for that"
    if count is None:
        return "J is not above 0: more labels would not help"
    return (
        f"{count} labels of each class would settle that J is above 0, were the rates as they are"
    )


def card_markdown(card: Json, objections: Sequence[str]) -> str:
    """The whole card, for people and for pull requests."""
    problems = card["problems"]
    kinds = ", ".join(f"{count} {kind}" for kind, count in problems["kinds"].items())
    verdict = "The gate lets it train." if not objections else "**The gate refuses it:**"
    lines = [
        f"# Verifier card: {card['target']}",
        "",
        f"`{card['verifier']}` {card['version']}, digest `{card['digest']}`, audited on "
        f"{card['audited_on']} in {card['seconds']:.1f} s.",
        "",
        verdict,
        *(f"- {why}" for why in objections),
        "",
        f"A pass shows that {card['proves'] or 'its rule holds'}; it does not show "
        f"{card['cannot'] or 'more'}.",
        "",
        f"Audited on {problems['count']} problems ({kinds}) from {problems['source']}; answers are "
        f"read in: {', '.join(card['forms']) or 'their own form'}.",
        "",
        "## Probes",
        "",
        "| probe | looks for | cases | faults | mean pay | slowest |",
        "|---|---|---|---|---|---|",
    ]
    lines += [
        f"| {row['name']} | {row['looks_for']} | {row['cases']} | {faults_text(row['faults'])}"
        f"{' (told only)' if row['is_soft'] else ''} | {row['mean_pay']:.3f} | "
        f"{1000 * row['slowest_s']:.1f} ms |"
        for row in card["probes"]
    ]
    lines += ["", "## The same verdict everywhere", ""]
    lines += [
        f"- {check['name']}: {check['differed']} of {check['compared']} differ"
        + (f", for instance `{check['example']}`" if check["example"] else "")
        for check in card["stability"]
    ]
    lines += ["", "## Rates", "", *calibration_lines(card["constructed"])]
    for title in ("labelled",):
        if card.get(title):
            lines += ["", *calibration_lines(card[title]), *_strata(card[title])]
    lines += [*_leaks(card), *_mutants(card), *_second(card), *_drift(card), *_findings(card)]
    return "\n".join(lines) + "\n"


def _strata(found: Json) -> list[str]:
    lines = ["", "| stratum | wrong and paid | right and refused |", "|---|---|---|"]
    for name, rates in found["strata"].items():
        cells = [
            rate_text(rates[key]) if key in rates else "no label"
            for key in ("false_positives", "false_negatives")
        ]
        lines.append(f"| {name} | {cells[0]} | {cells[1]} |")
    return lines


def _mutants(card: Json) -> list[str]:
    mutants = card["mutants"]
    if not mutants:
        return ["", "## Mutants", "", "Not tried: one judgement costs a process or more."]
    found = sum(bool(one["found_by"]) for one in mutants)
    idle = [one["name"] for one in mutants if not one["found_by"] and not one["changed"]]
    unseen = [one["name"] for one in mutants if not one["found_by"] and one["changed"]]
    lines = ["", "## Mutants", ""]
    lines.append(
        f"{found} of {len(mutants)} weakened copies of this verifier were found by these probes."
    )
    if idle:
        lines.append(f"Without effect on these cases: {', '.join(idle)}.")
    if unseen:
        lines.append(f"**Not seen**: {', '.join(unseen)}.")
    return lines


def _leaks(card: Json) -> list[str]:
    if not card.get("leaks"):
        return []
    lines = ["", "## What a policy could look up", ""]
    lines += ["| where | looked for | looked at | found | such as |", "|---" * 5 + "|"]
    return lines + [
        f"| {check['name']} | {check['looks_for']} | {check['looked_at']:,} | {check['found']}"
        f"{' (told only)' if check['is_soft'] else ''} | {'; '.join(check['examples'][:2])} |"
        for check in card["leaks"]
    ]


def _second(card: Json) -> list[str]:
    second = card.get("second")
    if not second:
        return []
    lines = ["", "## Second opinion", ""]
    lines.append(
        f"{second['verifier']} agrees on {second['agreed']} of {second['responses']} responses. "
        "Label the disagreements with `verigrad label queue.jsonl`."
    )
    return [*lines, *(f"- {name}: {count}" for name, count in second["strata"].items())]


def _drift(card: Json) -> list[str]:
    drift = card.get("drift")
    if not drift:
        return []
    lines = ["", "## Drift", ""]
    lines.append(
        f"{drift['changed']} of {drift['responses']} responses of a frozen corpus are paid "
        "differently now."
    )
    return [
        *lines,
        *(
            f"- {change['before']} -> {change['after']} ({change['reason']}): "
            f"{change['response'][:80]!r} where the answer is {change['answer'][:40]!r}"
            for change in drift["examples"]
        ),
    ]


def _findings(card: Json) -> list[str]:
    if not card["findings"]:
        return ["", "## Findings", "", "None."]
    return [
        "",
        "## Findings",
        "",
        *(
            f"- **{found['probe']}**, {', '.join(found['faults'])}: {found['what']}. Answer "
            f"`{found['answer']}`, response {found['response']!r}: {found['reason']}"
            f" ({found['score']}) {found['why']}".rstrip()
            for found in card["findings"]
        ),
    ]
