"""Run queries on several databases inside a sandbox."""

from __future__ import annotations

import json
import math
import random
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from verigrad.sandbox import Job, Limits, Result, Sandbox
from verigrad.verifiers.code.child.codec import encode
from verigrad.verifiers.code.frames import BadFrames, read_frames
from verigrad.verifiers.code.packing import ENTRY, job_files, message, new_nonce
from verigrad.verifiers.sql.databases import Rows
from verigrad.verifiers.sql.policy import SqlPolicy
from verigrad.verifiers.sql.question import Question

CHILD = Path(__file__).parent / "child" / "run_query.py"
PRESETS = {"sqlite": "python-sqlite", "duckdb": "python-duckdb"}
_DUCKDB_ADDRESS_MB = 2048  # DuckDB reserves address space it does not use
_OUTPUT_BYTES = 1 << 25


@dataclass(frozen=True, slots=True)
class Answers:
    """For each database that was reached the replies to every query; and how the job ended."""

    replies: tuple[Any, ...]
    result: Result
    malformed: str = ""


def run_queries(
    queries: Sequence[str],
    question: Question,
    bases: Sequence[Rows],
    *,
    sandbox: Sandbox,
    policy: SqlPolicy,
    time_limit_s: float,
    reverse: bool = False,
) -> Answers:
    """The replies to all of `queries` on each of `bases`, in one process.

    `reverse` asks the database to visit rows the other way round where no order is said.
    """
    nonce = new_nonce()
    request = {
        "nonce": nonce,
        "dialect": question.dialect,
        "schema": question.schema_,
        "queries": list(queries),
        "steps": policy.steps,
        "reverse": reverse,
        "databases": [encode(base) for base in bases],
    }
    duck = question.dialect == "duckdb"
    job = Job(
        preset=PRESETS[question.dialect],
        entry=ENTRY,
        files=job_files(),
        message=message(("codec", CHILD), json.dumps(request).encode()),
        limits=Limits(
            wall_s=time_limit_s,
            cpu_s=math.ceil(time_limit_s),
            memory_mb=max(policy.memory_mb, _DUCKDB_ADDRESS_MB if duck else 0),
            processes=32 if duck else 1,
            output_bytes=_OUTPUT_BYTES,
        ),
        minimum=policy.minimum_level,
    )
    result = sandbox.run(job)
    try:
        replies = read_frames(result.message, nonce=nonce, count=len(bases))
    except BadFrames as error:
        return Answers((), result, str(error))
    return Answers(tuple(replies), result)


def reordered(base: Rows, *, seed: int) -> Rows:
    """The same rows, stored in another order."""
    rng = random.Random(seed)
    return {table: rng.sample(rows, k=len(rows)) for table, rows in base.items()}
