"""Judged rollouts in Parquet: enough of each to judge it, reward it and train on it again.

One file a step, one row a rollout, in the order of the groups. Everything in a row repeats: two
runs of one seed write the same bytes, so what a verdict cost in time is not here (the step's
`time/verify_s` is in `times.jsonl`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from verigrad.core.errors import DataError
from verigrad.core.types import Judged, Message, Problem, Reward, Rollout, StopReason
from verigrad.core.verdict import Extracted, Reason, Status, Verdict
from verigrad.records.atomic import new_file
from verigrad.records.plain import finite, restore_text, store_json, store_text

SCHEMA_NAME = "verigrad.rollouts/2"


class Fate(StrEnum):
    """What became of a rollout."""

    TRAINED = "trained"
    NO_SPREAD = "no_spread"  # every reward of its group was the same
    NOT_SCORED = "not_scored"  # the verdict abstained or failed
    DISCARDED = "discarded"  # left out for another reason (a stale or surplus group)
    BASELINE = "baseline"  # greedy: others of its problem are compared with it
    EVALUATED = "evaluated"  # sampled to measure, never trained on


@dataclass(frozen=True, slots=True)
class RolloutRecord:
    """A judged rollout, where in the run it stands and what became of it.

    `group` counts the groups of the step from 0. `advantage` is None where none was computed.
    """

    step: int
    group: int
    judged: Judged
    advantage: float | None
    fate: Fate


_MESSAGES = pa.list_(pa.struct([("role", pa.string()), ("content", pa.string())]))
_COLUMNS: dict[str, pa.DataType] = {
    "step": pa.int64(),
    "group": pa.int32(),
    "sample": pa.int32(),
    "fate": pa.string(),
    "task": pa.string(),
    "problem_id": pa.string(),
    "prompt": _MESSAGES,
    "answer_json": pa.string(),
    "info_json": pa.string(),
    "solution": pa.string(),
    "messages": _MESSAGES,
    "response": pa.string(),
    "submission": pa.string(),
    "stop": pa.string(),
    "error": pa.string(),
    "facts": pa.map_(pa.string(), pa.float64()),
    "prompt_ids": pa.list_(pa.int32()),
    "response_ids": pa.list_(pa.int32()),
    "loss_mask": pa.list_(pa.bool_()),
    "logps": pa.list_(pa.float64()),
    "num_response_tokens": pa.int32(),
    "status": pa.string(),
    "reason": pa.string(),
    "score": pa.float64(),
    "extracted": pa.string(),
    "extracted_start": pa.int64(),
    "extracted_end": pa.int64(),
    "extracted_by": pa.string(),
    "canonical_response": pa.string(),
    "canonical_reference": pa.string(),
    "method": pa.string(),
    "certainty": pa.string(),
    "evidence_json": pa.string(),
    "verifier": pa.string(),
    "verifier_version": pa.string(),
    "verifier_digest": pa.string(),
    "reward": pa.float64(),
    "reward_terms": pa.map_(pa.string(), pa.float64()),
    "advantage": pa.float64(),
}
SCHEMA = pa.schema(_COLUMNS, metadata={"schema": SCHEMA_NAME})


def write_rollouts(path: Path, records: Iterable[RolloutRecord]) -> None:
    """Write the records to `path`, whole or not at all. Equal records give equal bytes."""
    table = pa.Table.from_pylist([_row(record) for record in records], schema=SCHEMA)
    # annotated, since pyarrow's stubs do not know that a list of columns may be given
    dictionaries: Any = [name for name in SCHEMA.names if name != "logps"]
    with new_file(path) as stream:
        pq.write_table(
            table,
            stream,
            compression="zstd",
            use_dictionary=dictionaries,
            column_encoding={"logps.list.element": "BYTE_STREAM_SPLIT"},
        )


def _row(record: RolloutRecord) -> dict[str, Any]:
    rollout, reward = record.judged.rollout, record.judged.reward
    return {
        "step": record.step,
        "group": record.group,
        "sample": rollout.sample,
        "fate": str(record.fate),
        **_problem_row(rollout.problem),
        "messages": _message_rows(rollout.messages),
        "response": store_text(rollout.response),
        "submission": _optional(rollout.submission),
        "stop": str(rollout.stop),
        "error": store_text(rollout.error),
        "facts": [(store_text(name), float(fact)) for name, fact in rollout.facts.items()],
        "prompt_ids": rollout.prompt_ids,
        "response_ids": rollout.response_ids,
        "loss_mask": rollout.loss_mask,
        "logps": rollout.logps,
        "num_response_tokens": rollout.num_response_tokens,
        **_verdict_row(record.judged.verdict),
        "reward": reward.total,
        "reward_terms": [(store_text(name), term) for name, term in reward.terms.items()],
        "advantage": record.advantage,
    }


def _problem_row(problem: Problem) -> dict[str, Any]:
    return {
        "task": store_text(problem.task),
        "problem_id": problem.id,
        "prompt": _message_rows(problem.prompt),
        "answer_json": store_json(problem.answer),
        "info_json": store_json(dict(problem.info)),
        "solution": _optional(problem.solution),
    }


def _verdict_row(verdict: Verdict) -> dict[str, Any]:
    found = verdict.extracted
    return {
        "status": str(verdict.status),
        "reason": str(verdict.reason),
        "score": verdict.score,
        "extracted": store_text(found.text) if found else None,
        "extracted_start": found.start if found else None,
        "extracted_end": found.end if found else None,
        "extracted_by": store_text(found.how) if found else None,
        "canonical_response": _optional(verdict.canonical_response),
        "canonical_reference": _optional(verdict.canonical_reference),
        "method": _optional(verdict.method),
        "certainty": _optional(verdict.certainty),
        "evidence_json": store_json(finite(verdict.evidence)),
        "verifier": verdict.verifier,
        "verifier_version": verdict.version,
        "verifier_digest": verdict.digest,
    }


def _message_rows(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": m.role, "content": store_text(m.content)} for m in messages]


def _optional(text: str | None) -> str | None:
    return None if text is None else store_text(text)


def read_rollouts(path: Path) -> list[RolloutRecord]:
    """The records of one file. Verdicts come back with `cost_s` 0.0, which is not recorded."""
    return [_record(row) for row in _read_table(path, SCHEMA.names).to_pylist()]


def read_columns(path: Path, columns: Sequence[str]) -> dict[str, list[Any]]:
    """Some columns of one file as plain lists: what reports and audits count over."""
    return _read_table(path, columns).to_pydict()


def _read_table(path: Path, columns: Sequence[str]) -> pa.Table:
    try:
        table = pq.read_table(path, columns=list(columns))
    except (pa.ArrowException, OSError) as error:
        raise DataError(
            f"{path.name} cannot be read: {error}",
            where=str(path),
            cause="not a file of rollouts, or it was damaged",
            remedy="`verify_chain` names every altered file of a run",
        ) from error
    schema = (table.schema.metadata or {}).get(b"schema", b"").decode()
    if schema != SCHEMA_NAME:
        raise DataError(
            f'{path.name} has schema "{schema}", this version reads "{SCHEMA_NAME}"',
            where=str(path),
        )
    return table


def _record(row: dict[str, Any]) -> RolloutRecord:
    rollout = Rollout(
        problem=_problem(row),
        sample=row["sample"],
        prompt_ids=tuple(row["prompt_ids"]),
        response_ids=tuple(row["response_ids"]),
        loss_mask=tuple(row["loss_mask"]),
        logps=tuple(row["logps"]),
        messages=_messages(row["messages"]),
        stop=StopReason(row["stop"]),
        facts={restore_text(name): fact for name, fact in row["facts"]},
        submission=_restored(row["submission"]),
        error=restore_text(row["error"]),
    )
    terms = {restore_text(name): term for name, term in row["reward_terms"]}
    reward = Reward(row["reward"], terms)
    judged = Judged(rollout, _verdict(row), reward)
    return RolloutRecord(row["step"], row["group"], judged, row["advantage"], Fate(row["fate"]))


def _problem(row: dict[str, Any]) -> Problem:
    return Problem(
        prompt=_messages(row["prompt"]),
        answer=json.loads(row["answer_json"]),
        info=json.loads(row["info_json"]),
        solution=_restored(row["solution"]),
        task=restore_text(row["task"]),
        id=row["problem_id"],
    )


def _verdict(row: dict[str, Any]) -> Verdict:
    found = row["extracted"]
    start, end, how = (row[f"extracted_{part}"] for part in ("start", "end", "by"))
    return Verdict(
        status=Status(row["status"]),
        reason=Reason(row["reason"]),
        score=row["score"],
        extracted=None
        if found is None
        else Extracted(restore_text(found), start, end, restore_text(how)),
        canonical_response=_restored(row["canonical_response"]),
        canonical_reference=_restored(row["canonical_reference"]),
        method=_restored(row["method"]),
        certainty=_restored(row["certainty"]),
        evidence=json.loads(row["evidence_json"]),
        verifier=row["verifier"],
        version=row["verifier_version"],
        digest=row["verifier_digest"],
    )


def _messages(rows: list[dict[str, Any]]) -> tuple[Message, ...]:
    return tuple(Message(row["role"], restore_text(row["content"])) for row in rows)


def _restored(text: str | None) -> str | None:
    return None if text is None else restore_text(text)
