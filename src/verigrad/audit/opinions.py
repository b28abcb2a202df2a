"""A second opinion: where two verifiers disagree, stratified, as a queue to label by hand."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from verigrad.audit.calibration import Labelled
from verigrad.audit.values import kind_of
from verigrad.core.digests import digest_json
from verigrad.core.types import Problem
from verigrad.core.verdict import Status
from verigrad.verifiers.base import Verifier


@dataclass(frozen=True, slots=True)
class Response:
    """A response to a problem, with its label where somebody gave one."""

    problem: Problem
    text: str
    label: bool | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """One row of the queue. `stratum_size` says how many responses it stands for."""

    id: str
    stratum: str
    stratum_size: int
    question: str
    answer: Any
    response: str
    paid: bool
    second: bool | None
    label: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain JSON."""
        return asdict(self)


def second_opinions(
    verifier: Verifier,
    second: Verifier,
    responses: Sequence[Response],
    *,
    most: int = 200,
    seed: int = 0,
) -> tuple[list[Opinion], dict[str, Any]]:
    """The queue, and a summary of counts.

    Strata are who pays (both, neither, the first only, the second only, the second cannot say)
    times the kind of answer. The queue takes from each in turn, disagreements first, so that a
    rare kind of disagreement is not drowned by a common one.
    """
    pairs = [(response.problem, response.text) for response in responses]
    ours, theirs = verifier.verify_batch(pairs), second.verify_batch(pairs)
    strata: dict[str, list[Opinion]] = {}
    for response, one, other in zip(responses, ours, theirs, strict=True):
        paid = one.is_correct
        said = other.is_correct if other.status is Status.SCORED else None
        stratum = f"{_who(paid=paid, said=said)}, {kind_of(response.problem.answer)}"
        problem = response.problem
        row = Opinion(
            digest_json([problem.id, response.text])[:16],
            stratum,
            0,
            problem.question,
            problem.answer,
            response.text,
            paid,
            said,
            response.label,
        )
        strata.setdefault(stratum, []).append(row)
    summary = {
        "verifier": f"{second.name} {second.version}",
        "digest": second.digest,
        "responses": len(responses),
        "agreed": sum(
            one.is_correct is other.is_correct for one, other in zip(ours, theirs, strict=True)
        ),
        "strata": {name: len(rows) for name, rows in sorted(strata.items())},
    }
    return _queue(strata, most=most, seed=seed), summary


def _who(*, paid: bool, said: bool | None) -> str:
    if said is None:
        return "the second cannot say"
    if paid is said:
        return "both pay" if paid else "neither pays"
    return "only the first pays" if paid else "only the second pays"


def _queue(strata: dict[str, list[Opinion]], *, most: int, seed: int) -> list[Opinion]:
    rng = random.Random(seed)
    for rows in strata.values():
        rng.shuffle(rows)
    order = sorted(strata, key=lambda name: (not name.startswith("only"), name))
    sizes = {name: len(rows) for name, rows in strata.items()}
    chosen: list[Opinion] = []
    while len(chosen) < most and any(strata.values()):
        for name in order:
            if strata[name] and len(chosen) < most:
                row = asdict(strata[name].pop())
                chosen.append(Opinion(**{**row, "stratum_size": sizes[name]}))
    return chosen


def labelled_of(verifier: Verifier, responses: Iterable[Response]) -> list[Labelled]:
    """The labelled responses as the calibration takes them; unscored ones count as not paid."""
    known = [response for response in responses if response.label is not None]
    verdicts = verifier.verify_batch([(response.problem, response.text) for response in known])
    return [
        Labelled(
            bool(response.label),
            verdict.is_correct,
            (str(kind_of(response.problem.answer)), _length(response.text)),
        )
        for response, verdict in zip(known, verdicts, strict=True)
    ]


def _length(text: str) -> str:
    return "short responses" if len(text) < 500 else "long responses"
