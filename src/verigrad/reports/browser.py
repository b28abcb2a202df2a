"""What a report shows of a rollout, and the rollouts it shows."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.core.verdict import Verdict
from verigrad.records.plain import finite, store_json
from verigrad.records.rollouts import RolloutRecord, read_rollouts
from verigrad.records.run import RunFolder
from verigrad.reports.choice import choose_groups, groups_in
from verigrad.reports.tokens import pieces_of, read_vocabulary

MAX_TEXT = 6_000  # characters of one text shown; the middle of a longer one is left out
MAX_TOKENS = 1_200  # tokens of one response shown with their probability
TRAINING = "training"


@dataclass(frozen=True, slots=True)
class Shown:
    """The rollouts chosen, in the order of the run, as the page's script reads them."""

    rows: Sequence[Mapping[str, Any]]
    num_training: int  # recorded rollouts of training steps, shown or not
    num_evaluated: int  # recorded responses of evaluations, shown or not


def collect_rollouts(run: RunFolder, *, max_rollouts: int) -> Shown:
    """At most `max_rollouts` of training, and of each evaluation a quarter as many."""
    vocabulary = read_vocabulary(run.path)
    training = _collect(
        TRAINING, dict(run.rollout_files()), max_rollouts=max_rollouts, vocabulary=vocabulary
    )
    rows, num_training = list(training.rows), training.num_training
    num_evaluated = 0
    for file in sorted((run.path / "evaluation").glob("*.parquet")):
        found = _collect(
            file.stem, {0: file}, max_rollouts=max_rollouts // 4, vocabulary=vocabulary
        )
        rows += found.rows
        num_evaluated += found.num_training
    return Shown(rows, num_training, num_evaluated)


def _collect(
    source: str, files: Mapping[int, Path], *, max_rollouts: int, vocabulary: Mapping[int, str]
) -> Shown:
    groups = {
        (step, group): facts
        for step, file in files.items()
        for group, facts in groups_in(file).items()
    }
    chosen = choose_groups(groups, max_rollouts=max_rollouts)
    rows = [
        {"source": source, **show(record, vocabulary=vocabulary)}
        for step in sorted({step for step, _ in chosen})
        for record in read_rollouts(files[step])
        if (step, record.group) in chosen
    ]
    return Shown(rows, sum(facts.size for facts in groups.values()), 0)


def show(record: RolloutRecord, *, vocabulary: Mapping[int, str]) -> dict[str, Any]:
    """One rollout as the page shows it: plain JSON, long texts cut in the middle."""
    rollout, verdict = record.judged.rollout, record.judged.verdict
    return {
        "step": record.step,
        "group": record.group,
        "sample": rollout.sample,
        "fate": str(record.fate),
        "task": rollout.problem.task,
        "problem": rollout.problem.id,
        "prompt": [[m.role, cut(m.content)] for m in rollout.problem.prompt],
        "answer": cut(_as_text(rollout.problem.answer)),
        "before": [[m.role, cut(m.content)] for m in rollout.messages[:-1]],
        "response": response_parts(rollout.response, verdict),
        "tokens": _tokens(record, vocabulary=vocabulary),
        "stop": str(rollout.stop),
        "length": rollout.num_response_tokens,
        **_verdict(verdict),
        "reward": _number(record.judged.reward.total),
        "terms": [[key, _number(term)] for key, term in record.judged.reward.terms.items()],
        "advantage": _number(record.advantage),
    }


def _number(value: float | None) -> float | None:
    """Four significant digits, which is more than the page shows; None for NaN and infinities."""
    return float(f"{value:.4g}") if value is not None and math.isfinite(value) else None


def _verdict(verdict: Verdict) -> dict[str, Any]:
    return {
        "status": str(verdict.status),
        "reason": str(verdict.reason),
        "score": verdict.score,
        "extracted": cut(verdict.extracted.text) if verdict.extracted else None,
        "how": verdict.extracted.how if verdict.extracted else None,
        "ours": cut(verdict.canonical_response),
        "theirs": cut(verdict.canonical_reference),
        "method": verdict.method,
        "certainty": verdict.certainty,
        "evidence": [[key, cut(_as_text(item))] for key, item in verdict.evidence.items()],
        "verifier": f"{verdict.verifier} {verdict.version}",
        "digest": verdict.digest,
    }


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else store_json(finite(value))


def cut(text: str | None, *, limit: int = MAX_TEXT) -> str | None:
    """The text, its middle left out (and said so) where it is longer than `limit`."""
    if text is None or len(text) <= limit:
        return text
    half = limit // 2
    return (
        f"{text[:half]} [\u2026 {len(text) - 2 * half} characters left out \u2026] {text[-half:]}"
    )


def response_parts(response: str, verdict: Verdict) -> list[list[str]]:
    """The response in pieces [text, kind]; the piece the verifier extracted has kind "answer".

    The split is made here because spans count code points and browsers count UTF-16 units.
    """
    found = verdict.extracted
    if found is None or not 0 <= found.start <= found.end <= len(response):
        return [[cut(response) or "", ""]]
    pieces = [
        [cut(response[: found.start]) or "", ""],
        [cut(response[found.start : found.end]) or "", "answer"],
        [cut(response[found.end :]) or "", ""],
    ]
    return [piece for piece in pieces if piece[0]]


def _tokens(record: RolloutRecord, *, vocabulary: Mapping[int, str]) -> dict[str, Any]:
    """Log-probability of every token the policy wrote, with its text where that is known."""
    rollout = record.judged.rollout
    pieces = pieces_of(rollout.response_ids, vocabulary=vocabulary, text=rollout.response)
    logps = [
        _number(logp) if written else None
        for logp, written in zip(rollout.logps, rollout.loss_mask, strict=True)
    ]
    return {
        "logps": logps[:MAX_TOKENS],
        "pieces": pieces[:MAX_TOKENS] if pieces else None,
        "left_out": max(0, len(logps) - MAX_TOKENS),
    }
