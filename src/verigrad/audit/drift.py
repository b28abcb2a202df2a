"""Drift: a frozen corpus of responses and what they were paid, judged again by a later version."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from verigrad.audit.cases import Subject
from verigrad.audit.running import Result
from verigrad.core.digests import digest_json
from verigrad.core.types import Message, Problem
from verigrad.records.atomic import new_file
from verigrad.verifiers.base import Verifier

_MOST_CHARS = 5_000
_SHOWN = 20


def freeze(path: Path, results: Iterable[Result], *, most: int = 2_000) -> int:
    """Write the cases of an audit with their scores, JSON lines; returns how many.

    Problems that are no JSON and responses beyond 5,000 characters stay out.
    """
    rows = [row for row in map(_row, _outcomes(results)) if row is not None]
    step = max(1, -(-len(rows) // most))
    with new_file(path) as stream:
        for row in rows[::step]:
            stream.write(json.dumps(row, ensure_ascii=True).encode() + b"\n")
    return len(rows[::step])


def _outcomes(results: Iterable[Result]) -> Iterable[Any]:
    return (outcome for result in results for outcome in result.outcomes)


def _row(outcome: Any) -> dict[str, Any] | None:
    problem = outcome.case.problem
    row = {
        "prompt": [message.to_json() for message in problem.prompt],
        "answer": problem.answer,
        "info": dict(problem.info),
        "response": outcome.case.response,
        "score": outcome.verdict.score,
        "reason": str(outcome.verdict.reason),
    }
    if len(outcome.case.response) > _MOST_CHARS:
        return None
    try:
        return row if json.loads(json.dumps(row)) == row else None
    except (TypeError, ValueError):
        return None


def drift(verifier: Verifier, path: Path) -> dict[str, Any]:
    """Which rewards of a frozen corpus this verifier would pay differently."""
    with path.open(encoding="utf-8") as stream:
        rows = [json.loads(line) for line in stream if line.strip()]
    changes = []
    for row in rows:
        problem = Problem(_messages(row["prompt"]), row["answer"], row["info"])
        verdict = verifier.verify(problem, row["response"])
        if verdict.score != row["score"]:
            changes.append(
                {
                    "answer": str(row["answer"])[:200],
                    "response": row["response"][:200],
                    "before": row["score"],
                    "after": verdict.score,
                    "reason": str(verdict.reason),
                }
            )
    return {
        "corpus": digest_json(rows)[:16],
        "responses": len(rows),
        "changed": len(changes),
        "examples": changes[:_SHOWN],
    }


def _messages(rows: Sequence[dict[str, Any]]) -> tuple[Message, ...]:
    return tuple(Message(row["role"], row["content"]) for row in rows)


def corpus_of(subject: Subject, folder: Path) -> Path:
    """Where the frozen corpus of a subject lies in its card's folder."""
    name = "".join(c if c.isalnum() or c in "-_" else "_" for c in subject.name)
    return folder / f"corpus-{name}.jsonl"
